import { describe, expect, it } from 'vitest'
import { concept, domain, mapping } from '../unit/crosswalk/mesh.ts'
import { link, startCrosswalk, type CrosswalkMesh, type LinkRow } from './crosswalk-mesh.ts'

const SALES = domain({
  domain: 'sales',
  object: 'Customer',
  fields: ['- { name: name, logicalType: string }', '- { name: email, logicalType: string }', '- { name: country, logicalType: string }'],
})
const BILLING = domain({
  domain: 'billing',
  object: 'Customer',
  fields: [
    '- { name: legal_name, logicalType: string }',
    '- { name: mail, logicalType: string }',
    '- { name: vat_id, logicalType: string }',
  ],
})
const SUPPORT = domain({ domain: 'support', object: 'Customer', fields: ['- { name: vat_id, logicalType: string }'] })
const DOMAINS = [SALES, BILLING, SUPPORT]
const CUSTOMER = concept('Customer', ['sales.Customer', 'billing.Customer', 'support.Customer'])

async function withLinks(rows: readonly LinkRow[], keys: Readonly<Record<string, string>> = {}): Promise<CrosswalkMesh> {
  return await startCrosswalk({
    files: [CUSTOMER, mapping('m', 'sales.Customer', 'billing.Customer', keys)],
    domains: DOMAINS,
    tables: { m: rows },
  })
}

const SALES_1 = { __typename: 'SalesCustomer', id: 1 }

/** Ids of the billing customers of sales customer 1. */
async function payers(mesh: CrosswalkMesh, args = ''): Promise<readonly number[]> {
  const { entity, errors } = await mesh.entity(SALES_1, `asBillingCustomer${args} { id }`)
  expect(errors).toEqual([])
  const found = entity?.['asBillingCustomer']
  return Array.isArray(found) ? (found as readonly { id: number }[]).map(({ id }) => id) : []
}

describe('Meaning: columns that SSSOM lacks', () => {
  it('valid_from and valid_to decide what holds at a moment', async () => {
    await using mesh = await withLinks([
      link('sales.Customer:1', 'billing.Customer:1', { valid_from: '2026-02-01', valid_to: '2026-05-01' }),
    ])
    expect(await payers(mesh)).toEqual([])
    expect(await payers(mesh, '(asOf: "2026-01-31T23:59:59Z")')).toEqual([])
    expect(await payers(mesh, '(asOf: "2026-02-01T00:00:00Z")')).toEqual([1])
    expect(await payers(mesh, '(asOf: "2026-04-30T23:59:59Z")')).toEqual([1])
    expect(await payers(mesh, '(asOf: "2026-05-01")')).toEqual([])
  })

  it('recorded_at answers what was believed on a day', async () => {
    await using mesh = await withLinks([
      link('sales.Customer:1', 'billing.Customer:1', { recorded_at: '2026-01-10' }),
      link('sales.Customer:1', 'billing.Customer:1', { recorded_at: '2026-03-10', status: 'rejected' }),
      link('sales.Customer:1', 'billing.Customer:2', { recorded_at: '2026-03-10' }),
    ])
    expect(await payers(mesh)).toEqual([2])
    expect(await payers(mesh, '(knownAt: "2026-01-09")')).toEqual([])
    expect(await payers(mesh, '(knownAt: "2026-02-01")')).toEqual([1])
    expect(await payers(mesh, '(knownAt: "2026-03-10")')).toEqual([2])
  })

  it('status: only approved links count, others when asked for', async () => {
    await using mesh = await withLinks(
      ['approved', 'proposed', 'superseded', 'rejected'].map((status, at) =>
        link('sales.Customer:1', `billing.Customer:${at + 1}`, { status }),
      ),
    )
    expect(await payers(mesh)).toEqual([1])
    expect(await payers(mesh, '(status: [PROPOSED])')).toEqual([2])
    expect(await payers(mesh, '(status: [APPROVED, PROPOSED, REJECTED])')).toEqual([1, 2, 4])
  })

  it('confidence: minConfidence leaves out what is less sure', async () => {
    await using mesh = await withLinks([
      link('sales.Customer:1', 'billing.Customer:1', { confidence: 0.7 }),
      link('sales.Customer:1', 'billing.Customer:2', { confidence: 0.9 }),
    ])
    expect(await payers(mesh)).toEqual([1, 2])
    expect(await payers(mesh, '(minConfidence: 0.9)')).toEqual([2])
    expect(await payers(mesh, '(minConfidence: 0.95)')).toEqual([])
  })

  it('a mapping that is only proposed makes no approved link', async () => {
    await using mesh = await withLinks([link('sales.Customer:1', 'billing.Customer:1')], { status: 'proposed' })
    expect(await payers(mesh)).toEqual([])
    expect(await payers(mesh, '(status: [PROPOSED])')).toEqual([1])
  })

  it("a mapping's own validity bounds that of its links", async () => {
    await using mesh = await withLinks([link('sales.Customer:1', 'billing.Customer:1')], { validFrom: '2026-03-01', validTo: '2026-04-01' })
    expect(await payers(mesh, '(asOf: "2026-02-28")')).toEqual([])
    expect(await payers(mesh, '(asOf: "2026-03-15")')).toEqual([1])
  })

  it('autoApprove counts sure proposals as approved', async () => {
    await using mesh = await withLinks(
      [
        link('sales.Customer:1', 'billing.Customer:1', { status: 'proposed', confidence: 0.95 }),
        link('sales.Customer:1', 'billing.Customer:2', { status: 'proposed', confidence: 0.9 }),
      ],
      { autoApprove: '0.95' },
    )
    expect(await payers(mesh)).toEqual([1])
  })
})

describe('Meaning: negative mappings and "no counterpart"', () => {
  it('Not rules a pair out and says so', async () => {
    await using mesh = await withLinks([
      link('sales.Customer:1', 'billing.Customer:1', { predicate_modifier: 'Not', comment: 'other tax number' }),
    ])
    expect(await payers(mesh)).toEqual([])
    const { entity } = await mesh.entity(SALES_1, 'mappings { negative comment to { sense key } }')
    expect(entity?.['mappings']).toEqual([{ negative: true, comment: 'other tax number', to: { sense: 'billing.Customer', key: ['1'] } }])
  })

  it('Not of one mapping overrules a link of another between the same senses', async () => {
    await using mesh = await startCrosswalk({
      files: [CUSTOMER, mapping('m', 'sales.Customer', 'billing.Customer'), mapping('n', 'billing.Customer', 'sales.Customer')],
      domains: DOMAINS,
      tables: {
        m: [link('sales.Customer:1', 'billing.Customer:1'), link('sales.Customer:1', 'billing.Customer:2')],
        n: [link('billing.Customer:1', 'sales.Customer:1', { predicate_modifier: 'Not' })],
      },
    })
    expect(await payers(mesh)).toEqual([2])
  })

  it('NoTermFound says that a counterpart was looked for in vain', async () => {
    await using mesh = await withLinks([link('sales.Customer:1', 'sssom:NoTermFound')])
    const { entity } = await mesh.entity(SALES_1, 'asBillingCustomer { id } mappings { to { key } status }')
    expect(entity).toEqual({ asBillingCustomer: [], mappings: [{ to: null, status: 'APPROVED' }] })
  })
})

describe('Meaning: identity', () => {
  const members = async (mesh: CrosswalkMesh): Promise<readonly string[]> => {
    const { entity } = await mesh.entity(SALES_1, 'concept { members { sense key } }')
    return ((entity?.['concept'] as { members: readonly { sense: string; key: readonly string[] }[] } | null)?.members ?? [])
      .map(({ sense, key }) => `${sense}:${key.join('/')}`)
      .sort()
  }

  it('only exactMatch joins, and it is transitive', async () => {
    const files = [CUSTOMER, mapping('m', 'sales.Customer', 'billing.Customer'), mapping('n', 'billing.Customer', 'support.Customer')]
    const tables = { m: [link('sales.Customer:1', 'billing.Customer:1')], n: [link('billing.Customer:1', 'support.Customer:1')] }
    await using mesh = await startCrosswalk({ files, domains: DOMAINS, tables })
    expect(await members(mesh)).toEqual(['billing.Customer:1', 'sales.Customer:1', 'support.Customer:1'])
  })

  it.each(['closeMatch', 'broadMatch', 'narrowMatch', 'relatedMatch'])('%s navigates but never joins', async (predicate) => {
    await using mesh = await withLinks([link('sales.Customer:1', 'billing.Customer:1', { predicate_id: `skos:${predicate}` })], {
      predicate,
    })
    expect(await payers(mesh)).toEqual([1])
    expect(await members(mesh)).toEqual(['sales.Customer:1'])
  })

  it('a broadMatch b reads from b as narrowMatch', async () => {
    await using mesh = await withLinks([link('sales.Customer:1', 'billing.Customer:1', { predicate_id: 'skos:broadMatch' })], {
      predicate: 'broadMatch',
    })
    const there = await mesh.entity(SALES_1, 'mappings { predicate }')
    const back = await mesh.entity({ __typename: 'BillingCustomer', id: 1 }, 'mappings { predicate }')
    expect([there.entity, back.entity]).toEqual([
      { mappings: [{ predicate: 'BROAD_MATCH' }] },
      { mappings: [{ predicate: 'NARROW_MATCH' }] },
    ])
  })

  it('equal ids in two domains mean nothing until a mapping says so', async () => {
    await using mesh = await withLinks([link('sales.Customer:1', 'billing.Customer:2')])
    const { entity } = await mesh.entity(
      { __typename: 'SalesCustomer', id: 2 },
      'asBillingCustomer { id } mappings { mapping } concept { members { sense } }',
    )
    expect(entity).toEqual({ asBillingCustomer: [], mappings: [], concept: { members: [{ sense: 'sales.Customer' }] } })
  })

  it('a concept is found by id, by any of its old ids, and by the key of any of its records', async () => {
    await using mesh = await withLinks([link('sales.Customer:1', 'billing.Customer:7')])
    const { data } = await mesh.ask('{ customer(salesCustomer: 1) { id aliases } }')
    const found = data?.['customer'] as { readonly id: string; readonly aliases: readonly string[] } | undefined
    const { id, aliases } = found ?? { id: '', aliases: [] }
    expect(aliases).toHaveLength(1)
    const again = await mesh.ask(
      `{ byId: customer(id: "${id}") { id } byAlias: customer(id: "${aliases[0]}") { id } byKey: customer(billingCustomer: 7) { id } none: customer(id: "nonsense") { id } }`,
    )
    expect(again.data).toEqual({ byId: { id }, byAlias: { id }, byKey: { id }, none: null })
    const batch = await mesh.ask('{ customers(billingCustomer: [7, 8]) { members { sense } } }')
    expect(batch.data).toEqual({
      customers: [{ members: [{ sense: 'billing.Customer' }, { sense: 'sales.Customer' }] }, { members: [{ sense: 'billing.Customer' }] }],
    })
  })

  it('explain gives the links that make it one thing, with who approved them', async () => {
    await using mesh = await withLinks([
      link('sales.Customer:1', 'billing.Customer:7', { author_id: 'person:a', reviewer_id: 'person:b', confidence: 0.9 }),
    ])
    const { data } = await mesh.ask(
      '{ customer(salesCustomer: 1) { explain { mapping rule predicate from { sense key } to { sense key } confidence justification source author reviewer recordedAt status } } }',
    )
    expect(data).toEqual({
      customer: {
        explain: [
          {
            mapping: 'm',
            rule: 'TABLE',
            predicate: 'EXACT_MATCH',
            from: { sense: 'sales.Customer', key: ['1'] },
            to: { sense: 'billing.Customer', key: ['7'] },
            confidence: 0.9,
            justification: 'semapv:ManualMappingCuration',
            source: 'm.sssom.tsv',
            author: 'person:a',
            reviewer: 'person:b',
            recordedAt: '2026-01-01T00:00:00.000Z',
            status: 'APPROVED',
          },
        ],
      },
    })
  })

  it('history tells what was joined and what was split off again', async () => {
    await using mesh = await withLinks([
      link('sales.Customer:1', 'billing.Customer:7'),
      link('sales.Customer:1', 'billing.Customer:7', { recorded_at: '2026-02-01', status: 'rejected' }),
    ])
    const { data } = await mesh.ask('{ customer(salesCustomer: 1) { members { sense } history { recordedAt status } } }')
    expect(data).toEqual({
      customer: {
        members: [{ sense: 'sales.Customer' }],
        history: [
          { recordedAt: '2026-01-01T00:00:00.000Z', status: 'APPROVED' },
          { recordedAt: '2026-02-01T00:00:00.000Z', status: 'REJECTED' },
        ],
      },
    })
  })
})

describe('Meaning: cardinality', () => {
  it('to one gives one record or none, to many a list', async () => {
    await using mesh = await withLinks([link('sales.Customer:1', 'billing.Customer:1'), link('sales.Customer:1', 'billing.Customer:2')], {
      cardinality: '1:n',
    })
    expect(await payers(mesh)).toEqual([1, 2])
    const back = await mesh.entity({ __typename: 'BillingCustomer', id: 2 }, 'asSalesCustomer { id }')
    expect(back.entity).toEqual({ asSalesCustomer: { id: 1 } })
    const none = await mesh.entity({ __typename: 'BillingCustomer', id: 3 }, 'asSalesCustomer { id }')
    expect(none.entity).toEqual({ asSalesCustomer: null })
  })

  it('E04 what was declared 1:1 and turns out 1:n is MAPPING_AMBIGUOUS, never the first row', async () => {
    await using mesh = await withLinks(
      [
        link('sales.Customer:1', 'billing.Customer:1'),
        link('sales.Customer:1', 'billing.Customer:2'),
        link('sales.Customer:3', 'billing.Customer:3'),
      ],
      { cardinality: '1:1' },
    )
    const { entity, errors } = await mesh.entity(SALES_1, 'asBillingCustomer { id }')
    expect(entity).toEqual({ asBillingCustomer: null })
    expect(errors).toMatchObject([{ code: 'MAPPING_AMBIGUOUS', path: ['_entities', 0, 'asBillingCustomer'] }])
    expect((await mesh.entity({ __typename: 'SalesCustomer', id: 3 }, 'asBillingCustomer { id }')).entity).toEqual({
      asBillingCustomer: { id: 3 },
    })
  })

  it('is checked against the links when they are loaded', async () => {
    await using mesh = await withLinks([link('sales.Customer:1', 'billing.Customer:1'), link('sales.Customer:1', 'billing.Customer:2')], {
      cardinality: '1:1',
    })
    expect(mesh.report.findings.map(({ rule, what }) => `${rule} ${what}`)).toEqual([
      'links-cardinality mapping `m` is declared 1:1, and 1 of 1 records of sales.Customer have several counterparts',
    ])
  })
})

describe('Meaning: the rule of a mapping', () => {
  const records = {
    SalesCustomer: [
      { id: 1, email: 'Jana@Example.com ' },
      { id: 2, email: 'bo@example.com' },
      { id: 3, email: null },
    ],
    BillingCustomer: [
      { id: 11, mail: 'jana@example.com', vatId: 'DE1' },
      { id: 12, mail: 'nobody', vatId: 'de1' },
      { id: 13, mail: 'BO@EXAMPLE.COM', vatId: '' },
    ],
    SupportCustomer: [
      { id: 21, vatId: 'DE1' },
      { id: 22, vatId: '' },
    ],
  }
  const readSense = async function* ({ typeName }: { readonly typeName: string }): AsyncGenerator<readonly Record<string, unknown>[]> {
    const rows = records[typeName as keyof typeof records]
    yield rows.slice(0, 1)
    yield rows.slice(1)
  }

  it('may be normalised values, the normaliser named', async () => {
    const rule = '{ normalizedValue: { normalizer: email, from: email, to: mail } }'
    await using mesh = await startCrosswalk({
      files: [CUSTOMER, mapping('m', 'sales.Customer', 'billing.Customer', { rule })],
      domains: DOMAINS,
      readSense,
    })
    expect(await payers(mesh)).toEqual([11])
    const { entity } = await mesh.entity({ __typename: 'SalesCustomer', id: 2 }, 'mappings { rule source to { key } }')
    expect(entity).toEqual({ mappings: [{ rule: 'NORMALIZED_VALUE', source: 'email of email = mail', to: { key: ['13'] } }] })
  })

  it('may be a shared identifier declared to be the same, compared as it is', async () => {
    const rule = '{ sharedIdentifier: { from: vatId, to: vatId } }'
    await using mesh = await startCrosswalk({
      files: [CUSTOMER, mapping('m', 'billing.Customer', 'support.Customer', { rule })],
      domains: DOMAINS,
      readSense,
    })
    const found = await Promise.all(
      [11, 12, 13].map(async (id) => (await mesh.entity({ __typename: 'BillingCustomer', id }, 'asSupportCustomer { id }')).entity),
    )
    expect(found).toEqual([{ asSupportCustomer: [{ id: 21 }] }, { asSupportCustomer: [] }, { asSupportCustomer: [] }])
  })

  it('may be a lifecycle: one becomes the other at a time', async () => {
    const lead = domain({ domain: 'marketing', object: 'Lead' })
    const rule = '{ lifecycle: { table: m.sssom.tsv } }'
    const files = [
      CUSTOMER,
      concept('Lead', ['marketing.Lead']),
      mapping('m', 'marketing.Lead', 'sales.Customer', { rule, predicate: 'relatedMatch', cardinality: 'n:1' }),
    ]
    const tables = {
      m: [link('marketing.Lead:5', 'sales.Customer:1', { predicate_id: 'skos:relatedMatch', valid_from: '2026-03-01T12:00:00Z' })],
    }
    await using mesh = await startCrosswalk({ files, domains: [...DOMAINS, lead], tables })
    const { data } = await mesh.ask(
      'query ($r: [_Any!]!) { _entities(representations: $r) { ... on MarketingLead { before: asSalesCustomer(asOf: "2026-03-01T11:59:59Z") { id } after: asSalesCustomer { id } } } }',
      { variables: { r: [{ __typename: 'MarketingLead', id: 5 }] } },
    )
    expect(data).toEqual({ _entities: [{ before: null, after: { id: 1 } }] })
  })

  it('keeps its last links while a domain cannot be read, and says so', async () => {
    let isDown = false
    const rule = '{ normalizedValue: { normalizer: email, from: email, to: mail } }'
    await using mesh = await startCrosswalk({
      files: [CUSTOMER, mapping('m', 'sales.Customer', 'billing.Customer', { rule })],
      domains: DOMAINS,
      readSense: async function* (request) {
        if (isDown) throw new Error('down')
        yield* readSense(request)
      },
    })
    isDown = true
    const report = await mesh.reload({})
    expect(report.diagnostics.map(({ rule: id }) => id)).toEqual(['links-domain-unread'])
    expect(await payers(mesh)).toEqual([11])
  })

  it('keeps the last links of a table that was damaged, and says so', async () => {
    await using mesh = await withLinks([link('sales.Customer:1', 'billing.Customer:1')])
    const report = await mesh.reload({ m: [link('sales.Customer:1', 'support.Customer:1')] })
    expect(report.diagnostics.map(({ rule }) => rule)).toEqual(['sssom-object-id'])
    expect(await payers(mesh)).toEqual([1])
  })

  it('may name composite keys', async () => {
    const key = [
      '- { name: order_id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true }',
      '- { name: line, logicalType: string, primaryKey: true, primaryKeyPosition: 2, required: true }',
    ]
    const lines = domain({ domain: 'orders', object: 'Line', key })
    const line = {
      path: 'line.yaml',
      text: 'kind: Concept\nid: line\nname: Line\ndefinition: A line.\nsenses:\n  - { sense: orders.Line, definition: A line., key: [orderId, line], grain: line }\n',
    }
    await using mesh = await startCrosswalk({
      files: [CUSTOMER, line, mapping('m', 'orders.Line', 'sales.Customer', { predicate: 'relatedMatch', cardinality: 'n:1' })],
      domains: [...DOMAINS, lines],
      tables: { m: [link('orders.Line:7/a%20%2F%20b', 'sales.Customer:1', { predicate_id: 'skos:relatedMatch' })] },
    })
    expect((await mesh.entity({ __typename: 'OrdersLine', orderId: 7, line: 'a / b' }, 'asSalesCustomer { id }')).entity).toEqual({
      asSalesCustomer: { id: 1 },
    })
    expect((await mesh.entity(SALES_1, 'asOrdersLine { orderId line }')).entity).toEqual({ asOrdersLine: [{ orderId: 7, line: 'a / b' }] })
    expect((await mesh.ask('{ line(ordersLine: { orderId: 7, line: "a / b" }) { members { key } } }')).data).toEqual({
      line: { members: [{ key: ['7', 'a / b'] }] },
    })
  })
})

describe('Meaning: a value vocabulary', () => {
  it('gives one code for every spelling, while the domain keeps its own', async () => {
    const country = {
      path: 'country.yaml',
      text: 'kind: Vocabulary\nid: country\nname: Country\ndefinition: A country.\nnormalizer: country\nvalues:\n  - { code: US, label: United States, spellings: [Yankeeland] }\n  - { code: DE, label: Germany }\nfields: [sales.Customer.country]\n',
    }
    await using mesh = await startCrosswalk({ files: [CUSTOMER, country], domains: DOMAINS })
    for (const [spelling, code] of [
      ['U.S.', 'US'],
      ['U.S.A.', 'US'],
      ['USA', 'US'],
      ['United States', 'US'],
      ['yankeeland', 'US'],
      ['Deutschland', 'DE'],
      ['France', null],
      ['', null],
    ] as const) {
      const { entity } = await mesh.entity({ ...SALES_1, country: spelling }, 'standardCountry')
      expect([spelling, entity?.['standardCountry']]).toEqual([spelling, code])
    }
    const { data } = await mesh.ask('{ term(name: "countries") { vocabularies { name fields values { code label } } } }')
    expect(data).toEqual({
      term: {
        vocabularies: [
          {
            name: 'Country',
            fields: ['sales.Customer.country'],
            values: [
              { code: 'US', label: 'United States' },
              { code: 'DE', label: 'Germany' },
            ],
          },
        ],
      },
    })
  })
})

describe('Meaning: a term', () => {
  it('is disambiguated by name, plural, synonym and sense', async () => {
    const files = [
      { path: 'customer.yaml', text: CUSTOMER.text.replace('definition: A customer.', 'definition: A customer.\nsynonyms: [client]') },
      mapping('m', 'sales.Customer', 'billing.Customer'),
    ]
    await using mesh = await startCrosswalk({ files, domains: DOMAINS, tables: { m: [] } })
    for (const name of ['Customer', 'customers', 'CLIENTS', 'sales.Customer', 'sales customer']) {
      const { data } = await mesh.ask(
        `{ term(name: "${name}") { concepts { name senses { name typeName fields mappings { id to cardinality } } } } }`,
      )
      expect(data).toMatchObject({
        term: {
          concepts: [
            {
              name: 'Customer',
              senses: [
                {
                  name: 'sales.Customer',
                  typeName: 'SalesCustomer',
                  fields: ['id', 'name', 'email', 'country'],
                  mappings: [{ id: 'm', to: 'billing.Customer', cardinality: 'n:m' }],
                },
                { name: 'billing.Customer' },
                { name: 'support.Customer' },
              ],
            },
          ],
        },
      })
    }
    expect((await mesh.ask('{ term(name: "order") { concepts { name } } }')).data).toEqual({ term: { concepts: [] } })
  })
})

describe('Meaning: history of reloads', () => {
  it('a row that disappears from its table is superseded from then on, and nothing is forgotten', async () => {
    await using mesh = await withLinks([
      link('sales.Customer:1', 'billing.Customer:1', { recorded_at: '2026-01-01' }),
      link('sales.Customer:1', 'billing.Customer:2', { recorded_at: '2026-01-01' }),
    ])
    await mesh.reload({ m: [link('sales.Customer:1', 'billing.Customer:2', { recorded_at: '2026-01-01' })] }, '2026-07-01T00:00:00Z')
    expect(await payers(mesh)).toEqual([2])
    expect(await payers(mesh, '(knownAt: "2026-06-30")')).toEqual([1, 2])
    expect(await payers(mesh, '(knownAt: "2026-07-01")')).toEqual([2])
  })

  it('a row that is rewritten under its old date counts from the reload on', async () => {
    await using mesh = await withLinks([link('sales.Customer:1', 'billing.Customer:1', { confidence: 0.5 })])
    await mesh.reload({ m: [link('sales.Customer:1', 'billing.Customer:1', { confidence: 0.9 })] }, '2026-07-01T00:00:00Z')
    expect(await payers(mesh, '(minConfidence: 0.8)')).toEqual([1])
    expect(await payers(mesh, '(minConfidence: 0.8, knownAt: "2026-06-15")')).toEqual([])
    expect(await payers(mesh, '(knownAt: "2026-06-15")')).toEqual([1])
  })

  it('loading the same table again adds nothing', async () => {
    await using mesh = await withLinks([link('sales.Customer:1', 'billing.Customer:1', { recorded_at: '', mapping_date: '' })])
    const before = mesh.report.mappings
    const after = await mesh.reload(
      { m: [link('sales.Customer:1', 'billing.Customer:1', { recorded_at: '', mapping_date: '', subject_label: 'One' })] },
      '2026-07-01T00:00:00Z',
    )
    expect(after.mappings).toEqual(before)
  })

  it('a large table is loaded in a thread of its own, with the same answers and findings', async () => {
    const files = [CUSTOMER, mapping('m', 'sales.Customer', 'billing.Customer')]
    await using mesh = await startCrosswalk({
      files,
      domains: DOMAINS,
      offThreadBytes: 0,
      tables: { m: [link('sales.Customer:1', 'billing.Customer:1')] },
    })
    expect(await payers(mesh)).toEqual([1])
    const report = await mesh.reload({ m: [link('sales.Customer:1', 'support.Customer:1')] })
    expect(report.diagnostics.map(({ rule }) => rule)).toEqual(['sssom-object-id'])
    await mesh.reload({ m: [link('sales.Customer:1', 'billing.Customer:2')] }, '2026-07-01T00:00:00Z')
    expect([await payers(mesh), await payers(mesh, '(knownAt: "2026-06-30")')]).toEqual([[2], [1, 2]])
  })
})
