import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { LivePolicies } from '../../../gateway/access/index.ts'
import { readDomainArtifact, type RegistryStore, type SubgraphArtifact } from '../../../gateway/registry/index.ts'
import { composeSupergraph } from '../../../gateway/supergraph/index.ts'
import { FormerGraphs } from '../../../gateway/wiring/former-graphs.ts'
import type { OpenRegistry } from '../../../gateway/wiring/open-registry.ts'
import { definitionsOf } from '../../../gateway/wiring/published-graph.ts'
import { caller } from '../../access/policies/policy-fixture.ts'
import { openRegistry, signer, sqliteDatabase, verbatim } from '../registry/registry-fixtures.ts'

/** Each step takes away what the one before had: `Query.a1`, and `Query.closed1` for who has the scope. */
function takingAway(steps: number): readonly SubgraphArtifact[] {
  return Array.from({ length: steps }, (_, index) => verbatim('sales', `type Query { a${index + 1}: Int closed${index + 1}: Int @requiresScopes(scopes: [["closed:read"]]) }`))
}

async function openHistory(artifacts: readonly SubgraphArtifact[]): Promise<AsyncDisposable & { readonly store: RegistryStore; readonly policies: LivePolicies }> {
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await sqliteDatabase())
  const registry = await openRegistry(database.connect(), {
    compose: (versions) => Promise.resolve(composeSupergraph(definitionsOf(versions))),
  })
  for (const [index, artifact] of artifacts.entries()) {
    expect(await registry.publish({ artifact, basedOn: index, actor: 'a', reason: 'm' })).toMatchObject({ kind: 'deployed' })
  }
  const policies = stack.use(await LivePolicies.open({ folders: { mesh: join(tmpdir(), 'polyseme-no-policies'), domains: {} }, products: [] }))
  const held = stack.move()
  return { store: registry.store, policies, [Symbol.asyncDispose]: async () => await held.disposeAsync() }
}

function registryOf(store: RegistryStore): OpenRegistry {
  return { store, verifier: signer } as Pick<OpenRegistry, 'store' | 'verifier'> as OpenRegistry
}

const COORDINATES = ['Query.a1', 'Query.closed1', 'Query.a2', 'Query.closed2']
const ana = caller({ scopes: ['closed:read'] })
const eve = caller({ scopes: [] })

describe('what callers could know of before a step', () => {
  it('G15 is what they may read of the graph that was live then', async () => {
    await using history = await openHistory(takingAway(3))
    const former = new FormerGraphs({ registry: () => registryOf(history.store), policies: history.policies, lexicon: undefined })
    const knownTo = async (step: number, who: typeof ana): Promise<readonly string[]> => COORDINATES.filter(await former.mayKnowBefore(step, who))
    expect(await knownTo(3, ana)).toEqual(['Query.a2', 'Query.closed2'])
    expect(await knownTo(3, eve)).toEqual(['Query.a2'])
    expect(await knownTo(2, eve)).toEqual(['Query.a1'])
    expect(await knownTo(1, ana)).toEqual([])
  })

  it('G15 is not what a policy kept from them that went with the step', async () => {
    const billing = await readDomainArtifact(join(import.meta.dirname, '../../../subgraphs/billing'), { url: 'http://127.0.0.1:4001/graphql' })
    const terms = { path: 'policies/terms.cedar', text: 'forbid (principal, action == Action::"read", resource == Field::"BillingCustomer.paymentTermsDays");' }
    await using history = await openHistory([{ ...billing, policies: [terms] }, { ...billing, policies: [] }, { ...billing, url: 'http://127.0.0.1:4002/graphql', policies: [] }])
    const former = new FormerGraphs({ registry: () => registryOf(history.store), policies: history.policies, lexicon: undefined })
    const knownTo = async (step: number, ...scopes: string[]): Promise<readonly string[]> => ['BillingCustomer.paymentTermsDays', 'BillingCustomer.legalName'].filter(await former.mayKnowBefore(step, caller({ scopes })))
    expect(await knownTo(2, 'billing:read')).toEqual(['BillingCustomer.legalName'])
    expect(await knownTo(3, 'billing:read')).toEqual(['BillingCustomer.paymentTermsDays', 'BillingCustomer.legalName'])
    expect(await knownTo(3, 'sales:read')).toEqual([])
  })

  it('R07 G15 is nothing where the graph cannot be read, or is another than was signed, and is looked up again later', async () => {
    await using history = await openHistory(takingAway(2))
    let registry: OpenRegistry | undefined
    const former = new FormerGraphs({ registry: () => registry, policies: history.policies, lexicon: undefined })
    const known = async (): Promise<readonly string[]> => COORDINATES.filter(await former.mayKnowBefore(2, ana))
    expect(await known()).toEqual([])
    registry = registryOf(watched(history.store, (graph) => ({ ...graph, sdl: `${graph.sdl}\n# exchanged` })))
    expect(await known()).toEqual([])
    registry = registryOf(history.store)
    expect(await known()).toEqual(['Query.a1', 'Query.closed1'])
  })

  it('is read once for all who ask, and kept for the three steps that were asked for last', async () => {
    await using history = await openHistory(takingAway(5))
    let reads = 0
    const store = watched(history.store, (graph) => {
      reads += 1
      return graph
    })
    const former = new FormerGraphs({ registry: () => registryOf(store), policies: history.policies, lexicon: undefined })
    await Promise.all([ana, eve, ana].map(async (who) => await former.mayKnowBefore(2, who)))
    expect(reads).toBe(1)
    for (const step of [3, 4, 2]) await former.mayKnowBefore(step, ana)
    expect(reads).toBe(3)
    for (const step of [5, 2, 3]) await former.mayKnowBefore(step, ana)
    expect(reads).toBe(5)
  })
})

type Graph = NonNullable<Awaited<ReturnType<RegistryStore['findSupergraph']>>>

/** A store whose graphs pass by here. */
function watched(store: RegistryStore, pass: (graph: Graph) => Graph): RegistryStore {
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      const bound = value.bind(target) as (...given: readonly unknown[]) => Promise<Graph>
      return name === 'findSupergraph' ? async (...given: readonly unknown[]) => pass(await bound(...given)) : bound
    },
  })
}
