import { expect, it } from 'vitest'
import { countRows } from '../../../gateway/usage/count-rows.ts'

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
