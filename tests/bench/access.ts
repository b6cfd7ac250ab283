/**
 * `npm run bench -- access`: the five calls with all checks on (directives, policies, masks, row filters, agreements, cost, audit log)
 * against all off, and 10,000 callers of one document. Subgraphs answer from memory in this thread, so that nothing hides what the
 * checks cost.
 */
import { formatDiagnostic } from '@polyseme/kit/errors'
import type { Principal } from '@polyseme/kit/identity'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AccessDatabase, accessCacheStatistics, AgreementStore, allOf, authorize, buildPolicyMesh, compilePolicies, createPolicyDecider, federationDecider, type Decider } from '../../gateway/access/index.ts'
import { execute, type ExecutionOutcome, type SubgraphAnswer, type SubgraphTransport } from '../../gateway/execute/index.ts'
import { DEFAULT_OPERATION_LIMITS, documentCacheStatistics, parseOperation, type ParsedOperation } from '../../gateway/operation/index.ts'
import type { ServingGraph } from '../../gateway/serve/index.ts'
import { answerOperation } from '../../gateway/serve/answer-operation.ts'
import { AccessRecorder, AuditLog, UsageMeter } from '../../gateway/usage/index.ts'
import { AccessGraph } from '../testkit/access-case.ts'
import { dataProduct, productObject, property } from '../testkit/product-fixtures.ts'
import { quantile, type BenchOptions } from './bench.ts'

const DOMAINS = ['sales', 'billing', 'support', 'marketing'] as const
const CALLERS = 10_000
/** As many as in the bench of the gateway, each asking again when it has its answer: some wait for the disk while others are served. */
const CLIENTS = 50

const QUERY = `query Main($first: Int) { customers(first: $first) { id name region ${DOMAINS.map((domain) => `${domain} { id note amount state items { id label value kind } }`).join(' ')} } }`

/** Four domains behind one list of customers, each protected by type and by field. */
function makeGraph(): AccessGraph {
  const protectedType = (domain: string): string => {
    const name = `${domain.charAt(0).toUpperCase()}${domain.slice(1)}`
    const scope = `@requiresScopes(scopes: [["${domain}:read"], ["admin"]])`
    return `type ${name} ${scope} { id: ID! note: String amount: Float ${scope} state: String items: [${name}Item!] @listSize(assumedSize: 5) }
      type ${name}Item ${scope} { id: ID! label: String value: Float @authenticated kind: String }`
  }
  const subgraphs = Object.fromEntries(DOMAINS.map((domain) => {
    const name = `${domain.charAt(0).toUpperCase()}${domain.slice(1)}`
    return [domain, `type Customer @key(fields: "id") { id: ID! ${domain}: ${name} } ${protectedType(domain)}`]
  }))
  const part = (domain: string, id: number): object => ({
    id: `${domain}-${id}`, note: 'a note of some length', amount: id * 1.5, state: 'OPEN',
    items: Array.from({ length: 5 }, (_, index) => ({ id: `${id}-${index}`, label: 'an item', value: index, kind: 'x' })),
  })
  const customers = Array.from({ length: 50 }, (_, id) => ({ __typename: 'Customer', id: String(id), name: `Customer ${id}`, region: 'EMEA', ...Object.fromEntries(DOMAINS.map((domain) => [domain, part(domain, id)])) }))
  return new AccessGraph({
    subgraphs: { ...subgraphs, core: 'type Query { customers(first: Int): [Customer!] @listSize(slicingArguments: ["first"]) } type Customer @key(fields: "id") { id: ID! name: String region: String }' },
    data: { customers },
  })
}

/** Remembers each answer as text, and parses it anew in a later turn of the event loop, as if it came over the wire. */
class RememberingTransport implements SubgraphTransport {
  readonly #inner: SubgraphTransport
  readonly #answers = new Map<string, string>()

  constructor(inner: SubgraphTransport) {
    this.#inner = inner
  }

  async send(...[request, context]: Parameters<SubgraphTransport['send']>): Promise<SubgraphAnswer> {
    const key = `${request.operation.text} ${request.variablesText}`
    let text = this.#answers.get(key)
    if (text === undefined) this.#answers.set(key, (text = JSON.stringify(await this.#inner.send(request, context))))
    await new Promise(setImmediate)
    return JSON.parse(text) as SubgraphAnswer
  }

  async close(): Promise<void> {}
}

/** As contracts would describe the four domains; notes are confidential, so every answer is written into the audit log. */
const PRODUCTS = DOMAINS.map((domain) => {
  const typeName = `${domain.charAt(0).toUpperCase()}${domain.slice(1)}`
  const own = ['state', 'label', 'kind'].map((name) => property(name, 'string'))
  return dataProduct(domain, 'parts', [
    productObject(domain, 'Part', [property('id', 'id', { required: true }), property('note', 'string', { classification: 'confidential' }), property('amount', 'number'), ...own], { typeName, keys: [['id']] }),
    productObject(domain, 'Item', [property('id', 'id', { required: true }), property('value', 'number'), ...own], { typeName: `${typeName}Item`, keys: [['id']] }),
  ], domain === 'billing' ? { agreementRequired: true, contract: { apiVersion: 'v3.1.0', kind: 'DataContract', id: domain, version: '1.0.0', status: 'active', team: { members: [{ username: 'olga', role: 'owner' }] } } } : {})
})

const POLICIES = `
@id("notes") @mask("partial") forbid (principal, action == Action::"reveal", resource) when { resource.name == "note" } unless { principal in Role::"agent" };
@id("labels") @mask("hash") forbid (principal, action == Action::"reveal", resource in Domain::"marketing") when { ["label", "kind"].contains(resource.name) };
@id("purpose") forbid (principal, action == Action::"read", resource in Domain::"support") when { context has purpose && context.purpose == Purpose::"marketing" };
@id("rows") @rows("kind in claim.kinds") forbid (principal, action == Action::"readAllRows", resource == Object::"SalesItem") unless { principal in Role::"steward" };
`

/** Policies and agreements, as a gateway opens them; the agreement is for everybody who uses the client. */
function openPolicies(dir: string): { readonly decider: Decider; readonly database: AccessDatabase } {
  const database = new AccessDatabase({ file: join(dir, 'access.db') })
  const agreements = new AgreementStore(database)
  agreements.useProducts(PRODUCTS)
  agreements.usePeopleIssuer('https://issuer.test')
  const until = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
  const { id } = agreements.request({ product: 'billing/parts', consumer: 'console', people: [], purpose: 'bench', useCase: 'To measure what it costs.', until }, 'ana')
  agreements.decide(id, 'approved', { actor: 'olga' })
  const compiled = compilePolicies([{ path: 'bench.cedar', text: POLICIES }], buildPolicyMesh(PRODUCTS, { purposes: ['bench', 'marketing'] }))
  if (compiled.kind === 'invalid') throw new Error(compiled.diagnostics.map(formatDiagnostic).join('\n'))
  return { decider: createPolicyDecider(compiled.value, { agreements }), database }
}

const NEVER = new AbortController().signal
const OFF: Decider = { concerns: () => false, decide: () => ({ kind: 'allow' }) }

function callerNumber(index: number): Principal {
  return { issuer: 'https://issuer.test', subject: `caller-${index}`, clientId: 'console', purpose: 'bench', scopes: new Set([...DOMAINS.map((domain) => `${domain}:read`), `own:${index}`]), roles: [], claims: { index }, expiresAtSec: 4_000_000_000 }
}

export async function run({ quick }: BenchOptions): Promise<void> {
  const graph = makeGraph()
  const dir = await mkdtemp(join(tmpdir(), 'polyseme-bench-'))
  await using stack = new AsyncDisposableStack()
  stack.defer(async () => await rm(dir, { recursive: true, force: true }))
  const { supergraph: plainGraph, planner, transports: plain } = graph.serving()
  const subgraphs = new Map([...plainGraph.subgraphs].map(([name, definition]) => [name, { ...definition, products: PRODUCTS.filter(({ domain }) => domain === name) }]))
  const supergraph = { ...plainGraph, subgraphs }
  const transports = new Map([...plain].map(([name, transport]) => [name, new RememberingTransport(transport)]))
  const { decider: policies, database } = openPolicies(dir)
  stack.use(database)
  const on = allOf([federationDecider(supergraph), policies])
  const audit = stack.use(await AuditLog.open({ dir: join(dir, 'audit') }))
  const recorder = new AccessRecorder({ audit, meter: stack.use(new UsageMeter({ file: join(dir, 'usage.db') })) })
  // As the gateway keeps the principal of a token that it has verified.
  const callers = Array.from({ length: CALLERS }, (_, index) => callerNumber(index))
  let served = 0
  const graphOn: ServingGraph = { supergraph, planner, transports, decider: () => on, close: async () => undefined }
  const execution = { deadlineMs: 20_000, recorder }
  const request = async (checks: boolean): Promise<void> => {
    const principal = callers[served++ % CALLERS] ?? callerNumber(0)
    const operation = parseOperation({ query: QUERY, variables: { first: 50 } }, supergraph, DEFAULT_OPERATION_LIMITS)
    const outcome = checks
      ? await answerOperation(operation, { principal, requestId: 'bench', signal: NEVER }, { graph: graphOn, ...execution })
      : await executeUnchecked(operation, principal)
    // What is sent is bytes, with checks or without.
    if (outcome.errors.length > 0 || outcome.bytes.length < 1_000) throw new Error(outcome.text.slice(0, 300))
  }
  const executeUnchecked = async (operation: ParsedOperation, principal: Principal): Promise<ExecutionOutcome> => {
    const authorized = authorize(operation, principal, supergraph, { decider: OFF })
    return await execute(await planner.plan(authorized), { operation: authorized, principal, transports })
  }
  const perRound = quick ? 200 : 1_000
  const cpuUs = async (checks: boolean): Promise<number> => {
    const before = process.threadCpuUsage()
    let left = perRound
    const client = async (): Promise<void> => {
      while (left-- > 0) await request(checks)
    }
    await Promise.all(Array.from({ length: CLIENTS }, client))
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / perRound
  }
  await cpuUs(true)
  await cpuUs(false)
  const ratios: number[] = []
  for (let round = 0; round < (quick ? 3 : 15); round++) {
    // In turn, so that a drift of the machine's speed meets both.
    const [with_, without] = round % 2 === 0 ? [await cpuUs(true), await cpuUs(false)] : await cpuUs(false).then(async (off) => [await cpuUs(true), off] as const)
    ratios.push(without / with_)
    console.log(`all checks on ${with_.toFixed(0)} µs, off ${without.toFixed(0)} µs of the serving thread a request: throughput ${(100 * without / with_).toFixed(1)} %`)
  }
  console.log(`median ${(100 * quantile(ratios.sort((a, b) => a - b), 0.5)).toFixed(1)} %; aim ≥ 95 %`)

  const operation = parseOperation({ query: QUERY, variables: { first: 50 } }, supergraph, DEFAULT_OPERATION_LIMITS)
  const start = process.cpuUsage()
  for (let index = 0; index < CALLERS; index++) authorize(operation, callerNumber(index), supergraph, { decider: on })
  const { user, system } = process.cpuUsage(start)
  const access = accessCacheStatistics(operation, supergraph, on)
  const documents = documentCacheStatistics(supergraph, DEFAULT_OPERATION_LIMITS)
  console.log(`${CALLERS} callers of one document: ${((user + system) / CALLERS).toFixed(2)} µs each, caller made included; ${access?.entries} outcome cached, hit rate ${(100 * (access?.hits ?? 0) / ((access?.hits ?? 0) + (access?.misses ?? 1))).toFixed(2)} %; documents cached ${documents.entries}`)
  await graph.close()
}
