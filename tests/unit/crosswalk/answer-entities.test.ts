import { execute, parse } from 'graphql'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CrosswalkContext } from '../../../gateway/crosswalk/index.ts'
import { link, startCrosswalk, type CrosswalkMesh } from '../../crosswalk/crosswalk-mesh.ts'
import { concept, domain, mapping } from './mesh.ts'

const SALES = domain({ domain: 'sales', object: 'Customer' })
const BILLING = domain({
  domain: 'billing',
  object: 'Customer',
  key: ['- { name: code, logicalType: string, primaryKey: true, required: true }'],
})
const SUPPORT = domain({
  domain: 'support',
  object: 'Customer',
  fields: ['- { name: region, logicalType: string }'],
  custom: ['- property: rowFilter', '  value: { property: region, claim: regions, unlessScopes: [support:all] }'],
})
const CUSTOMER = {
  path: 'customer.yaml',
  text:
    concept('Customer', ['sales.Customer', 'support.Customer']).text +
    '  - { sense: billing.Customer, definition: Whoever pays., key: code, grain: thing }\n',
}
const FILES = [
  CUSTOMER,
  mapping('m', 'sales.Customer', 'billing.Customer', { cardinality: '1:1' }),
  mapping('n', 'billing.Customer', 'sales.Customer', { cardinality: '1:1' }),
  mapping('o', 'sales.Customer', 'support.Customer', { cardinality: '1:n' }),
]

async function start(): Promise<CrosswalkMesh> {
  return await startCrosswalk({
    files: FILES,
    domains: [SALES, BILLING, SUPPORT],
    tables: {
      m: [
        link('sales.Customer:1', 'billing.Customer:a%20b'),
        link('sales.Customer:2', 'billing.Customer:c', { status: 'proposed' }),
        link('sales.Customer:2', 'billing.Customer:d'),
      ],
      n: [link('billing.Customer:e', 'sales.Customer:2'), link('billing.Customer:c', 'sales.Customer:3', { predicate_modifier: 'Not' })],
      o: [
        link('sales.Customer:1', 'support.Customer:10'),
        link('sales.Customer:1', 'support.Customer:9'),
        link('sales.Customer:4', 'support.Customer:8', { confidence: 0.5 }),
      ],
    },
  })
}

const LEAVES = fc.subarray(['code', '__typename', 'k: code'], { minLength: 1 })
const ARGUMENTS = fc.constantFrom(
  '',
  '(minConfidence: 0.6)',
  '(status: [APPROVED, PROPOSED])',
  '(asOf: "2026-06-01", knownAt: $known)',
  '(minConfidence: $least)',
)
const SALES_FIELDS = fc
  .record({
    leaves: fc.subarray(['id', '__typename', 'key: id']),
    payer: fc.option(fc.tuple(ARGUMENTS, LEAVES), { nil: undefined }),
    callers: fc.option(ARGUMENTS, { nil: undefined }),
  })
  .map(({ leaves, payer, callers }) => [
    ...leaves,
    ...(payer === undefined ? [] : [`asBillingCustomer${payer[0]} { ${payer[1].join(' ')} }`]),
    ...(callers === undefined ? [] : [`callers: asSupportCustomer${callers} { id }`]),
  ])
  .filter((fields) => fields.length > 0)
const REPRESENTATIONS = fc.array(
  fc.oneof(
    fc.integer({ min: 1, max: 5 }).map((id) => ({ __typename: 'SalesCustomer', id })),
    fc.constantFrom('a b', 'c', 'd', 'e', 'z').map((code) => ({ __typename: 'BillingCustomer', code })),
  ),
  { maxLength: 8 },
)

describe('the quick way to entities', () => {
  it('gives what executing the schema gives, wherever it gives anything', async () => {
    await using mesh = await start()
    let answered = 0
    await fc.assert(
      fc.asyncProperty(
        SALES_FIELDS,
        REPRESENTATIONS,
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        async (fields, representations, isExempt, mayPay, named) => {
          const document = parse(`query ($r: [_Any!]!, $known: DateTime, $least: Float) {
        one: _entities(representations: $r) { ${named ? '__typename' : ''} ... on SalesCustomer { ${fields.join(' ')} } ... on BillingCustomer { asSalesCustomer { id } } }
      }`)
          const variables = { r: representations, known: '2026-02-01', least: 0.7 }
          const context = (): CrosswalkContext => ({
            principal: {
              issuer: 'i',
              subject: 's',
              scopes: new Set(isExempt ? ['support:all'] : []),
              roles: [],
              claims: {},
              expiresAtSec: 4e9,
            },
            mayRead: (type) => mayPay || type !== 'BillingCustomer',
            rowRestrictionsAround: () => ({}),
          })
          const quick = mesh.crosswalk.answer(document, variables, context())
          if (quick === undefined) return
          answered += 1
          const slow = await execute({ schema: mesh.crosswalk.schema, document, variableValues: variables, contextValue: context() })
          expect(JSON.parse(JSON.stringify(quick.data))).toEqual(JSON.parse(JSON.stringify(slow.data)))
          const sorted = (errors: readonly { message: string; path?: unknown; extensions: unknown }[] = []): unknown =>
            errors.map(({ message, path, extensions }) => JSON.stringify({ message, path, extensions })).sort()
          expect(sorted(quick.errors)).toEqual(sorted(slow.errors))
        },
      ),
      { numRuns: 400 },
    )
    expect(answered).toBeGreaterThan(200)
  })

  it('leaves to ordinary execution what it does not know, or what a domain has to be asked', async () => {
    await using mesh = await start()
    const context: CrosswalkContext = {
      principal: { issuer: 'i', subject: 's', scopes: new Set(), roles: [], claims: {}, expiresAtSec: 4e9 },
      mayRead: () => true,
      rowRestrictionsAround: () => ({}),
    }
    const answer = (selection: string, r: readonly unknown[] = [{ __typename: 'SalesCustomer', id: 1 }]): unknown =>
      mesh.crosswalk.answer(
        parse(`query ($r: [_Any!]!, $yes: Boolean!) { _entities(representations: $r) { ${selection} } }`),
        { r, yes: true },
        context,
      )
    expect(answer('... on SalesCustomer { asBillingCustomer { code } }')).toEqual({
      data: { _entities: [{ asBillingCustomer: { code: 'a b' } }] },
    })
    for (const selection of [
      '... on SalesCustomer { mappings { mapping } }',
      '... on SalesCustomer { concept { id } }',
      '... on SalesCustomer { asBillingCustomer { asSalesCustomer { id } } }',
      '... on SalesCustomer { asBillingCustomer @include(if: $yes) { code } }',
      '... on SalesCustomer { asBillingCustomer(minConfidence: 7) { code } }',
      '... on SalesCustomer { asBillingCustomer { code } asBillingCustomer { __typename } }',
      '... on Customer { id }',
    ])
      expect([selection, answer(selection)]).toEqual([selection, undefined])
    for (const r of [
      [null],
      [{}],
      [{ __typename: 'SalesCustomer' }],
      [{ __typename: 'Unknown', id: 1 }],
      [{ __typename: 'SalesCustomer', id: '1' }],
    ]) {
      expect(answer('... on SalesCustomer { id asBillingCustomer { code } }', r)).toBeUndefined()
    }
  })
})
