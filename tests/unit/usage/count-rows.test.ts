import { expect, it } from 'vitest'
import { answerKeys } from '../../../gateway/usage/answer-keys.ts'
import { countRows, countRowsAt } from '../../../gateway/usage/count-rows.ts'
import { DEFAULT_OPERATION_LIMITS, parseOperation } from '../../../gateway/operation/index.ts'
import { composeGraph } from '../../testkit/access-graph.ts'

const ORDERS = { sales: { customers: { nodes: [{ id: 1, orders: { nodes: [{ id: 1 }, { id: 2 }] } }, { id: 2, orders: { nodes: [] } }] } } }

it.each<[string, unknown, number, number]>([
  ['two rows with two inside', ORDERS, 2, 4],
  ['one object', { sales: { customerByKey: { id: 1 } } }, 1, 1],
  ['nothing', { sales: { customerByKey: null } }, 0, 0],
  ['no data', null, 0, 0],
  ['no data at all', undefined, 0, 0],
  ['an empty list', { people: [] }, 0, 0],
  ['a total', { people: { totalCount: 7 } }, 1, 1],
  ['nulls in a list', { people: [null, { id: 1 }] }, 2, 1],
])('%s', (_, data, outermost, all) => {
  expect([countRows(data, 'outermost'), countRows(data, 'all')]).toEqual([outermost, all])
})

const GRAPH = composeGraph({ a: 'type Query { people: [Person] person: Person } type Person { id: ID friends: [Person] best: Person tags: [[String]] }' })

it.each<[string, string, unknown]>([
  ['lists in lists, under aliases', '{ them: people { id near: friends { id } } }', { them: [{ id: '1', near: [{ id: '2' }, null] }, { id: '3', near: null }] }],
  ['fragments that meet', '{ people { ...F } } fragment F on Person { best { friends { id } } best { id } ... on Person { friends { best { id } } } }', { people: [{ best: { friends: [{ id: 1 }], id: 2 }, friends: [{ best: { id: 3 } }] }] }],
  ['no list', '{ person { id } }', { person: { id: '1' } }],
  ['nothing', '{ person { id } }', { person: null }],
  ['lists of values', '{ person { tags } }', { person: { tags: [['a']] } }],
])('the rows of an operation are counted where its document has objects, and are as many: %s', (_, query, data) => {
  const operation = parseOperation({ query, variables: undefined }, GRAPH, DEFAULT_OPERATION_LIMITS)
  expect(countRowsAt(data, answerKeys(operation))).toBe(countRows(data, 'all'))
})
