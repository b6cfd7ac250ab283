import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPostgres, type PostgresServer } from '../../testkit/postgres.ts'
import { ENGINES, Lab, labContract } from './promise-lab.ts'

let server: PostgresServer

beforeAll(async () => {
  server = await startPostgres()
})

afterAll(async () => {
  await server.stop()
})

const ORDERS = [
  "1, 'A-1', 10.00, 1.5, '2026-01-01', '2026-01-09 12:00:00', true",
  "2, 'A-2', 20.50, 2.5, '2026-01-02', '2026-01-09 18:00:00', false",
  "3, 'A-2', -1.00, NULL, '2026-01-03', NULL, NULL",
  "4, '', 0.00, 0, NULL, '2026-01-08 00:00:00', true",
  "5, 'N/A', NULL, -0.5, '2025-12-31', '2025-01-01 00:00:00', true",
  '6, NULL, 99.99, 1e10, NULL, NULL, NULL',
  '6, NULL, 1.00, 1, NULL, NULL, NULL',
  "8, 'größer', 5.00, 1, NULL, NULL, NULL",
]
const CUSTOMERS = ["1, 'Ada'", "2, 'Ben'"]

describe.each(ENGINES)('promises measured on %s', (engine) => {
  let lab: Lab
  beforeAll(async () => {
    lab = await Lab.fill(engine, server, { orders: ORDERS, customers: CUSTOMERS })
  })
  afterAll(() => lab[Symbol.asyncDispose]())

  it('measures every metric of the library, in rows and in percent', async () => {
    const measured = await lab.measure(labContract({
      rules: ['{ metric: rowCount, mustBe: 8 }', '{ id: pair, metric: duplicateValues, mustBe: 0, arguments: { properties: [order_id, code] } }'],
      codeRules: [
        '{ id: "null", metric: nullValues, mustBe: 2 }',
        '{ id: "null-%", metric: nullValues, unit: percent, mustBeLessThan: 25 }',
        '{ id: missing, metric: missingValues, mustBe: 4, arguments: { missingValues: [null, "", N/A] } }',
        '{ id: double, metric: duplicateValues, mustBe: 1 }',
        '{ id: "double-%", metric: duplicateValues, unit: percent, mustBeLessOrEqualTo: 12.5 }',
        '{ id: values, metric: invalidValues, mustBe: 3, arguments: { validValues: [A-1, A-2] } }',
        '{ id: pattern, metric: invalidValues, mustBeBetween: [0, 2], arguments: { pattern: "^[A-Z]-[0-9]+$" } }',
        '{ id: "pattern-%", metric: invalidValues, unit: percent, mustNotBe: 0, arguments: { pattern: "ö" } }',
      ],
    }))
    expect(measured).toEqual({
      'Order/rowCount': 'KEPT 8',
      'Order/pair': 'KEPT 0',
      'Order.code/null': 'KEPT 2',
      'Order.code/null-%': 'BROKEN 25',
      'Order.code/missing': 'KEPT 4',
      'Order.code/double': 'KEPT 1',
      'Order.code/double-%': 'KEPT 12.5',
      'Order.code/values': 'KEPT 3',
      'Order.code/pattern': 'BROKEN 3',
      'Order.code/pattern-%': 'KEPT 62.5',
    })
  })

  it.each([
    ['day', '7 d', 'KEPT 604800'],
    ['day', '6 d', 'BROKEN 604800'],
    ['loaded_at', '6 h', 'KEPT 21600'],
    ['loaded_at', '5 h', 'BROKEN 21600'],
  ])('measures how old the newest %s is against %s', async (property, length, expected) => {
    const [value, unit] = length.split(' ')
    const sla = `{ property: latency, value: ${value}, unit: ${unit}, element: Order.${property} }`
    expect(Object.values(await lab.measure(labContract({ slas: [sla] })))).toEqual([expected])
  })

  it('says that the newest value lies in the future', async () => {
    const contract = labContract({ slas: ['{ property: freshness, value: 1, unit: h, element: Order.loaded_at }'] })
    expect(Object.values(await lab.measure(contract, Date.UTC(2026, 0, 9, 17)))).toEqual(['KEPT -3600 the newest value lies in the future'])
  })

  it.each([
    ['SELECT count(*) FROM {object} WHERE amount < 0', 'mustBe: 1', 'KEPT 1'],
    ['SELECT count(*) FROM orders WHERE {property} IS NULL', 'mustBe: 0', 'BROKEN 2'],
    ['SELECT count(*) FROM Orders', 'mustBe: 8', 'KEPT 8'],
    ['SELECT count(*) FROM "orders" AS o JOIN customers c ON o.order_id = c.customer_id', 'mustBe: 2', 'KEPT 2'],
    ['SELECT min(amount) >= 0 FROM {object}', 'mustBe: true', 'BROKEN 0'],
    ['SELECT max(order_id) = 8 FROM {object};', 'mustBe: true', 'KEPT 1'],
    ['SELECT avg(amount) FROM {object} WHERE order_id < 3', 'mustBeBetween: [15.25, 16]', 'KEPT 15.25'],
    ['SELECT sum(amount) FROM {object} WHERE order_id > 100', 'mustBeGreaterThan: 0', 'BROKEN there is nothing to measure'],
    ["SELECT 100.0 * count(*) FILTER (WHERE trim(code) = '') / count(*) FROM {object}", 'mustBeLessThan: 15', 'KEPT 12.5'],
    ['WITH orders AS (SELECT * FROM orders WHERE amount > 0) SELECT count(*) FROM orders', 'mustBe: 5', 'KEPT 5'],
    ['SELECT count(*) FROM (WITH customers AS (SELECT 1 AS one) SELECT * FROM customers) AS x, customers', 'mustBe: 2', 'KEPT 2'],
    ['SELECT order_id FROM {object}', 'mustBe: 1', 'UNKNOWN the query gave several rows, not one'],
    ['SELECT order_id FROM {object} WHERE order_id > 100', 'mustBe: 1', 'UNKNOWN the query gave no row, not one'],
    ["SELECT max(code) FROM {object}", 'mustBe: 1', 'UNKNOWN the query gave something else than a number, true or false'],
    ['SELECT count(*) FROM secrets', 'mustBe: 0', 'NOT_RUN the query reads secrets, which is no object of the contract'],
    ['SELECT count(*) FROM pg_shadow', 'mustBe: 0', 'NOT_RUN the query reads pg_shadow, which is no object of the contract'],
    ['SELECT count(*) FROM lab.orders', 'mustBe: 0', 'NOT_RUN the query names a schema; write {object}, or the bare name'],
    ['SELECT count(*) FROM (WITH pg_shadow AS (SELECT 1 AS one) SELECT * FROM pg_shadow) AS x, pg_shadow', 'mustBe: 0', 'KEPT 0'],
    ['WITH a AS (SELECT * FROM pg_shadow), pg_shadow AS (SELECT 1) SELECT count(*) FROM a', 'mustBe: 0', 'KEPT 0'],
    ["SELECT count(*) FROM {object}) AS q(v); DROP TABLE orders; SELECT (1", 'mustBe: 0', 'NOT_RUN the query holds several statements'],
    ['SELECT count(*) FROM {object}) AS q(v) UNION ALL (SELECT 1', 'mustBe: 0', 'NOT_RUN the query is not SQL that both engines read alike'],
    ['SELECT count(*) FROM {object} -- all', 'mustBe: 0', 'NOT_RUN the query holds a comment'],
    ["SELECT pg_read_file('/etc/passwd')", 'mustBe: 0', 'NOT_RUN the query calls pg_read_file, which is not among the functions that only compute'],
    ["SELECT count(*) FROM read_text('/etc/passwd')", 'mustBe: 0', 'NOT_RUN the query reads something else than tables'],
  ])('runs a query of the contract if it can only read the contract\'s objects: %s', async (query, comparison, expected) => {
    const contract = labContract({ codeRules: [`{ type: sql, query: ${JSON.stringify(query)}, ${comparison} }`] })
    expect(Object.values(await lab.measure(contract))).toEqual([expected])
  })

  it('reports the kind of a query that the engine refuses, and measures the others', async () => {
    const measured = await lab.measure(labContract({
      rules: ['{ id: bad, type: sql, query: SELECT nowhere FROM orders, mustBe: 0 }', '{ metric: rowCount, mustBe: 8 }', '{ id: zero, type: sql, query: "SELECT 1 / (count(*) - 8) FROM orders", mustBe: 0 }'],
    }))
    expect(measured['Order/rowCount']).toBe('KEPT 8')
    expect(measured['Order/bad']).toMatch(/^UNKNOWN the statement failed: (Binder Error|SQLSTATE 42703)$/)
    expect(measured['Order/zero']).toMatch(/^UNKNOWN /)
  })

  it('runs no rule that is written for people or for another engine, and says so', async () => {
    const measured = await lab.measure(labContract({
      rules: ['{ id: people, type: text, description: Somebody looked. }', '{ id: soda, type: custom, engine: soda, implementation: x }', '{ id: new, metric: entropy, mustBe: 1 }'],
      slas: ['{ property: availability, value: 99.5, unit: percent }'],
    }))
    expect(measured).toEqual({
      'Order/people': 'NOT_RUN the rule is written for people',
      'Order/soda': 'NOT_RUN the rule is one of soda, which does not run here',
      'Order/new': "NOT_RUN 'entropy' is not a metric of the standard",
      'sla/availability': 'NOT_RUN availability is measured where calls are answered, not on rows',
    })
  })

  it('measures what one object promises in one scan', async () => {
    const contract = labContract({ rules: ['{ metric: rowCount, mustBeGreaterThan: 0 }'], codeRules: ['{ metric: nullValues, mustBe: 0 }', '{ metric: missingValues, mustBe: 0, arguments: { missingValues: [""] } }'] })
    lab.statements.length = 0
    await lab.measure(contract)
    expect(lab.statements).toHaveLength(1)
  })
})

describe.each(ENGINES)('promises about no rows on %s', (engine) => {
  it('counts nothing as 0 percent, and no newest value as broken', async () => {
    await using lab = await Lab.fill(engine, server, {})
    const measured = await lab.measure(labContract({
      rules: ['{ metric: rowCount, mustBeGreaterThan: 0 }'],
      codeRules: ['{ metric: nullValues, unit: percent, mustBe: 0 }', '{ metric: duplicateValues, mustBe: 0 }'],
      slas: ['{ property: latency, value: 1, unit: d, element: Order.loaded_at }'],
    }))
    expect(measured).toEqual({
      'Order/rowCount': 'BROKEN 0',
      'Order.code/nullValues': 'KEPT 0',
      'Order.code/duplicateValues': 'KEPT 0',
      'sla/latency/Order.loaded_at': 'BROKEN there is no value at all',
    })
  })
})
