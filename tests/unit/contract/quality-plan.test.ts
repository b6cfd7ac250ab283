import { buildQualityPlan, meetsExpectation, parseContract, type QualityExpectation, type QualityPlan } from '@polyseme/kit/contract'
import { describe, expect, it } from 'vitest'
import { readCase } from './golden.ts'

function planOf(text: string): QualityPlan {
  const result = parseContract(text, { file: 'c' })
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.diagnostics))
  return buildQualityPlan(result.value)
}

/** A contract of one object, with rules at a property of each kind. */
function contract({ rules = '', slas = '', objectRules = '' }: { rules?: string; slas?: string; objectRules?: string }): string {
  return `apiVersion: v3.1.0
kind: DataContract
id: q
version: 1.0.0
status: active
domain: lab
schema:
  - name: Order
    quality: [${objectRules}]
    properties:
      - { name: order_no, logicalType: string, quality: [${rules}] }
      - { name: line_no, logicalType: integer }
      - { name: loaded_at, logicalType: timestamp }
slaProperties: [${slas}]
`
}

describe('the quality plan of a contract', () => {
  it('measures every metric of the standard and tells why the rest is not run', () => {
    const [file] = readCase('standard-quality')
    const { checks, notRun } = planOf(file?.text ?? '')
    expect(
      checks.filter(({ origin }) => origin === 'quality').map(({ id, measure, expectation }) => ({ id, measure, expectation })),
    ).toEqual([
      { id: 'Order/rowCount', measure: { kind: 'rowCount' }, expectation: { operator: 'between', from: 100, to: 120 } },
      {
        id: 'Order/duplicateValues',
        measure: { kind: 'duplicateValues', fields: ['tenantId', 'orderId'], unit: 'rows' },
        expectation: { operator: 'eq', value: 0 },
      },
      {
        id: 'Order/sql',
        measure: { kind: 'sql', query: ['SELECT COUNT(*) FROM ', { kind: 'object' }, ' WHERE total < 0'] },
        expectation: { operator: 'eq', value: 0 },
      },
      { id: 'Order/rowCount-2', measure: { kind: 'rowCount' }, expectation: { operator: 'gt', value: 5 } },
      {
        id: 'Order.tenant_id/nullValues',
        measure: { kind: 'nullValues', field: 'tenantId', unit: 'percent' },
        expectation: { operator: 'lt', value: 1 },
      },
      {
        id: 'Order.order_id/missingValues',
        measure: { kind: 'missingValues', field: 'orderId', values: ['', 'N/A'], unit: 'rows' },
        expectation: { operator: 'lt', value: 100 },
      },
      {
        id: 'Order.order_id/duplicateValues',
        measure: { kind: 'duplicateValues', fields: ['orderId'], unit: 'rows' },
        expectation: { operator: 'lt', value: 10 },
      },
      {
        id: 'Order.order_id/invalidValues',
        measure: { kind: 'invalidValues', field: 'orderId', valid: { kind: 'pattern', pattern: '^[A-Z]{2}[0-9]{2}$' }, unit: 'rows' },
        expectation: { operator: 'eq', value: 0 },
      },
      {
        id: 'Order.unit/invalidValues',
        measure: { kind: 'invalidValues', field: 'unit', valid: { kind: 'values', values: ['pounds', 'kg'] }, unit: 'rows' },
        expectation: { operator: 'lt', value: 5 },
      },
    ])
    expect(notRun.map(({ id, reason }) => [id, reason])).toEqual([
      ['Order/text', 'the rule is written for people'],
      ['Order.carrier/custom', 'the rule is one of soda, which does not run here'],
      ['Order.carrier/custom-2', 'the rule is one of greatExpectations, which does not run here'],
    ])
  })

  it('adds what the schema promises where no rule says it', () => {
    const [file] = readCase('sales-orders')
    const { checks } = planOf(file?.text ?? '')
    expect(checks.filter(({ origin }) => origin === 'schema').map(({ id, measure }) => [id, measure.kind])).toEqual([
      ['Customer.customer_id/duplicateValues', 'duplicateValues'],
      ['Customer.customer_id/nullValues', 'nullValues'],
      ['Order.order_id/duplicateValues', 'duplicateValues'],
      ['Order.order_id/nullValues', 'nullValues'],
      ['OrderLine.order_id+line_no/duplicateValues', 'duplicateValues'],
      ['OrderLine.order_id/nullValues', 'nullValues'],
      ['OrderLine.line_no/nullValues', 'nullValues'],
    ])
    expect(checks.filter(({ id }) => id.startsWith('Customer.region/')).map(({ origin }) => origin)).toEqual(['quality'])
  })

  it('measures the bounds, lengths and patterns of logical types', () => {
    const [file] = readCase('standard-types')
    const { checks } = planOf(file?.text ?? '')
    const valid = checks.flatMap(({ id, measure }) => (measure.kind === 'invalidValues' ? [[id.split('/')[0], measure.valid]] : []))
    expect(valid).toEqual([
      ['Sample.account_id', { kind: 'pattern', pattern: 'ACC[0-9]{8}' }],
      ['Sample.account_id', { kind: 'length', min: 11, max: 11 }],
      [
        'Sample.txn_ref_date',
        {
          kind: 'range',
          bounds: [
            { operator: 'gt', value: '2020-01-01' },
            { operator: 'lte', value: '2021-01-01' },
          ],
        },
      ],
      ['Sample.amount', { kind: 'range', bounds: [{ operator: 'gte', value: 0 }] }],
      [
        'Sample.age',
        {
          kind: 'range',
          bounds: [
            { operator: 'gte', value: 18 },
            { operator: 'lt', value: 100 },
          ],
        },
      ],
      ['Sample.beyond', { kind: 'range', bounds: [{ operator: 'lte', value: 3_000_000_000 }] }],
    ])
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length)
  })

  it.each([
    ['{ type: library, metric: freshness, mustBe: 0 }', "'freshness' is not a metric of the standard"],
    ['{ rule: constructor, mustBe: 0 }', "'constructor' is not a metric of the standard"],
    ['{ rule: between, description: x }', "'between' is not a metric of the standard"],
    ['{ metric: nullValues }', 'it compares with nothing: `mustBe`, `mustBeLessThan` or another comparison is missing'],
    ['{ metric: nullValues, mustBe: 0, unit: days }', "the unit is 'days'; rows and percent are measured"],
    ['{ metric: rowCount, mustBe: 0, unit: percent }', 'a row count has no percentage'],
    ['{ metric: invalidValues, mustBe: 0 }', 'neither `validValues` nor `pattern` is given'],
    ['{ metric: invalidValues, mustBe: 0, arguments: { validValues: x } }', 'the argument `validValues` is not a list'],
    [
      '{ metric: invalidValues, mustBe: 0, arguments: { pattern: "(?=a)" } }',
      "the pattern looks ahead or behind, which DuckDB's regular expressions can't",
    ],
    [
      '{ metric: invalidValues, mustBe: 0, arguments: { pattern: "(a)\\\\1" } }',
      "the pattern refers back to a group, which DuckDB's regular expressions can't",
    ],
    ['{ metric: invalidValues, mustBe: 0, arguments: { pattern: "(" } }', 'the pattern is not a regular expression'],
    ['{ metric: missingValues, mustBe: 0 }', 'the argument `missingValues` is not a list'],
    [
      '{ metric: duplicateValues, mustBe: 0, arguments: { properties: [nowhere] } }',
      'the argument `properties` names a property that the object does not have',
    ],
    ['{ type: sql, query: "DELETE FROM orders", mustBe: 0 }', 'the query is not a SELECT'],
    ['{ type: sql, query: "SELECT 1; DROP TABLE x", mustBe: 0 }', 'the query holds several statements'],
    ['{ type: sql, query: "SELECT 1 FROM x WHERE y > ${CUTOFF}", mustBe: 0 }', 'the query holds a variable that nobody sets'],
    ['{ metric: nullValues, mustBe: [1] }', 'it compares with a list or record'],
  ])('tells why %s is not run', (rule, reason) => {
    expect(planOf(contract({ rules: rule })).notRun).toMatchObject([{ typeName: 'LabOrder', origin: 'quality', reason }])
  })

  it.each([
    ['{ metric: nullValues, mustBe: 0 }', 'the metric counts values of a property and stands at the object'],
    ['{ metric: duplicateValues, mustBe: 0 }', 'the argument `properties` is missing'],
    ['{ type: sql, query: "SELECT {property} FROM {object}", mustBe: 0 }', 'the query names the property and stands at the object'],
  ])('tells why %s at an object is not run', (rule, reason) => {
    expect(planOf(contract({ objectRules: rule })).notRun).toMatchObject([{ reason }])
  })

  it.each([
    ['{ rule: nullCheck }', { kind: 'nullValues', field: 'orderNo', unit: 'rows' }, { operator: 'eq', value: 0 }],
    [
      '{ rule: validValues, validValues: [a, b] }',
      { kind: 'invalidValues', field: 'orderNo', valid: { kind: 'values', values: ['a', 'b'] }, unit: 'rows' },
      { operator: 'eq', value: 0 },
    ],
    [
      '{ rule: duplicateCount, mustBeLessThan: 10 }',
      { kind: 'duplicateValues', fields: ['orderNo'], unit: 'rows' },
      { operator: 'lt', value: 10 },
    ],
    [
      '{ type: sql, query: "SELECT count(*) FROM ${table} WHERE ${column} = 1", mustNotBe: 3 }',
      { kind: 'sql', query: ['SELECT count(*) FROM ', { kind: 'object' }, ' WHERE ', { kind: 'field', field: 'orderNo' }, ' = 1'] },
      { operator: 'ne', value: 3 },
    ],
  ])('reads %s of v3.0 and of other tools', (rule, measure, expectation) => {
    expect(planOf(contract({ rules: rule })).checks).toMatchObject([{ measure, expectation }])
  })

  it.each([
    ['{ property: latency, value: 4, unit: d, element: Order.loaded_at }', 345_600],
    ['{ property: ly, value: 1, unit: hours, element: loaded_at }', 3_600],
    ['{ property: freshness, value: 24h, element: Order.loaded_at }', 86_400],
    ['{ property: Latency, value: P1DT12H, element: Order.loaded_at }', 129_600],
    ['{ property: latency, value: 1.5, unit: min, element: Order.loaded_at }', 90],
  ])('measures %s as the age of the newest row', (level, value) => {
    expect(planOf(contract({ slas: level })).checks).toMatchObject([
      {
        origin: 'sla',
        dimension: 'timeliness',
        measure: { kind: 'freshness', field: 'loadedAt' },
        expectation: { operator: 'lte', value },
      },
    ])
  })

  it.each([
    ['{ property: latency, value: 4, unit: d }', 'it names no element: which property says how new a row is?'],
    ['{ property: latency, value: soon, element: Order.loaded_at }', '"soon" without unit is not a length of time'],
    ['{ property: latency, value: 4, unit: d, element: Order.nowhere }', "the element 'Order.nowhere' names no property of `Order`"],
    [
      '{ property: latency, value: 4, unit: d, element: Nothing.loaded_at }',
      "the element 'Nothing.loaded_at' names no object of the contract",
    ],
    ['{ property: latency, value: 4, unit: d, element: Order.line_no }', "'Order.line_no' is neither a date nor a timestamp"],
    ['{ property: availability, value: 99.9, unit: percent }', 'availability is measured where calls are answered, not on rows'],
    ['{ property: re, value: 3, unit: y }', 'whether it is the longest or the shortest time that rows are kept, the contract does not say'],
    ['{ property: happiness, value: 3 }', "'happiness' is not a service level that we know"],
  ])('tells why %s is not run', (level, reason) => {
    expect(planOf(contract({ slas: level })).notRun).toMatchObject([{ origin: 'sla', reason }])
  })
})

describe('an expectation', () => {
  it.each<[QualityExpectation, number | boolean | null, boolean]>([
    [{ operator: 'eq', value: 0 }, 0, true],
    [{ operator: 'eq', value: 0 }, 1, false],
    [{ operator: 'eq', value: true }, 1, true],
    [{ operator: 'eq', value: 1 }, true, true],
    [{ operator: 'ne', value: 1 }, 0, true],
    [{ operator: 'ne', value: 1 }, 1, false],
    [{ operator: 'gt', value: 5 }, 5, false],
    [{ operator: 'gte', value: 5 }, 5, true],
    [{ operator: 'lt', value: 5 }, 4.9, true],
    [{ operator: 'lte', value: 5 }, 5.1, false],
    [{ operator: 'between', from: 1, to: 3 }, 3, true],
    [{ operator: 'between', from: 1, to: 3 }, 4, false],
    [{ operator: 'notBetween', from: 1, to: 3 }, 0, true],
    [{ operator: 'notBetween', from: 1, to: 3 }, 2, false],
    [{ operator: 'lte', value: 5 }, null, false],
    [{ operator: 'eq', value: 0 }, null, false],
    [{ operator: 'ne', value: 0 }, null, false],
    [{ operator: 'lte', value: 5 }, Number.NaN, false],
  ])('%j of %s is met: %s', (expectation, measured, met) => {
    expect(meetsExpectation(measured, expectation)).toBe(met)
  })
})
