import { buildSubgraphSchema } from '@apollo/subgraph'
import { mkdir, writeFile } from 'node:fs/promises'
import { parse } from 'graphql'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { authorize } from '../../gateway/access/index.ts'
import { createCrosswalk, type CrosswalkDomain } from '../../gateway/crosswalk/index.ts'
import { execute, InProcessTransport } from '../../gateway/execute/index.ts'
import { DEFAULT_OPERATION_LIMITS, parseOperation } from '../../gateway/operation/index.ts'
import { createPlanner } from '../../gateway/plan/index.ts'
import { composeSupergraph } from '../../gateway/supergraph/index.ts'
import { concept, domain, expectOk, lexicon, mapping, temporaryFolder } from '../unit/crosswalk/mesh.ts'

const SALES = domain({
  domain: 'sales',
  object: 'Customer',
  fields: ['- { name: name, logicalType: string }', '- { name: country, logicalType: string }'],
})
const BILLING = domain({ domain: 'billing', object: 'Customer', fields: ['- { name: legal_name, logicalType: string }'] })
const DOMAINS = [SALES, BILLING]
const ROWS: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> = {
  SalesCustomer: [
    { id: 1, name: 'Contoso', country: 'U.S.A.' },
    { id: 2, name: 'Fabrikam', country: 'Atlantis' },
    { id: 3, name: null, country: null },
  ],
  BillingCustomer: [
    { id: 11, legalName: 'Contoso Ltd' },
    { id: 12, legalName: null },
  ],
}
const TABLE = [
  'subject_id\tpredicate_id\tobject_id\tmapping_justification\trecorded_at',
  'sales.Customer:1\tskos:exactMatch\tbilling.Customer:11\tsemapv:X\t2026-01-01',
  'sales.Customer:2\tskos:exactMatch\tbilling.Customer:12\tsemapv:X\t2026-01-01',
].join('\n')

/** A domain that resolves its entities from rows. */
function transport({ name, sdl }: CrosswalkDomain): InProcessTransport {
  const schema = buildSubgraphSchema(parse(sdl))
  const entities = schema.getQueryType()?.getFields()['_entities']
  if (entities !== undefined) {
    entities.resolve = (
      _source,
      { representations }: { representations: readonly { readonly __typename: string; readonly id: number }[] },
    ) =>
      representations.map(({ __typename, id }) => {
        const row = ROWS[__typename]?.find((candidate) => candidate['id'] === id)
        return row === undefined ? null : { __typename, ...row }
      })
  }
  return new InProcessTransport(name, () => schema, ({ principal }) => ({ principal, mayRead: () => true, rowRestrictionsAround: () => ({}) }))
}

/** Asks a whole gateway, made of its rooms, as a caller with some scopes. */
async function ask(document: string, scopes: readonly string[]): Promise<{ readonly data: unknown; readonly codes: readonly unknown[] }> {
  await using folder = await temporaryFolder()
  await mkdir(join(folder.path, 'links'))
  await writeFile(join(folder.path, 'links', 'm.sssom.tsv'), TABLE)
  const files = [
    concept(
      'Customer',
      ['sales.Customer', 'billing.Customer'],
      'fields:\n  name: { description: What to call it., from: [billing.Customer.legalName, sales.Customer.name] }\n',
    ),
    mapping('m', 'sales.Customer', 'billing.Customer', { cardinality: '1:1' }),
    {
      path: 'country.yaml',
      text: 'kind: Vocabulary\nid: country\nname: Country\ndefinition: A country.\nnormalizer: country\nvalues: [{ code: US, label: United States }]\nfields: [sales.Customer.country]\n',
    },
  ]
  const crosswalk = createCrosswalk({
    lexicon: lexicon(files, DOMAINS),
    domains: DOMAINS,
    dataDir: folder.path,
    now: () => Date.UTC(2026, 5, 1),
  })
  await crosswalk.load()
  const supergraph = expectOk(
    composeSupergraph([
      ...DOMAINS.map((own) => ({ ...own, url: `inprocess:${own.name}` })),
      { name: crosswalk.name, url: crosswalk.url, sdl: crosswalk.sdl, products: [] },
    ]),
  )
  const planner = createPlanner(supergraph, { isolation: 'inline' })
  try {
    const principal = {
      issuer: 'https://issuer.test',
      subject: 'someone',
      scopes: new Set(scopes),
      roles: [],
      claims: {},
      expiresAtSec: 4_000_000_000,
    }
    const operation = authorize(parseOperation({ query: document }, supergraph, DEFAULT_OPERATION_LIMITS), principal, supergraph)
    const transports = new Map([
      ...DOMAINS.map((own) => [own.name, transport(own)] as const),
      [crosswalk.name, new InProcessTransport(crosswalk.name, () => crosswalk.schema, () => ({ principal, mayRead: () => true, rowRestrictionsAround: () => ({}) }))],
    ])
    const { data, errors } = await execute(await planner.plan(operation), { operation, principal, transports })
    return { data: JSON.parse(JSON.stringify(data)), codes: errors.map(({ extensions }) => extensions?.['code']) }
  } finally {
    await planner.close()
    await crosswalk.close()
  }
}

describe('Meaning: survivorship', () => {
  it("the first domain's value that is present wins", async () => {
    const answer = await ask('{ customers(salesCustomer: [1, 2, 3]) { name } }', ['sales:read', 'billing:read'])
    expect(answer).toEqual({ data: { customers: [{ name: 'Contoso Ltd' }, { name: 'Fabrikam' }, { name: null }] }, codes: [] })
  })

  it('the field asks for every right that its sources ask for', async () => {
    const answer = await ask('{ customers(salesCustomer: [1]) { name asSalesCustomer { name } } }', ['sales:read'])
    expect(answer).toEqual({
      data: { customers: [{ name: null, asSalesCustomer: [{ name: 'Contoso' }] }] },
      codes: ['UNAUTHORIZED_FIELD_OR_TYPE'],
    })
  })

  it('a concept shows every sense, and each sense its standard values', async () => {
    const answer = await ask(
      '{ customer(billingCustomer: 11) { asSalesCustomer { name country standardCountry } asBillingCustomer { legalName asSalesCustomer { id } } } }',
      ['sales:read', 'billing:read'],
    )
    expect(answer).toEqual({
      data: {
        customer: {
          asSalesCustomer: [{ name: 'Contoso', country: 'U.S.A.', standardCountry: 'US' }],
          asBillingCustomer: [{ legalName: 'Contoso Ltd', asSalesCustomer: { id: 1 } }],
        },
      },
      codes: [],
    })
  })

  it('a denied domain takes nothing but its own records from a concept', async () => {
    const answer = await ask('{ customer(salesCustomer: 1) { asSalesCustomer { name } asBillingCustomer { id } } }', ['sales:read'])
    expect(answer).toEqual({
      data: { customer: { asSalesCustomer: [{ name: 'Contoso' }], asBillingCustomer: null } },
      codes: ['UNAUTHORIZED_FIELD_OR_TYPE'],
    })
  })
})
