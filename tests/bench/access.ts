/**
 * `npm run bench -- access`: the five calls with all checks on against all off, and 10,000 callers of one document. Subgraphs
 * answer from memory in this thread, so that nothing hides what the checks cost.
 */
import type { Principal } from '@polyseme/kit/identity'
import { accessCacheStatistics, authorize, federationDecider, type Decider } from '../../gateway/access/index.ts'
import { execute, type SubgraphAnswer, type SubgraphTransport } from '../../gateway/execute/index.ts'
import { DEFAULT_COST_BUDGET, DEFAULT_OPERATION_LIMITS, documentCacheStatistics, estimateCost, findOverBudget, parseOperation } from '../../gateway/operation/index.ts'
import { AccessGraph } from '../testkit/access-case.ts'
import { quantile, type BenchOptions } from './bench.ts'

const DOMAINS = ['sales', 'billing', 'support', 'marketing'] as const
const CALLERS = 10_000

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

/** Remembers each answer as text and parses it anew, as if it came over the wire. */
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
    return JSON.parse(text) as SubgraphAnswer
  }

  async close(): Promise<void> {}
}

const OFF: Decider = { concerns: () => false, decide: () => ({ kind: 'allow' }) }

function callerNumber(index: number): Principal {
  return { issuer: 'https://issuer.test', subject: `caller-${index}`, scopes: new Set([...DOMAINS.map((domain) => `${domain}:read`), `own:${index}`]), roles: [], claims: { index }, expiresAtSec: 4_000_000_000 }
}

export async function run({ quick }: BenchOptions): Promise<void> {
  const graph = makeGraph()
  const { supergraph, planner, transports: plain } = graph.serving()
  const transports = new Map([...plain].map(([name, transport]) => [name, new RememberingTransport(transport)]))
  const on = federationDecider(supergraph)
  let served = 0
  const request = async (checks: boolean): Promise<void> => {
    const principal = callerNumber(served++ % CALLERS)
    const operation = parseOperation({ query: QUERY, variables: { first: 50 } }, supergraph, DEFAULT_OPERATION_LIMITS)
    const authorized = authorize(operation, principal, supergraph, { decider: checks ? on : OFF })
    if (checks && authorized.operation !== undefined && findOverBudget(estimateCost({ ...authorized, operation: authorized.operation }, supergraph), DEFAULT_COST_BUDGET) !== undefined) throw new Error('over the budget')
    const outcome = await execute(await planner.plan(authorized), { operation: authorized, principal, transports })
    if (outcome.errors.length > 0) throw new Error(outcome.text.slice(0, 300))
  }
  const perRound = quick ? 200 : 1_000
  const cpuUs = async (checks: boolean): Promise<number> => {
    const before = process.cpuUsage()
    for (let index = 0; index < perRound; index++) await request(checks)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / perRound
  }
  await cpuUs(true)
  await cpuUs(false)
  const ratios: number[] = []
  for (let round = 0; round < (quick ? 3 : 9); round++) {
    // In turn, so that a drift of the machine's speed meets both.
    const [with_, without] = round % 2 === 0 ? [await cpuUs(true), await cpuUs(false)] : await cpuUs(false).then(async (off) => [await cpuUs(true), off] as const)
    ratios.push(without / with_)
    console.log(`all checks on ${with_.toFixed(0)} µs, off ${without.toFixed(0)} µs of processor time a request: throughput ${(100 * without / with_).toFixed(1)} %`)
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
