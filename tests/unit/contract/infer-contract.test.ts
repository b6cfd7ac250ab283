import {
  inferContract,
  parseContract,
  proposeKeys,
  proposeReferences,
  VALUE_FORMS,
  type ColumnProfile,
  type DataProduct,
  type DataProfile,
  type TableProfile,
  type ValueForm,
} from '@polyseme/kit/contract'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { guessPersonalData } from '../../../shared/contract/personal-data.ts'

/** The profile of a column that holds these values, counted as the profilers count. */
function column(name: string, values: readonly (string | null)[], rest: Partial<ColumnProfile> = {}): ColumnProfile {
  const filled = values.filter((value) => value !== null)
  const counts = new Map<string, number>()
  for (const value of filled) counts.set(value, (counts.get(value) ?? 0) + 1)
  const forms = Object.fromEntries(
    Object.entries(VALUE_FORMS).map(([form, pattern]) => [form, filled.filter((value) => new RegExp(pattern).test(value)).length]),
  ) as Record<ValueForm, number>
  return {
    name,
    databaseType: 'VARCHAR',
    untyped: true,
    rows: values.length,
    nulls: values.length - filled.length,
    distinct: counts.size,
    maxLength: Math.max(0, ...filled.map((value) => value.length)),
    values: [...counts]
      .map(([value, count]) => ({ value, count }))
      .toSorted((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
      .slice(0, 41),
    forms,
    ...rest,
  }
}

function table(name: string, columns: readonly ColumnProfile[], rest: Partial<TableProfile> = {}): TableProfile {
  return { name, rows: columns[0]?.rows ?? 0, sampled: false, columns, ...rest }
}

function profileOf(...tables: readonly TableProfile[]): DataProfile {
  return { server: { kind: 'files', format: 'csv', path: 'data/{object}.csv' }, tables }
}

function times<T>(count: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

function draftOf(profile: DataProfile): { readonly text: string; readonly product: DataProduct } {
  const { text } = inferContract(profile, { domain: 'sales' })
  const result = parseContract(text, { file: 'draft' })
  if (result.kind === 'invalid') throw new Error(`${JSON.stringify(result.diagnostics, null, 2)}\n${text}`)
  expect(result.warnings).toEqual([])
  return { text, product: result.value }
}

describe('a drafted contract', () => {
  it('names for the graph what has no Latin letter, and asks for a better name', () => {
    const { text, product } = draftOf(profileOf(
      table('日本', [column('番号', times(30, String)), column('column2', times(30, String)), column('名', times(30, String)), column('column 4', times(30, String)), column('城市', ['a'])]),
      table('клиенты', [column('id', times(30, String))]),
    ))
    expect(product.objects.map(({ name, typeName, physicalName, fields }) => [name, typeName, physicalName, fields.list])).toEqual([
      ['日本', 'SalesTable1', '日本', 'table1s'], ['клиенты', 'SalesTable2', 'клиенты', 'table2s'],
    ])
    expect(product.objects[0]?.properties.map(({ field, physicalName }) => [field, physicalName])).toEqual([
      ['column1', '番号'], ['column2', 'column2'], ['column3', '名'], ['column4', 'column 4'], ['column5', '城市'],
    ])
    expect(text).toContain('REVIEW: no name for the graph can be made of 番号; choose one for `graphqlName`')
  })

  it('says what was seen, marks what was guessed, and is a contract as it is', () => {
    const customers = table('sales_customer', [
      column(
        'customer_id',
        times(40, (index) => String(index + 1)),
      ),
      column(
        'zip',
        times(40, (index) => `0${1_000 + (index % 7)}`),
      ),
      column(
        'status',
        times(40, (index) => (index % 2 === 0 ? 'open' : 'closed')),
      ),
      column(
        'e_mail',
        times(40, (index) => (index < 38 ? `person${index}@example.com` : null)),
      ),
      column(
        'balance',
        times(40, (index) => `${index}.${index % 2 === 0 ? '5' : '25'}`),
      ),
    ])
    const orders = table(
      'sales_order',
      [
        column(
          'order_no',
          times(60, (index) => `A-${index}`),
        ),
        column(
          'customer_id',
          times(60, (index) => String((index % 40) + 1)),
        ),
        column(
          'placed_at',
          times(60, () => '2026-01-02T03:04:05Z'),
        ),
      ],
      { foreignKeys: [{ columns: ['customer_id'], table: 'sales_customer', references: ['customer_id'], evidence: 'observed' }] },
    )
    const { text, product } = draftOf(profileOf(customers, orders))
    expect(text).toBe(`# A draft. Look at every line that says REVIEW, then run \`polyseme contract check\` on the file.

apiVersion: v3.1.0
kind: DataContract
id: sales-sales
name: sales
version: 0.1.0
status: draft
domain: sales
# REVIEW: what the product is for
description:
  purpose: Drafted from the data; say here what it is for, how to use it and what it is not.
servers:
  # REVIEW: the path counts from the data directory
  - server: local
    type: local
    path: data/{object}.csv
    format: csv
schema:
  # REVIEW: the primary key is a guess: each of 40 rows has its own customer_id
  - name: Customer
    physicalName: sales_customer
    physicalType: file
    quality:
      - metric: rowCount
        mustBeGreaterThan: 0
        dimension: completeness
        description: An empty table is a failed load.
    properties:
      - name: customer_id
        logicalType: integer
        physicalType: INTEGER
        primaryKey: true
        primaryKeyPosition: 1
        required: true
        classification: internal
        examples: [ 1, 10 ]
      - name: zip
        logicalType: string
        physicalType: VARCHAR
        required: true
        classification: internal
        examples: [ "01000", "01001" ]
      # REVIEW: these 2 values are all that occur; is any other allowed?
      - name: status
        logicalType: string
        physicalType: VARCHAR
        required: true
        classification: internal
        quality:
          - metric: invalidValues
            arguments:
              validValues: [ closed, open ]
            mustBe: 0
            dimension: conformity
            description: Only the values listed here occur.
      # REVIEW: likely personal data (e-mail addresses, by its name and 100 % of its values); confirm the classification
      - name: e_mail
        logicalType: string
        physicalType: VARCHAR
        classification: confidential
        tags: [ personal-data ]
      - name: balance
        logicalType: number
        physicalType: DECIMAL(18,2)
        required: true
        classification: internal
        examples: [ "0.5", "1.25" ]
  # REVIEW: the primary key is a guess: each of 60 rows has its own order_no
  - name: Order
    physicalName: sales_order
    physicalType: file
    quality:
      - metric: rowCount
        mustBeGreaterThan: 0
        dimension: completeness
        description: An empty table is a failed load.
    properties:
      - name: order_no
        logicalType: string
        physicalType: VARCHAR
        primaryKey: true
        primaryKeyPosition: 1
        required: true
        classification: internal
        examples: [ A-0, A-1 ]
      # REVIEW: refers to sales_customer because every value of it is found there
      - name: customer_id
        logicalType: integer
        physicalType: INTEGER
        required: true
        classification: internal
        examples: [ 1, 10 ]
        relationships:
          - type: foreignKey
            to: Customer.customer_id
      - name: placed_at
        logicalType: timestamp
        physicalType: TIMESTAMP
        required: true
        classification: internal
        examples: [ 2026-01-02T03:04:05Z ]
# REVIEW: who owns it: add \`members\` with a \`role: owner\`
team:
  name: sales team
# REVIEW: the scopes of which any one opens the product for reading
roles:
  - role: sales:read
    access: read
`)
    expect(product.objects.map(({ typeName, relationships }) => [typeName, relationships.map(({ field }) => field)])).toEqual([
      ['SalesCustomer', ['orders']],
      ['SalesOrder', ['customer']],
    ])
  })

  it('shows no personal value, neither as example nor as a value list', () => {
    const secrets = ['anna@example.com', 'Anna Bell', 'DE89370400440532013000', '1980-02-29', '+49 40 5550123']
    const columns = [
      column(
        'contact',
        times(50, () => 'anna@example.com'),
      ),
      column(
        'full_name',
        times(50, () => 'Anna Bell'),
      ),
      column(
        'account',
        times(50, () => 'DE89370400440532013000'),
      ),
      column(
        'birth_date',
        times(50, () => '1980-02-29'),
      ),
      column(
        'mobile',
        times(50, () => '+49 40 5550123'),
      ),
      column(
        'first_name',
        times(50, (index) => (index % 2 === 0 ? 'Anna' : 'Bell')),
      ),
    ]
    const { text, product } = draftOf(profileOf(table('person', columns)))
    for (const secret of [...secrets, 'Anna', 'Bell']) expect(text).not.toContain(secret)
    expect(product.objects[0]?.properties.map(({ name, classification }) => [name, classification])).toEqual([
      ['contact', 'confidential'],
      ['full_name', 'confidential'],
      ['account', 'restricted'],
      ['birth_date', 'confidential'],
      ['mobile', 'confidential'],
      ['first_name', 'confidential'],
    ])
  })

  it.each<[string, readonly (string | null)[], string]>([
    ['n', ['1', '-20', '300'], 'integer INTEGER'],
    ['n', ['1', '9999999999'], 'integer BIGINT'],
    ['n', ['1.5', '.25', '-3'], 'number DECIMAL(18,2)'],
    ['n', ['1.12345', '2'], 'number DECIMAL(18,5)'],
    ['n', ['007', '123'], 'string VARCHAR'],
    ['n', ['true', 'false', null], 'boolean BOOLEAN'],
    ['n', ['2026-01-31'], 'date DATE'],
    ['n', ['2026-01-31', '2026-01-31 10:00'], 'string VARCHAR'],
    ['n', ['2026-01-31 10:00', '2026-01-31T10:00:00.123+02:00'], 'timestamp TIMESTAMP'],
    ['n', ['10:15', '23:59:59'], 'time TIME'],
    ['n', ['31.01.2026'], 'string VARCHAR'],
    ['n', ['123e4567-e89b-12d3-a456-426614174000'], 'string VARCHAR'],
    ['n', [null, null], 'string VARCHAR'],
    ['n', ['12345678901234567890'], 'string VARCHAR'],
  ])('takes the column %s of %j for %s', (name, values, expected) => {
    const { product } = draftOf(profileOf(table('thing', [column(name, values)])))
    const property = product.contract.schema?.[0]?.properties?.[0]
    expect(`${property?.logicalType} ${property?.physicalType}`).toBe(expected)
  })

  it.each([
    ['BIGINT', 'bigint'],
    ['INTEGER', 'integer'],
    ['UINTEGER', 'bigint'],
    ['DECIMAL(12,2)', 'decimal'],
    ['DOUBLE', 'number'],
    ['VARCHAR', 'string'],
    ['BOOLEAN', 'boolean'],
    ['DATE', 'date'],
    ['TIMESTAMP WITH TIME ZONE', 'timestamp'],
    ['TIME', 'time'],
    ['UUID', 'id'],
    ['STRUCT(a INTEGER)', 'json'],
    ['JSON', 'json'],
    ['VARCHAR[]', '[string]'],
    ['INTEGER[]', '[integer]'],
    ['STRUCT(a INTEGER)[]', '[json]'],
    ['character varying(20)', 'string'],
    ['numeric(10,2)', 'decimal'],
    ['timestamp without time zone', 'timestamp'],
    ['jsonb', 'json'],
    ['text[]', '[string]'],
    ['smallint', 'integer'],
    ['real', 'number'],
    ['inet', 'string'],
  ])('gives a column of %s the type %s in the graph', (databaseType, type) => {
    const { product } = draftOf(profileOf(table('thing', [column('a', ['x'], { databaseType, untyped: false })])))
    const property = product.objects[0]?.properties[0]
    expect(property?.list === true ? `[${property.type}]` : property?.type).toBe(type)
  })

  it('takes the key that the database declares, however many columns it has', () => {
    const columns = ['order_id', 'line', 'product'].map((name) => column(name, ['1', '1']))
    const { text, product } = draftOf(
      profileOf(table('order_lines', columns, { primaryKey: ['order_id', 'line'], uniqueKeys: [['product']] })),
    )
    expect(product.objects[0]).toMatchObject({ keys: [['orderId', 'line'], ['product']] })
    expect(text).not.toContain('the primary key is a guess')
  })

  it('prefers the key that bears the name of the table', () => {
    const ids = times(30, (index) => String(index))
    const { product } = draftOf(profileOf(table('customers', [column('legacy_no', ids), column('customer_id', ids)])))
    expect(product.objects[0]?.keys).toEqual([['customerId'], ['legacyNo']])
  })

  it('does not take dates, amounts or free text for a key', () => {
    const columns = [
      column(
        'created',
        times(30, (index) => `2026-01-${String(index + 1).padStart(2, '0')}`),
      ),
      column(
        'total',
        times(30, (index) => `${index}.01`),
      ),
      column(
        'note',
        times(30, (index) => `note ${index}`),
      ),
    ]
    const { text, product } = draftOf(profileOf(table('event', columns)))
    expect(product.objects[0]?.keys).toEqual([])
    expect(text).toContain("no column or pair of columns is every row's own")
  })

  it('never quotes an address of the server with anything secret in it', () => {
    const profile: DataProfile = {
      server: { kind: 'postgres', host: 'db.example', port: 5433, database: 'crm', schema: 'public' },
      tables: [table('t', [column('id', ['1'])])],
    }
    const { product } = draftOf(profile)
    expect(product.servers).toEqual([
      { kind: 'postgres', name: 'postgres', host: 'db.example', port: 5433, database: 'crm', schema: 'public' },
    ])
  })

  it('is a contract whatever the names and values are', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.constantFrom(
        'id',
        'customer_id',
        '#',
        ': ',
        '- a',
        '{',
        '"',
        "'",
        '\n',
        'null',
        'true',
        '1.10',
        '*a',
        '&a',
        '%',
        '@',
        '__proto__',
        '\u0007',
        'REVIEW',
      ),
    )
    const anyColumn = fc.record({
      name: anyText,
      values: fc.array(fc.option(anyText), { maxLength: 6 }),
      comment: fc.option(anyText, { nil: undefined }),
    })
    const anyTable = fc.record({ name: anyText, columns: fc.uniqueArray(anyColumn, { maxLength: 5, selector: ({ name }) => name }) })
    fc.assert(
      fc.property(fc.uniqueArray(anyTable, { minLength: 1, maxLength: 3, selector: ({ name }) => name }), anyText, (tables, domain) => {
        const profile = profileOf(
          ...tables.map(({ name, columns }) =>
            table(
              name,
              columns.map((one) => column(one.name, one.values, one.comment === undefined ? {} : { comment: one.comment })),
            ),
          ),
        )
        const { text } = inferContract(profile, { domain })
        const result = parseContract(text, { file: 'draft' })
        const rules =
          result.kind === 'invalid' ? result.diagnostics.filter(({ severity }) => severity === 'error').map(({ rule }) => rule) : []
        // What can't be a file's name, and what differs in nothing that a name in a graph has; the draft says so by its check.
        const unnameable = [
          'contract-physical-name',
          'contract-duplicate-type',
          'contract-domain',
          'contract-duplicate-name',
        ]
        expect(
          rules.filter((rule) => !unnameable.includes(rule)),
          text,
        ).toEqual([])
      }),
      { numRuns: 500, seed: 20_260_101 },
    )
  })
})

describe('proposals to measure', () => {
  it('pair key-like columns of a table without a key of one column', () => {
    const lines = table(
      'lines',
      ['order_id', 'line_no', 'amount'].map((name) => column(name, ['1', '1', '2', '2'])),
    )
    expect(proposeKeys(lines)).toEqual([['order_id', 'line_no']])
    expect(proposeKeys({ ...lines, primaryKey: ['amount'] })).toEqual([])
  })

  it('lead a column to the key of the table that it names, and no further', () => {
    const ids = times(5, (index) => String(index))
    const tables = [
      table('customers', [column('id', ids)]),
      table('orders', [column('order_id', ids), column('customer_id', ids), column('billing_customer_id', ids), column('customer', ids)]),
      table('refunds', [column('refund_id', ids), column('order_id', ['1', '1', '2', '2', null])]),
    ]
    expect(proposeReferences(tables)).toEqual([
      { table: 'orders', column: 'customer_id', to: { table: 'customers', column: 'id' } },
      { table: 'orders', column: 'billing_customer_id', to: { table: 'customers', column: 'id' } },
      { table: 'refunds', column: 'order_id', to: { table: 'orders', column: 'order_id' } },
    ])
  })

  it('do not join two tables that only share an id space', () => {
    const ids = times(5, (index) => String(index))
    const tables = [
      table('person_phone', [column('business_entity_id', ids)]),
      table('person_email', [column('email_id', ids), column('business_entity_id', ids)]),
    ]
    expect(proposeReferences(tables)).toEqual([])
  })
})

describe('likely personal data', () => {
  it.each([
    ['email', 'e-mail addresses'],
    ['ContactEmail', 'e-mail addresses'],
    ['e_mail_address', 'e-mail addresses'],
    ['first_name', 'names of persons'],
    ['LastName', 'names of persons'],
    ['surname', 'names of persons'],
    ['phone_number', 'telephone numbers'],
    ['birth_date', 'dates of birth'],
    ['dateOfBirth', 'dates of birth'],
    ['dob', 'dates of birth'],
    ['gender', 'data on gender or family'],
    ['salary', 'pay or income'],
    ['YearlyIncome', 'pay or income'],
    ['ssn', 'social security numbers'],
    ['passport_no', 'social security numbers'],
    ['iban', 'bank or card numbers'],
    ['credit_card_number', 'bank or card numbers'],
    ['password_hash', 'secrets'],
    ['street', 'postal addresses'],
    ['address_line_1', 'postal addresses'],
    ['ip_address', 'IP addresses'],
    ['diagnosis', 'data on health, belief or origin'],
    ['login', 'user names'],
  ])('is seen in the name %s: %s', (name, noun) => {
    expect(guessPersonalData(column(name, ['x']))?.reason).toBe(`${noun}, by its name`)
  })

  it.each([
    'customer_id',
    'name',
    'product_name',
    'status',
    'shipping_cost',
    'address_id',
    'count_total',
    'company',
    'tip',
    'zip',
    'recipe',
    'description',
    'gps_device',
    'streetcar',
  ])('is not seen in the name %s', (name) => {
    expect(guessPersonalData(column(name, ['x']))).toBeUndefined()
  })

  it.each([
    ['who', times(10, (index) => `p${index}@example.com`), 'e-mail addresses, by 100 % of its values'],
    ['ref', times(10, (index) => (index < 6 ? `DE8937040044053201300${index}` : 'x')), 'bank or card numbers, by 60 % of its values'],
    ['origin', times(10, (index) => `10.0.0.${index}`), 'IP addresses, by 100 % of its values'],
    ['code', times(10, () => '078-05-1120'), 'social security numbers, by 100 % of its values'],
  ])('is seen in the values of %s', (name, values, reason) => {
    expect(guessPersonalData(column(name, values))?.reason).toBe(reason)
  })
})
