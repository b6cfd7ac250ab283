import { mkdtemp, readlink, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLog, startGateway } from '../../gateway/main.ts'
import { startDemoMesh } from '../testkit/demo-mesh.ts'
import { askGraphql, type GatewayMesh, type MeshAnswer } from '../testkit/gateway-mesh.ts'

const held = new AsyncDisposableStack()
let mesh: GatewayMesh
let stockUrl: string

beforeAll(async () => {
  mesh = held.use(await startDemoMesh())
  const dataDir = await mkdtemp(join(tmpdir(), 'polyseme-stock-'))
  held.defer(async () => await rm(dataDir, { recursive: true, force: true }))
  await symlink(await readlink(join(mesh.config.dataDir, 'links')), join(dataDir, 'links'))
  const gateway = await startGateway({ ...mesh.config, dataDir, engine: 'apollo' }, { log: createLog(() => undefined) })
  held.defer(async () => await gateway.close())
  stockUrl = gateway.url
}, 120_000)

afterAll(async () => await held.disposeAsync())

const QUERIES = {
  'across domains': '{ sales { customers(first: 5) { nodes { customerId name region asBillingCustomer { legalName openBalance currency } asSupportCustomer { customerId email } } } } }',
  'masked fields': '{ support { customers(first: 5) { nodes { customerId fullName email phone } } } }',
  'a denied domain beside an allowed one': '{ billing { customers(first: 2) { nodes { legalName } } } sales { customers(first: 2) { nodes { name } } } }',
  'totals under a row filter': '{ sales { customers(first: 1) { totalCount } } }',
  'introspection': '{ __schema { types { name } } }',
} as const

describe('engine: apollo', () => {
  it.each(Object.entries(QUERIES).flatMap(([what, query]) => ['analyst', 'sales-analyst-emea', 'support-agent', 'nobody'].map((persona) => [what, persona, query] as const)))(
    'answers as ours does, under the same rights: %s, as %s', async (_what, persona, query) => {
      const answers = await Promise.all([mesh.ask(query, { as: persona }), askGraphql(`${stockUrl}/graphql`, { query }, await mesh.token(persona))])
      const [ours, stock] = answers.map(seen)
      expect(stock).toEqual(ours)
    },
  )

  it('refuses what goes beyond a limit before anything is planned', async () => {
    const query = `{ ${Array.from({ length: 300 }, (_, index) => `a${index}: __typename`).join(' ')} }`
    expect(await askGraphql(`${stockUrl}/graphql`, { query }, await mesh.token('analyst'))).toMatchObject({ status: 400, errors: [{ extensions: { code: 'OPERATION_LIMIT_EXCEEDED' } }] })
  })

  it('names a domain that does not answer, and gives the rest', async () => {
    await mesh.domains.get('billing')?.stop()
    const answers = await Promise.all([mesh.ask(QUERIES['a denied domain beside an allowed one'], { as: 'analyst' }), askGraphql(`${stockUrl}/graphql`, { query: QUERIES['a denied domain beside an allowed one'] }, await mesh.token('analyst'))])
    for (const { data, errors } of answers) {
      expect(data).toMatchObject({ billing: null, sales: { customers: { nodes: [{ name: expect.any(String) as string }, { name: expect.any(String) as string }] } } })
      expect(errors).toMatchObject([{ extensions: { subgraph: 'billing', code: 'SUBGRAPH_UNAVAILABLE' } }])
    }
  })
})

/** Errors by code and path, in no order; the engines word and order them differently. */
function seen({ status, data, errors }: MeshAnswer): unknown {
  return { status, data, errors: errors.map(({ path, extensions }) => JSON.stringify([path?.join('.'), extensions?.['code']])).sort() }
}
