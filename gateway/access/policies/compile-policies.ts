import { invalid, ok, type Diagnostic, type Result } from '@polyseme/kit/errors'
import { BASE_POLICIES } from './base-policies.ts'
import { CedarEngine, type CedarFinding, type CedarParseError, type CedarPolicy } from './cedar-engine.ts'
import { checkEntities, checkScope } from './check-policy.ts'
import { MASK_FORMS, parseMask } from './mask-annotation.ts'
import { isNestedTooDeeply, MAX_POLICY_FILE_CHARACTERS, positionAt, type PolicyFile } from './policy-file.ts'
import { checkRows } from './check-rows.ts'
import type { PolicyMesh } from './policy-mesh.ts'
import type { PolicyRecord } from './policy-record.ts'
import { buildPolicyReach, type PolicyReach } from './policy-reach.ts'
import { parseRows, ROWS_FORM } from './rows-annotation.ts'

/** Policies that were checked against a mesh and can be asked. */
export interface CompiledPolicies {
  readonly mesh: PolicyMesh
  readonly engine: CedarEngine
  /** By id, in the order in which they were read. */
  readonly policies: ReadonlyMap<string, PolicyRecord>
  readonly reach: PolicyReach
}

export interface CompileOptions {
  /**
   * How a name that the mesh does not have counts. Default `error`, for who writes policies. `warning` for a mesh that
   * changed under policies that were right: what they forbade is gone, and what is new must not wait for them.
   */
  readonly unknownNames?: 'error' | 'warning'
}

const BASE_FILE: PolicyFile = { path: 'base', text: BASE_POLICIES }
const MAX_POLICIES = 2_000

/**
 * The same policies for another mesh: nothing is read or compiled again, only names and owners are looked up. About 1 ms.
 * A policy about what the new mesh does not have is a warning: what it forbade is gone.
 */
export function adaptPolicies(compiled: CompiledPolicies, mesh: PolicyMesh): Result<CompiledPolicies> {
  const policies = [...compiled.policies.values()]
  const findings = policies.flatMap((policy) => [...checkScope(policy, mesh), ...checkEntities(policy, mesh, 'warning'), ...checkRows(policy, mesh, 'warning')])
  return findings.some(({ severity }) => severity === 'error') ? invalid(findings) : ok({ ...compiled, mesh }, findings)
}

/**
 * Reads, checks and compiles policies against what a mesh has. All findings come at once.
 *
 * Beside Cedar's own strict type check: every entity that is named exists, a domain's policies are about its own data
 * in their head, masks are of a known form, no two policies share an id. About 10 ms and 1 ms per ten policies.
 */
export function compilePolicies(files: readonly PolicyFile[], mesh: PolicyMesh, { unknownNames = 'error' }: CompileOptions = {}): Result<CompiledPolicies> {
  const engine = new CedarEngine()
  const findings: Diagnostic[] = []
  const policies = new Map<string, PolicyRecord>()
  for (const file of [BASE_FILE, ...files]) {
    for (const policy of readFile(file, engine, findings)) {
      if (policies.has(policy.id)) findings.push(duplicateId(policy))
      policies.set(policy.id, policy)
    }
  }
  if (policies.size > MAX_POLICIES) findings.push({ rule: 'policy-too-many', severity: 'error', what: `there are ${policies.size} policies`, expected: `at most ${MAX_POLICIES}` })
  for (const policy of policies.values()) findings.push(...checkScope(policy, mesh), ...checkEntities(policy, mesh, unknownNames), ...checkRows(policy, mesh, unknownNames))
  const texts = Object.fromEntries([...policies.values()].map((policy) => [policy.id, policy.text]))
  try {
    const { errors, warnings } = engine.validate(texts)
    const errorIds = new Set(errors.map((error) => error.policyId))
    findings.push(...errors.map((error) => fromCedar(error, 'error', policies)))
    // A policy that does not type-check is also reported as impossible, which only hides what is wrong.
    findings.push(...warnings.filter((warning) => !errorIds.has(warning.policyId)).map((warning) => fromCedar(warning, 'warning', policies)))
    if (findings.some((finding) => finding.severity === 'error')) return invalid(findings)
    engine.load(texts)
  } catch (error) {
    return invalid([...findings, { rule: 'policy-invalid', severity: 'error', what: 'Cedar cannot read the policies', ...(error instanceof Error ? { why: error.message } : {}) }])
  }
  const reach = buildPolicyReach([...policies.values()].map((policy) => policy.json))
  return ok({ mesh, engine, policies, reach }, findings)
}

function readFile(file: PolicyFile, engine: CedarEngine, findings: Diagnostic[]): readonly PolicyRecord[] {
  const refuse = (rule: string, finding: Omit<Diagnostic, 'rule' | 'severity'>): readonly PolicyRecord[] => {
    findings.push({ rule, severity: 'error', position: positionAt(file, 0), ...finding })
    return []
  }
  if (file.text.length > MAX_POLICY_FILE_CHARACTERS) {
    return refuse('policy-too-large', { what: `the file has ${file.text.length} characters`, expected: `at most ${MAX_POLICY_FILE_CHARACTERS}`, how: 'split it' })
  }
  if (isNestedTooDeeply(file.text)) {
    return refuse('policy-too-deep', { what: 'a policy is nested too deeply', how: 'split it into several policies, or compare with a set: `["a", "b"].contains(…)`' })
  }
  const parts = engine.split(file.text)
  if ('errors' in parts) {
    findings.push(...parts.errors.map((error) => syntaxFinding(error, file)))
    return []
  }
  const policies: PolicyRecord[] = []
  let searchFrom = 0
  for (const [index, text] of parts.policies.entries()) {
    const offset = file.text.indexOf(text, searchFrom)
    searchFrom = offset + text.length
    const policy = readPolicy({ file, offset, text, index }, engine, findings)
    if (policy !== undefined) policies.push(policy)
  }
  return policies
}

interface PolicyPlace {
  readonly file: PolicyFile
  readonly offset: number
  readonly text: string
  readonly index: number
}

function readPolicy({ file, offset, text, index }: PolicyPlace, engine: CedarEngine, findings: Diagnostic[]): PolicyRecord | undefined {
  const position = positionAt(file, offset)
  const json = engine.toJson(text)
  if (json === undefined) {
    findings.push({ rule: 'policy-template', severity: 'error', position, what: 'a policy has slots (`?principal`, `?resource`)', how: 'write the entity itself' })
    return undefined
  }
  const annotations = json.annotations ?? {}
  const record = { id: `${file.name ?? file.path}#${annotations['id'] ?? index + 1}`, file, offset, text, json }
  const rows = readRows(json)
  if (rows.kind === 'wrong') {
    findings.push({ rule: 'policy-rows', severity: 'error', position, ...rows.finding })
    return undefined
  }
  if (rows.kind === 'rows') return { ...record, rows: rows.rows }
  if (!Object.hasOwn(annotations, 'mask')) return record
  const mask = parseMask(String(annotations['mask']))
  if (mask === undefined) {
    findings.push({ rule: 'policy-mask', severity: 'error', position, what: `there is no mask ${JSON.stringify(annotations['mask'])}`, expected: MASK_FORMS })
    return undefined
  }
  if (forbids(json, 'reveal')) return { ...record, mask }
  findings.push({
    rule: 'policy-mask',
    severity: 'error',
    position,
    what: '`@mask` stands on a policy that masks nothing',
    expected: 'it on a policy that begins `forbid (principal, action == Action::"reveal", …`',
    why: 'a value is masked when `reveal` is forbidden',
  })
  return undefined
}

type ReadRows =
  | { readonly kind: 'none' }
  | { readonly kind: 'rows'; readonly rows: NonNullable<PolicyRecord['rows']> }
  | { readonly kind: 'wrong'; readonly finding: Omit<Diagnostic, 'rule' | 'severity'> }

/** `@rows` belongs on what forbids `readAllRows`, and that needs it: what else would be left? */
function readRows(json: CedarPolicy): ReadRows {
  const text = json.annotations?.['rows']
  const expected = `@rows(${ROWS_FORM}) on a policy that begins \`forbid (principal, action == Action::"readAllRows", …\``
  if (forbids(json, 'readAllRows')) {
    const rows = parseRows(text ?? '')
    if (rows !== undefined) return { kind: 'rows', rows }
    const what = text === undefined || text === null ? 'a policy forbids `readAllRows` and does not say which rows are left' : `there is no row filter ${JSON.stringify(text)}`
    return { kind: 'wrong', finding: { what, expected, how: 'say which rows are left, or forbid `read`' } }
  }
  if (text === undefined) return { kind: 'none' }
  return { kind: 'wrong', finding: { what: '`@rows` stands on a policy that leaves no row out', expected, why: 'rows are left out when `readAllRows` is forbidden' } }
}

/** Whether a policy forbids this action by name. */
function forbids({ effect, action }: CedarPolicy, name: string): boolean {
  return effect === 'forbid' && action.op !== 'All' && JSON.stringify(action).includes(JSON.stringify(name))
}

function duplicateId({ id, file, offset }: PolicyRecord): Diagnostic {
  return { rule: 'policy-id', severity: 'error', position: positionAt(file, offset), what: `the id ${id} is used twice`, how: 'give each policy an `@id` of its own, or none' }
}

function syntaxFinding(error: CedarParseError, file: PolicyFile): Diagnostic {
  const [location] = error.sourceLocations ?? []
  const expected = location?.label?.replace(/^expected /, '')
  return {
    rule: 'policy-syntax',
    severity: 'error',
    position: positionAt(file, characterOffset(file.text, location?.start ?? 0)),
    what: error.message.replace(/^failed to parse policies from string: /, ''),
    ...(expected === undefined ? {} : { expected }),
    ...(error.help === null ? {} : { how: error.help }),
  }
}

function fromCedar({ policyId, error }: CedarFinding, severity: 'error' | 'warning', policies: ReadonlyMap<string, PolicyRecord>): Diagnostic {
  const policy = policies.get(policyId)
  const [location] = error.sourceLocations ?? []
  const what = error.message.replace(/^for policy `[^`]*`, /, '')
  const position = policy === undefined ? undefined : positionAt(policy.file, policy.offset + characterOffset(policy.text, location?.start ?? 0))
  return { rule: 'policy-type', severity, what, ...(error.help === null ? {} : { how: error.help }), ...(position === undefined ? {} : { position }) }
}

/** Cedar counts bytes of UTF-8. */
function characterOffset(text: string, byteOffset: number): number {
  return Buffer.from(text).subarray(0, byteOffset).toString().length
}
