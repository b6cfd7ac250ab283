import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { VisibilityRequest } from '../../gateway/crosswalk/index.ts'
import { LmdbLinkStore } from '../../gateway/crosswalk/links/index.ts'
import { concept, domain, mapping } from '../unit/crosswalk/mesh.ts'
import { link, startCrosswalk, type CrosswalkMesh } from './crosswalk-mesh.ts'

const SALES = domain({ domain: 'sales', object: 'Customer' })
const BILLING = domain({ domain: 'billing', object: 'Customer' })
const SUPPORT = domain({
  domain: 'support',
  object: 'Customer',
  fields: ['- { name: region, logicalType: string }'],
  custom: ['- property: rowFilter', '  value: { property: region, claim: regions, unlessScopes: [support:all] }'],
})
const FILES = [
  concept('Customer', ['sales.Customer', 'billing.Customer', 'support.Customer']),
  mapping('sales--billing', 'sales.Customer', 'billing.Customer'),
  mapping('billing--support', 'billing.Customer', 'support.Customer'),
  mapping('sales--support', 'sales.Customer', 'support.Customer', { predicate: 'relatedMatch' }),
]
const TABLES = {
  'sales--billing': [
    link('sales.Customer:1', 'billing.Customer:1'),
    link('sales.Customer:2', 'billing.Customer:2', { predicate_modifier: 'Not' }),
    link('sales.Customer:3', 'sssom:NoTermFound'),
  ],
  'billing--support': [link('billing.Customer:1', 'support.Customer:1')],
  'sales--support': [
    link('sales.Customer:1', 'support.Customer:5', { predicate_id: 'skos:relatedMatch' }),
    link('sales.Customer:1', 'support.Customer:6', { predicate_id: 'skos:relatedMatch' }),
  ],
}

async function start(visible: (request: VisibilityRequest) => readonly boolean[] = () => []): Promise<CrosswalkMesh> {
  return await startCrosswalk({
    files: FILES,
    domains: [SALES, BILLING, SUPPORT],
    tables: TABLES,
    findVisible: async (request) => visible(request),
  })
}

const EVERYTHING =
  'asBillingCustomer { id } asSupportCustomer { id } mappings { mapping negative to { sense key } } concept { id aliases members { sense key } explain { mapping } history { mapping } conflicts { negative { mapping } } asBillingCustomer { id } }'

describe('counterparts that the caller may not see', () => {
  it('E01 in a denied domain look exactly like no counterpart', async () => {
    await using mesh = await start()
    const may = ['SalesCustomer']
    const linked = await mesh.entity({ __typename: 'SalesCustomer', id: 1 }, EVERYTHING, { may })
    const ruledOut = await mesh.entity({ __typename: 'SalesCustomer', id: 2 }, EVERYTHING, { may })
    const lookedFor = await mesh.entity({ __typename: 'SalesCustomer', id: 3 }, EVERYTHING, { may })
    const unknown = await mesh.entity({ __typename: 'SalesCustomer', id: 4 }, EVERYTHING, { may })
    const anonymous = ({ entity, errors }: typeof linked, id: number): string =>
      JSON.stringify({ entity, errors })
        .replaceAll(Buffer.from(`sales.Customer:${id}`).toString('base64url'), '<id>')
        .replaceAll(`"${id}"`, '"<key>"')
    expect(anonymous(linked, 1)).toBe(anonymous(unknown, 4))
    expect(anonymous(ruledOut, 2)).toBe(anonymous(unknown, 4))
    expect(anonymous(lookedFor, 3)).toBe(anonymous(unknown, 4))
    expect(linked.errors).toEqual([])
  })

  it('E01 take no more time than none, within noise', async () => {
    await using mesh = await start()
    const time = async (id: number): Promise<number> => {
      const variables = { r: Array.from({ length: 2_000 }, () => ({ __typename: 'SalesCustomer', id })) }
      const from = process.threadCpuUsage()
      await mesh.ask('query ($r: [_Any!]!) { _entities(representations: $r) { ... on SalesCustomer { asBillingCustomer { id } } } }', {
        may: ['SalesCustomer'],
        variables,
      })
      const { user, system } = process.threadCpuUsage(from)
      return user + system
    }
    let [linked, none] = [0, 0]
    // In turns, so that the compiler favours neither, and summed over so many that neither the clock's steps nor a collection of garbage does.
    for (let round = 0; round < 200; round += 1) {
      linked += await time(1)
      none += await time(4)
    }
    expect(linked / none).toBeLessThan(1.5)
    expect(linked / none).toBeGreaterThan(0.66)
  })

  it('E03 a look-up from the other side needs a right to that side', async () => {
    await using mesh = await start()
    const { data, errors } = await mesh.ask(
      '{ one: customer(billingCustomer: 1) { id } two: customer(billingCustomer: 999) { id } many: customers(billingCustomer: [1, 999]) { id } }',
      { may: ['SalesCustomer'] },
    )
    expect({ data, errors }).toEqual({ data: { one: null, two: null, many: [null, null] }, errors: [] })
    const id = Buffer.from('billing.Customer:1').toString('base64url')
    expect((await mesh.ask(`{ customer(id: "${id}") { id } }`, { may: ['SalesCustomer'] })).data).toEqual({ customer: null })
  })

  it('E06 a chain through a denied domain stops there', async () => {
    await using mesh = await start(({ keys }) => keys.map(() => true))
    const members = async (may: readonly string[]): Promise<unknown> =>
      (await mesh.entity({ __typename: 'SalesCustomer', id: 1 }, 'concept { members { sense } }', { may, scopes: ['support:all'] })).entity
    expect(await members(['SalesCustomer', 'BillingCustomer', 'SupportCustomer'])).toMatchObject({ concept: { members: { length: 3 } } })
    expect(await members(['SalesCustomer', 'SupportCustomer'])).toEqual({ concept: { members: [{ sense: 'sales.Customer' }] } })
  })

  it('E12 nothing that is counted or listed tells of a denied domain', async () => {
    await using mesh = await start()
    const { entity } = await mesh.entity(
      { __typename: 'SalesCustomer', id: 1 },
      'mappings { mapping } concept { explain { mapping } aliases }',
      { may: ['SalesCustomer', 'BillingCustomer'] },
    )
    expect(entity).toEqual({
      mappings: [{ mapping: 'sales--billing' }],
      concept: { explain: [{ mapping: 'sales--billing' }], aliases: [expect.any(String)] },
    })
  })

  it('hidden by a row filter are asked of the domain, as the caller, in one request, and are not there', async () => {
    const requests: VisibilityRequest[] = []
    await using mesh = await start((request) => {
      requests.push(request)
      return request.keys.map((key) => key['id'] === 6)
    })
    const { entity } = await mesh.entity(
      { __typename: 'SalesCustomer', id: 1 },
      'asSupportCustomer { id } mappings(to: ["support.Customer"]) { to { key } }',
    )
    expect(entity).toEqual({ asSupportCustomer: [{ id: 6 }], mappings: [{ to: { key: ['6'] } }] })
    expect(requests.map(({ domain: name, typeName, keys }) => ({ name, typeName, ids: keys.map((key) => key['id']) }))).toEqual([
      { name: 'support', typeName: 'SupportCustomer', ids: [5, 6] },
    ])
  })

  it('are not asked for a caller whom the row filter exempts', async () => {
    await using mesh = await start(() => {
      throw new Error('not needed')
    })
    const { entity } = await mesh.entity({ __typename: 'SalesCustomer', id: 1 }, 'asSupportCustomer { id }', { scopes: ['support:all'] })
    expect(entity).toEqual({ asSupportCustomer: [{ id: 5 }, { id: 6 }] })
  })

  it('are not there when the domain cannot be asked', async () => {
    await using mesh = await startCrosswalk({ files: FILES, domains: [SALES, BILLING, SUPPORT], tables: TABLES })
    const { entity } = await mesh.entity(
      { __typename: 'SalesCustomer', id: 1 },
      'asSupportCustomer { id } mappings(to: ["support.Customer"]) { mapping }',
    )
    expect(entity).toEqual({ asSupportCustomer: [], mappings: [] })
  })
})

describe('the words of a domain that the caller may not read', () => {
  it('are explained to everyone, its types and fields of a type only to those who may read it', async () => {
    await using mesh = await start()
    const ask = async (may: readonly string[]): Promise<unknown> =>
      (await mesh.ask('{ term(name: "customer") { concepts { senses { name definition typeName fields } } } }', { may })).data
    expect(await ask(['SalesCustomer'])).toEqual({
      term: {
        concepts: [
          {
            senses: [
              { name: 'sales.Customer', definition: 'A sales.Customer.', typeName: 'SalesCustomer', fields: ['id'] },
              { name: 'billing.Customer', definition: 'A billing.Customer.', typeName: null, fields: [] },
              { name: 'support.Customer', definition: 'A support.Customer.', typeName: null, fields: [] },
            ],
          },
        ],
      },
    })
  })
})

describe('asking for much, or for nothing', () => {
  it('E02 ids are enumerated a thousand at a time at most', async () => {
    await using mesh = await start()
    const { errors } = await mesh.ask('query ($keys: [Int!]) { customers(salesCustomer: $keys) { id } }', {
      variables: { keys: Array.from({ length: 10_000 }, (_, at) => at) },
    })
    expect(errors).toMatchObject([{ code: 'BAD_USER_INPUT', message: '10000 keys were given; at most 1000 are allowed.' }])
  })

  it('exactly one of id and keys is given', async () => {
    await using mesh = await start()
    for (const args of ['', '(id: "x", salesCustomer: 1)', '(salesCustomer: 1, billingCustomer: 1)']) {
      const { errors } = await mesh.ask(`{ customer${args} { id } }`)
      expect(errors).toMatchObject([{ code: 'BAD_USER_INPUT' }])
    }
  })

  it('a moment or a confidence that is none is refused', async () => {
    await using mesh = await start()
    for (const args of ['(asOf: "yesterday")', '(knownAt: "2026")', '(minConfidence: 2)', '(minConfidence: -0.1)']) {
      const { errors } = await mesh.entity({ __typename: 'SalesCustomer', id: 1 }, `asBillingCustomer${args} { id }`)
      expect(errors).toMatchObject([{ code: 'BAD_USER_INPUT' }])
    }
  })

  it('mappings to a sense that the lexicon does not have is an error that names those it has', async () => {
    await using mesh = await start()
    const ask = async (to: string): Promise<unknown> => await mesh.entity({ __typename: 'SalesCustomer', id: 1 }, `mappings(to: ${to}) { to { key } }`)
    expect(await ask('["billing.Customer", "billing.Nothing"]')).toMatchObject({
      errors: [{ code: 'BAD_USER_INPUT', message: 'to: there is no sense "billing.Nothing"; the senses are billing.Customer, sales.Customer, support.Customer.' }],
    })
    expect(await ask('["__proto__"]')).toMatchObject({ errors: [{ code: 'BAD_USER_INPUT' }] })
    expect(await ask('[]')).toMatchObject({ entity: { mappings: [] } })
  })

  it('E05 a cycle of mappings ends', async () => {
    await using mesh = await startCrosswalk({
      files: [
        concept('Customer', ['sales.Customer', 'billing.Customer']),
        mapping('m', 'sales.Customer', 'billing.Customer'),
        mapping('n', 'billing.Customer', 'sales.Customer'),
      ],
      domains: [SALES, BILLING],
      tables: {
        m: [link('sales.Customer:1', 'billing.Customer:1'), link('sales.Customer:2', 'billing.Customer:2')],
        n: [link('billing.Customer:1', 'sales.Customer:2'), link('billing.Customer:2', 'sales.Customer:1')],
      },
    })
    const { entity } = await mesh.entity({ __typename: 'SalesCustomer', id: 1 }, 'concept { members { key } }')
    expect(entity).toMatchObject({ concept: { members: { length: 4 } } })
  })
})

describe('a poisoned link', () => {
  const poisoned = (status: string, recorded = '2026-01-01'): ReturnType<typeof link> =>
    link('sales.Customer:8', 'billing.Customer:9', { status, recorded_at: recorded })
  const isOne = async (mesh: CrosswalkMesh): Promise<boolean> => {
    const { data } = await mesh.ask('{ customer(salesCustomer: 8) { members { sense } } }')
    const customer = data?.['customer'] as { readonly members: readonly unknown[] } | undefined
    return customer?.members.length === 2
  }

  it('E08 needs approval, is versioned and can be taken back', async () => {
    await using mesh = await start()
    await mesh.reload({ 'sales--billing': [poisoned('proposed')] })
    expect(await isOne(mesh)).toBe(false)
    await mesh.reload({ 'sales--billing': [poisoned('proposed'), poisoned('approved', '2026-02-01')] })
    expect(await isOne(mesh)).toBe(true)
    await mesh.reload({ 'sales--billing': [poisoned('proposed'), poisoned('approved', '2026-02-01'), poisoned('rejected', '2026-03-01')] })
    expect(await isOne(mesh)).toBe(false)
    const { data } = await mesh.ask(
      '{ customer(salesCustomer: 8) { history { status recordedAt } } before: customer(salesCustomer: 8, knownAt: "2026-02-15") { members { sense } } }',
    )
    expect(data).toMatchObject({
      customer: { history: [{ status: 'PROPOSED' }, { status: 'APPROVED' }, { status: 'REJECTED' }] },
      before: { members: { length: 2 } },
    })
  })

  it('E11 superseded is gone with the load that learns of it', async () => {
    await using mesh = await start()
    await mesh.reload({ 'sales--billing': [] })
    const { entity } = await mesh.entity(
      { __typename: 'SalesCustomer', id: 1 },
      'asBillingCustomer { id } mappings(to: ["billing.Customer"]) { mapping } concept { members { sense } }',
    )
    expect(entity).toEqual({ asBillingCustomer: [], mappings: [], concept: { members: [{ sense: 'sales.Customer' }] } })
  })

  it('E11 superseded by another process is gone with the next request', async () => {
    await using mesh = await start()
    const store = LmdbLinkStore.open(join(mesh.dataDir, 'crosswalk'))
    await store.load('sales--billing', [], { digest: 'emptied', nowMs: Date.UTC(2026, 4, 1) })
    await store.close()
    const { entity } = await mesh.entity({ __typename: 'SalesCustomer', id: 1 }, 'asBillingCustomer { id }')
    expect(entity).toEqual({ asBillingCustomer: [] })
  })
})
