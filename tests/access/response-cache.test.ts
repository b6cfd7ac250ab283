import type { DataProduct } from '@polyseme/kit/contract'
import { GatewayError } from '@polyseme/kit/errors'
import type { Principal } from '@polyseme/kit/identity'
import { buildDomainSdl, CursorCodec } from '@polyseme/kit/product'
import * as fc from 'fast-check'
import { execute, parse } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allOf, createCallIdentityBuilder, createMaskKeyring, federationDecider, type Decider } from '../../gateway/access/index.ts'
import type { SubgraphAnswer, SubgraphCallContext, SubgraphRequest, SubgraphTransport } from '../../gateway/execute/index.ts'
import { DEFAULT_OPERATION_LIMITS, parseOperation } from '../../gateway/operation/index.ts'
import { createPlanner, type Planner } from '../../gateway/plan/index.ts'
import { answerOperation } from '../../gateway/serve/answer-operation.ts'
import { ResponseCache, type ServingGraph } from '../../gateway/serve/index.ts'
import { composeSupergraph, type Supergraph } from '../../gateway/supergraph/index.ts'
import { Shop, SHOP } from '../testkit/shop-domain.ts'
import { deciderOf, meshFile } from './policies/policy-fixture.ts'

const KEYRING = createMaskKeyring(Buffer.alloc(32, 7))
const MAX_SECONDS = 30

/** Rules that may be in force, one after the other. */
const POLICIES = [
  '',
  '@mask("hash") forbid (principal, action == Action::"reveal", resource) when { resource.name == "email" } unless { principal in Role::"steward" };',
  '@rows("region in claim.regions") forbid (principal, action == Action::"readAllRows", resource == Object::"ShopCustomer") unless { principal in Role::"steward" };',
  'forbid (principal, action == Action::"read", resource) when { resource.name == "name" } unless { context has purpose && context.purpose == Purpose::"fraud" };',
  'forbid (principal, action == Action::"read", resource in Object::"ShopOrder") unless { principal in Role::"steward" };',
]

const RULES: readonly DataProduct['responseCache'][] = [{ kind: 'keep', seconds: 60, scope: 'shared' }, { kind: 'keep', seconds: 20, scope: 'caller' }, { kind: 'none' }, undefined]

const QUERIES: readonly { readonly text: string; readonly variables?: Readonly<Record<string, unknown>> }[] = [
  { text: '{ shop { customers(orderBy: [{ customerId: ASC }]) { totalCount nodes { customerId region } } } }' },
  { text: '{ shop { customers(orderBy: [{ customerId: ASC }]) { nodes { customerId name email } } } }' },
  { text: '{ shop { customers(first: 5, orderBy: [{ customerId: ASC }]) { nodes { email credit orders(orderBy: [{ orderId: ASC }]) { nodes { amount } } } } } }' },
  { text: '{ shop { customersAggregate(groupBy: [{ field: region }]) { count } } }' },
  { text: '{ shop { customersAggregate { count } } }' },
  { text: 'query ($where: ShopCustomerWhere) { shop { customers(where: $where, orderBy: [{ customerId: ASC }]) { nodes { customerId } } } }', variables: { where: { region: { eq: 'EMEA' } } } },
  { text: 'query ($where: ShopCustomerWhere) { shop { customers(where: $where, orderBy: [{ customerId: ASC }]) { nodes { customerId } } } }', variables: { where: { region: { eq: 'APAC' } } } },
  { text: 'query ($key: BigInt!) { shop { customerByKey(customerId: $key) { name region } } }', variables: { key: '4' } },
  { text: '{ shop { orders(first: 20, orderBy: [{ orderId: ASC }]) { nodes { amount customer { region } } } } }' },
  { text: '{ whoami shop { customersAggregate { count } } }' },
  { text: '{ shop { customersAggregate { count } } t: __type(name: "ShopOrder") { __typename } }' },
]

type Step =
  | { readonly kind: 'ask'; readonly who: number; readonly query: number; readonly down: boolean }
  | { readonly kind: 'policies'; readonly which: number }
  | { readonly kind: 'publish'; readonly rule: number }
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'data' }
  | { readonly kind: 'rights'; readonly who: number; readonly rights: number }

const CALLERS = 4
const RIGHTS = 8

/** A caller of few kinds, so that many are equal to one another in all but one thing. */
function principalOf(who: number, rights: number): Principal {
  const scopes = ['shop:read', ...((rights & 1) === 0 ? [] : ['shop:all-regions']), ...((rights & 2) === 0 ? [] : ['shop:finance'])]
  return {
    issuer: 'https://issuer.test', subject: `caller ${who % 2}`, scopes: new Set(scopes), roles: (rights & 4) === 0 ? [] : ['steward'],
    claims: { regions: who < 2 ? ['EMEA'] : ['APAC', 'AMER'] }, expiresAtSec: 4_000_000_000, tokenId: `${Math.random()}`,
    ...(rights % 3 === 0 ? { clientId: 'bi' } : {}), ...(rights % 5 === 0 ? { purpose: 'fraud' } : {}),
  }
}

interface Version {
  readonly supergraph: Supergraph
  readonly planner: Planner
}

let shop: Shop
/** One for each of the rules; a publish is another graph over one of them. */
let versions: readonly Version[]
beforeAll(async () => {
  shop = await Shop.inFiles()
  versions = RULES.map((responseCache) => {
    const composed = composeSupergraph([
      { name: 'shop', url: 'http://shop.test/', sdl: buildDomainSdl([SHOP]), products: [{ ...SHOP, ...(responseCache === undefined ? {} : { responseCache }) }] },
      { name: 'other', url: 'http://other.test/', sdl: 'type Query { whoami: String }', products: [] },
    ])
    if (composed.kind === 'invalid') throw new Error(JSON.stringify(composed.diagnostics))
    return { supergraph: composed.value, planner: createPlanner(composed.value, { isolation: 'inline' }) }
  })
}, 60_000)
afterAll(async () => {
  for (const { planner } of versions) await planner.close()
  await shop[Symbol.asyncDispose]()
})

/** The shop as the gateway calls it: identity, masks and row restrictions as in a signed call. */
class ShopTransport implements SubgraphTransport {
  readonly #identities = createCallIdentityBuilder([SHOP], KEYRING)
  readonly #cursors = new CursorCodec(Buffer.alloc(32, 1))
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  async send({ operation, variablesText }: SubgraphRequest, { principal, masks, rowRestrictions }: SubgraphCallContext): Promise<SubgraphAnswer> {
    if (this.#world.isDown) throw new GatewayError('SUBGRAPH_UNAVAILABLE', 'the domain "shop" is not available')
    const call = this.#identities.build(this.#world.seen(principal), masks, rowRestrictions)
    const run = { model: shop.subgraph.model, source: shop.source, cursors: this.#cursors, call }
    const result = await execute({ schema: shop.subgraph.schema, document: parse(operation.text), variableValues: JSON.parse(variablesText) as Record<string, unknown>, contextValue: { run } })
    return JSON.parse(JSON.stringify({ data: result.data ?? null, errors: result.errors ?? [] })) as SubgraphAnswer
  }

  async close(): Promise<void> {}
}

/** A subgraph without contracts: what it says may be another thing each time. */
function foreignTransport(world: World): SubgraphTransport {
  return {
    send: async (_request, { principal }) => ({ data: { whoami: `${principal.subject} ${principal.clientId} at ${world.nowMs}` }, errors: [] }),
    close: async () => undefined,
  }
}

/** A graph, rules and data that change. */
class World {
  nowMs = 1_000_000
  graph: ServingGraph
  readonly cache = new ResponseCache({ maxBytes: 10_000_000, maxSeconds: MAX_SECONDS, clock: () => this.nowMs })
  readonly rights = Array.from({ length: CALLERS }, () => 0)
  hits = 0
  isDown = false
  #policies = 0
  #regions = 0
  readonly #deciders = new WeakMap<object, Map<number, Decider>>()

  constructor() {
    this.graph = this.#build(0)
  }

  /** What the domain makes of a caller: its data, changed, are other regions. */
  seen(principal: Principal): Principal {
    return this.#regions % 2 === 0 ? principal : { ...principal, claims: { regions: ['AMER'] } }
  }

  take(step: Exclude<Step, { kind: 'ask' }>): void {
    switch (step.kind) {
      case 'policies': this.#policies = step.which; return
      // Of another version of the domain, whose data may be others at once.
      case 'publish': this.graph = this.#build(step.rule); this.#regions++; return
      case 'wait': this.nowMs += step.seconds * 1_000; return
      // What was kept may be as old as it was allowed to be, and is gone then.
      case 'data': this.#regions++; this.nowMs += MAX_SECONDS * 1_000; return
      case 'rights': this.rights[step.who] = step.rights; return
      default: throw new TypeError()
    }
  }

  async ask({ who, query, down }: Extract<Step, { kind: 'ask' }>): Promise<readonly [cached: string, fresh: string]> {
    this.isDown = down
    const before = this.hits
    const { text, variables } = QUERIES[query] ?? { text: '{ __typename }' }
    const operation = parseOperation({ query: text, variables }, this.graph.supergraph, DEFAULT_OPERATION_LIMITS)
    const caller = { principal: principalOf(who, this.rights[who] ?? 0), requestId: 'r', signal: AbortSignal.timeout(20_000) }
    const options = { graph: this.graph, deadlineMs: 20_000 }
    const onKept = (_kept: unknown, how: 'found' | 'kept'): void => void (how === 'found' && this.hits++)
    const cached = await answerOperation(operation, caller, { ...options, caching: { cache: this.cache, maxAgeSec: Infinity, keeps: true, onKept } })
    // What was kept is there although the domain is down.
    this.isDown = down && this.hits === before
    const fresh = await answerOperation(operation, caller, options)
    return [cached.text, fresh.text]
  }

  #build(rule: number): ServingGraph {
    const version = versions[rule]
    if (version === undefined) throw new TypeError()
    const { supergraph, planner } = version
    return {
      supergraph, planner,
      transports: new Map<string, SubgraphTransport>([['shop', new ShopTransport(this)], ['other', foreignTransport(this)]]),
      decider: () => this.#decider(supergraph),
      close: async () => undefined,
    }
  }

  #decider(supergraph: ServingGraph['supergraph']): Decider {
    let known = this.#deciders.get(supergraph)
    if (known === undefined) this.#deciders.set(supergraph, (known = new Map()))
    let decider = known.get(this.#policies)
    if (decider === undefined) known.set(this.#policies, (decider = allOf([federationDecider(supergraph), deciderOf(POLICIES[this.#policies] === '' ? [] : [meshFile(POLICIES[this.#policies] ?? '')], {}, [SHOP])])))
    return decider
  }
}

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 50, arbitrary: fc.record({ kind: fc.constant('ask' as const), who: fc.nat(CALLERS - 1), query: fc.nat(QUERIES.length - 1), down: fc.nat(19).map((n) => n === 0) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('policies' as const), which: fc.nat(POLICIES.length - 1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('publish' as const), rule: fc.nat(RULES.length - 1) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'data' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rights' as const), who: fc.nat(CALLERS - 1), rights: fc.nat(RIGHTS - 1) }) },
)

describe('answers that are kept', () => {
  it('F22 F26 J21 give every caller what executing would give, whoever asked before, whatever changed', async () => {
    let hits = 0
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 40, maxLength: 120 }), async (steps) => {
      const world = new World()
      for (const one of steps) {
        if (one.kind !== 'ask') {
          world.take(one)
          continue
        }
        const [cached, fresh] = await world.ask(one)
        expect(cached).toBe(fresh)
      }
      hits += world.hits
    }), { numRuns: 20 })
    // Otherwise nothing was shown.
    expect(hits).toBeGreaterThan(60)
  }, 120_000)
})
