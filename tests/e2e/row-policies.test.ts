import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Persona } from '../../gateway/issuer/index.ts'
import { startDemoMesh } from '../testkit/demo-mesh.ts'
import { eventually } from '../testkit/eventually.ts'
import type { GatewayMesh } from '../testkit/gateway-mesh.ts'

/** Support's customers are seen by who is told so in a claim; agents see all. */
const POLICY = '@id("own-customers") @rows("customer_id in claim.regions") forbid (principal, action == Action::"readAllRows", resource == Object::"SupportCustomer") unless { principal in Role::"agent" };'

let mesh: GatewayMesh
let policiesDir = ''

beforeAll(async () => {
  policiesDir = await mkdtemp(join(tmpdir(), 'polyseme-rows-'))
  await mkdir(policiesDir, { recursive: true })
  await writeFile(join(policiesDir, 'rows.cedar'), POLICY)
  mesh = await startDemoMesh({ policiesDir })
})

afterAll(async () => {
  await mesh[Symbol.asyncDispose]()
  await rm(policiesDir, { recursive: true, force: true })
})

const somebody = (regions: unknown, roles: readonly string[] = []): Persona => ({ id: 'somebody', summary: '', scopes: ['support:read', 'sales:read', 'sales:all-regions', 'marketing:read'], roles, claims: { regions } })

describe('a row filter that a policy gives, through the gateway', () => {
  it('M06 M11 leaves the caller\'s rows everywhere, none without the claim, all to whom it excepts', async () => {
    const query = '{ support { customers(first: 3, orderBy: [{ customerId: ASC }]) { totalCount nodes { customerId } } customersAggregate { count } tickets(first: 1) { nodes { customer { customerId } } } } }'
    const count = async (who: Persona): Promise<number> => {
      const { data, errors } = await mesh.ask(query, { as: who })
      expect(errors).toEqual([])
      const { support } = data as unknown as { support: { customers: { totalCount: number; nodes: readonly unknown[] }; customersAggregate: readonly { count: number }[] } }
      // The contract suppresses groups of fewer than five.
      expect(support.customersAggregate.map((group) => group.count)).toEqual(support.customers.totalCount < 5 ? [] : [support.customers.totalCount])
      return support.customers.totalCount
    }
    const all = await count(somebody([], ['agent']))
    expect(all).toBeGreaterThan(100)
    const { data } = await mesh.ask(query, { as: somebody([], ['agent']) })
    const ids = (data as { support: { customers: { nodes: readonly { customerId: number }[] } } }).support.customers.nodes.map(({ customerId }) => customerId)
    expect(await count(somebody(ids.slice(0, 2).map(String)))).toBe(2)
    expect(await count(somebody(undefined))).toBe(0)
    expect(await count(somebody(["1' OR TRUE --"]))).toBe(0)
  })

  it('hides what a link leads to: the crosswalk asks the domain as the caller', async () => {
    const query = '{ marketing { customers(first: 200, where: {}) { nodes { customerId asSupportCustomer { customerId } } } } }'
    const linked = async (who: Persona): Promise<readonly number[]> => {
      const { data, errors } = await mesh.ask(query, { as: who })
      expect(errors).toEqual([])
      const { nodes } = (data as { marketing: { customers: { nodes: readonly { asSupportCustomer: { customerId: number }[] | { customerId: number } | null }[] } } }).marketing.customers
      return nodes.flatMap(({ asSupportCustomer }) => asSupportCustomer ?? []).map(({ customerId }) => customerId)
    }
    const all = await linked(somebody([], ['agent']))
    expect(all.length).toBeGreaterThan(2)
    expect(new Set(await linked(somebody([String(all[0])])))).toEqual(new Set([all[0]]))
    expect(await linked(somebody(undefined))).toEqual([])
  })

  it('is explained to the caller, and a change of it holds within a second', async () => {
    const query = '{ access { explain(coordinates: ["SupportCustomer"]) { decision rows change } } }'
    expect((await mesh.ask(query, { as: somebody(['1']) })).data).toEqual({ access: { explain: [{ decision: 'clear', rows: ['customer_id in claim.regions: policy rows.cedar#own-customers'], change: expect.stringContaining('claim regions') }] } })
    const total = '{ support { customers(first: 1) { totalCount } } }'
    await writeFile(join(policiesDir, 'rows.cedar'), (await readFile(join(policiesDir, 'rows.cedar'), 'utf8')).replace('@rows', '// @rows').replace('forbid', '\nforbid').replace('readAllRows', 'export'))
    await eventually(async () => expect((await mesh.ask(total, { as: somebody(undefined) })).data).not.toEqual({ support: { customers: { totalCount: 0 } } }))
  })
})
