import { invalid, ok, type Diagnostic, type Result, type Severity } from '@polyseme/kit/errors'
import { parseDocument } from 'yaml'
import type { SharedType } from '../../supergraph/index.ts'
import { DEFAULT_GOVERNANCE, type GovernanceExemption, type GovernancePolicy } from './governance-policy.ts'
import { GOVERNANCE_RULES } from './rules/index.ts'

/** A mesh's rules as its file says them, for one environment. */
export interface MeshGovernance {
  readonly policy: GovernancePolicy
  /** Regions in which the mesh may keep data; absent: any. */
  readonly allowedRegions?: readonly string[]
  /** Types that several domains define and that mean the same in all of them. */
  readonly sharedTypes?: readonly SharedType[]
}

const SEVERITIES = new Set(['error', 'warning', 'info', 'off'])
const KEYS = new Set(['severities', 'environments', 'exemptions', 'allowedRegions', 'sharedTypes'])
const EXEMPTION_KEYS = new Set(['rule', 'domain', 'subject', 'reason', 'until'])
const SHARED_TYPE_KEYS = new Set(['type', 'domains', 'reason'])
const DAY = /^\d{4}-\d{2}-\d{2}$/

/**
 * Reads `governance.yaml`: `severities` by rule, `environments` with severities that differ there, `exemptions` with a reason and a
 * last day, `allowedRegions`, `sharedTypes` with a reason. What is not named stays as `DEFAULT_GOVERNANCE` has it. All findings at once.
 */
export function parseGovernance(text: string, { file, environment }: { readonly file: string; readonly environment: string }): Result<MeshGovernance> {
  const findings: Diagnostic[] = []
  const report = (what: string, how?: string): void => void findings.push({ rule: 'governance-file', severity: 'error', what, position: { file, line: 1, column: 1 }, ...(how === undefined ? {} : { how }) })
  const document = parseDocument(text)
  const [syntax] = document.errors
  if (syntax !== undefined) return invalid([{ rule: 'governance-file', severity: 'error', what: syntax.message.split('\n')[0] ?? 'not YAML', position: { file, line: 1, column: 1 } }])
  const root = mapOf(document.toJS({ maxAliasCount: 0 }) as unknown, 'the file', report)
  for (const key of Object.keys(root)) if (!KEYS.has(key)) report(`\`${key}\` is no key of the file`, `use ${[...KEYS].join(', ')}`)
  const environments = mapOf(root['environments'], '`environments`', report)
  const here = mapOf(environments[environment], `\`environments.${environment}\``, report)
  const severities = { ...DEFAULT_GOVERNANCE.severities, ...severitiesOf(root['severities'], report), ...severitiesOf(here['severities'], report) }
  const exemptions = listOf(root['exemptions'], '`exemptions`', report).map((one, index) => exemptionOf(mapOf(one, `exemption ${index + 1}`, report), index, report))
  const regions = listOf(root['allowedRegions'], '`allowedRegions`', report)
  if (regions.some((region) => typeof region !== 'string')) report('`allowedRegions` is not a list of names')
  const sharedTypes = listOf(root['sharedTypes'], '`sharedTypes`', report).map((one, index) => sharedTypeOf(mapOf(one, `shared type ${index + 1}`, report), index, report))
  if (findings.length > 0) return invalid(findings)
  return ok({ policy: { severities, exemptions }, ...(sharedTypes.length === 0 ? {} : { sharedTypes }), ...(root['allowedRegions'] === undefined ? {} : { allowedRegions: regions as readonly string[] }) })
}

type Report = (what: string, how?: string) => void

function severitiesOf(value: unknown, report: Report): Readonly<Record<string, Severity | 'off'>> {
  const severities = Object.entries(mapOf(value, '`severities`', report))
  for (const [rule, severity] of severities) {
    assertRule(rule, report)
    if (typeof severity !== 'string' || !SEVERITIES.has(severity)) report(`the severity of \`${rule}\` is none`, `use ${[...SEVERITIES].join(', ')}`)
  }
  return Object.fromEntries(severities) as Record<string, Severity | 'off'>
}

function exemptionOf(one: Readonly<Record<string, unknown>>, index: number, report: Report): GovernanceExemption {
  const text = (key: string): string => {
    const value = one[key]
    if (typeof value === 'string' && value.trim() !== '') return value
    report(`exemption ${index + 1} has no \`${key}\``, 'an exemption says which rule, whose domain, why, and until which day')
    return ''
  }
  for (const key of Object.keys(one)) if (!EXEMPTION_KEYS.has(key)) report(`\`${key}\` is no key of an exemption`)
  const exemption = { rule: text('rule'), domain: text('domain'), reason: text('reason'), until: text('until') }
  if (exemption.rule !== '') assertRule(exemption.rule, report)
  if (exemption.until !== '' && (!DAY.test(exemption.until) || Number.isNaN(Date.parse(exemption.until)))) report(`exemption ${index + 1} ends on \`${exemption.until}\``, 'write the last day as 2027-03-31')
  return { ...exemption, ...(one['subject'] === undefined ? {} : { subject: text('subject') }) }
}

/** One meaning of a name in several domains: a decision that somebody took, so it has a reason. */
function sharedTypeOf(one: Readonly<Record<string, unknown>>, index: number, report: Report): SharedType {
  const { type, domains, reason } = one
  for (const key of Object.keys(one)) if (!SHARED_TYPE_KEYS.has(key)) report(`\`${key}\` is no key of a shared type`, `use ${[...SHARED_TYPE_KEYS].join(', ')}`)
  const isWhole = typeof type === 'string' && Array.isArray(domains) && domains.length > 1 && domains.every((domain) => typeof domain === 'string') && typeof reason === 'string' && reason.trim() !== ''
  if (isWhole) return { type, domains }
  report(`shared type ${index + 1} is not whole`, 'write { type: Product, domains: [catalogue, reviews], reason: … }')
  return { type: '', domains: [] }
}

function assertRule(rule: string, report: Report): void {
  if (!GOVERNANCE_RULES.some(({ name }) => name === rule)) report(`there is no rule \`${rule}\``, `the rules are ${GOVERNANCE_RULES.map(({ name }) => name).join(', ')}`)
}

function mapOf(value: unknown, what: string, report: Report): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {}
  if (typeof value === 'object' && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>
  report(`${what} is not keys and values`)
  return {}
}

function listOf(value: unknown, what: string, report: Report): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return value
  report(`${what} is not a list`)
  return []
}
