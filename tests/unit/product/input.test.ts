import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { at, Shop } from '../../testkit/shop-domain.ts'

let shop: Shop
beforeAll(async () => {
  shop = await Shop.inFiles()
})
afterAll(() => shop[Symbol.asyncDispose]())

describe('arguments', () => {
  it.each([
    ['G38 a negative size', 'customers(first: -1) { totalCount }', 'first is a number of rows from 0 to 1000'],
    ['G38 more rows than a page may have', 'customers(first: 1001) { totalCount }', 'first is a number of rows from 0 to 1000'],
    ['G37 a size that overflows', 'customers(last: 2147483647) { totalCount }', 'last is a number of rows from 0 to 1000'],
    ['first and last at once', 'customers(first: 1, last: 1) { totalCount }', 'first or last, not both'],
    ['a null where only a value compares', 'customers(where: { name: { lt: null } }) { totalCount }', 'lt needs a value'],
    ['a null for isNull', 'customers(where: { name: { isNull: null } }) { totalCount }', 'isNull needs true or false'],
    ['a null condition', 'customers(where: { name: null }) { totalCount }', 'null is not a condition'],
    ['a null list of conditions', 'customers(where: { or: null }) { totalCount }', 'null is not a list'],
    ['a null list of values', 'customers(where: { name: { in: null } }) { totalCount }', 'in needs a value'],
    ['a null relationship', 'orders(where: { customer: null }) { totalCount }', 'null is not a condition'],
    ['one bound of two', 'customers(where: { name: { between: ["a"] } }) { totalCount }', 'exactly two'],
    ['an order by two fields at once', 'customers(orderBy: [{ name: ASC, region: DESC }]) { totalCount }', 'names one field'],
    ['an order by no field', 'customers(orderBy: [{}]) { totalCount }', 'names one field'],
    ['an order without a direction', 'customers(orderBy: [{ name: null }]) { totalCount }', 'ASC or DESC'],
    ['a group made twice by one field', 'ordersAggregate(groupBy: [{ field: orderedAt }, { field: orderedAt, bucket: DAY }]) { count }', 'names a field twice'],
    ['a period of something that has none', 'ordersAggregate(groupBy: [{ field: amount, bucket: DAY }]) { count }', 'cannot be grouped by DAY'],
    ['an hour of a date', 'customersAggregate(groupBy: [{ field: born, bucket: HOUR }]) { count }', 'cannot be grouped by HOUR'],
    ['an order by a field that makes no groups', 'ordersAggregate(orderBy: [{ group: { amount: ASC } }]) { count }', 'not made by amount'],
    ['G38 a negative number of groups', 'ordersAggregate(first: -1) { count }', 'from 0 to 10000'],
    ['a null character in a text', 'customers(where: { name: { eq: "a\\u0000b" } }) { totalCount }', 'null character'],
    ['more digits than can be compared', 'orders(where: { amount: { lt: "0.0000000000000000000000000000000001" } }) { totalCount }', 'too many digits'],
  ])('%s is refused with a reason', async (_name, field, reason) => {
    const answer = await shop.ask(`{ shop { ${field} } }`)
    expect(answer.errors).toHaveLength(1)
    expect(answer.errors[0]).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringContaining(reason) as unknown })
  })

  it.each([
    ['no conditions', '{}', 30],
    ['no alternative', '{ or: [] }', 0],
    ['all of nothing', '{ and: [] }', 30],
    ['one of nothing', '{ name: { in: [] } }', 0],
    ['none of nothing', '{ name: { nin: [] } }', 30],
    ['nothing about a field', '{ name: {} }', 30],
    ['anything but, absent values included', '{ tier: { ne: GOLD } }', 20],
    ['not, absent values included', '{ not: { tier: { eq: GOLD } } }', 20],
    ['absent', '{ tier: { eq: null } }', 10],
    ['present', '{ tier: { ne: null } }', 20],
    ['any order', '{ orders: { some: {} } }', 25],
    ['no order', '{ orders: { none: {} } }', 5],
    ['all of its orders, none counts', '{ orders: { every: { amount: { gte: "90" } } } }', 5],
    ['G14 a text that is a name of JavaScript', '{ name: { in: ["__proto__", "constructor"] } }', 0],
    ['a number with more places than the column', '{ orders: { some: { amount: { eq: "1.25001" } } } }', 0],
    ['a number with zeros after its last place', '{ orders: { some: { amount: { eq: "1.2500000" } } } }', 1],
    ['a large number between', '{ customerId: { between: [-9223372036854775808, 9223372036854775807] } }', 30],
  ])('a filter with %s means what it says', async (_name, where, expected) => {
    const answer = await shop.ask(`{ shop { customers(where: ${where}) { totalCount } } }`)
    expect(answer.errors).toEqual([])
    expect(at(answer.data, 'shop.customers.totalCount')).toBe(expected)
  })

  it('a variable that was left out is no condition', async () => {
    const answer = await shop.ask('query ($r: String) { shop { customers(where: { region: { eq: $r } }) { totalCount } } }')
    expect(at(answer.data, 'shop.customers.totalCount')).toBe(30)
  })

  it('half a character in a text is refused with a reason', async () => {
    const answer = await shop.ask('query ($t: String) { shop { customers(where: { name: { contains: $t } }) { totalCount } } }', { variables: { t: '\uD800' } })
    expect(answer.errors).toMatchObject([{ code: 'BAD_USER_INPUT', message: expect.stringContaining('well-formed') as unknown }])
  })

  it.each([
    ['no type', {}],
    ['a type of another domain', { __typename: 'BillingCustomer', customerId: 1 }],
    ['a type that is no entity', { __typename: 'ShopCustomerConnection', customerId: 1 }],
    ['no key', { __typename: 'ShopCustomer', name: 'x' }],
    ['a null key', { __typename: 'ShopCustomer', customerId: null }],
    ['half a key', { __typename: 'ShopLine', orderId: 1 }],
    ['a key of another type', { __typename: 'ShopCustomer', customerId: { evil: true } }],
    ['a key that is no number', { __typename: 'ShopCustomer', customerId: '1 OR 1=1' }],
    ['G14 __proto__ as type', { __typename: '__proto__', customerId: 1 }],
    ['no object', 'ShopCustomer'],
  ])('a representation with %s is refused', async (_name, representation) => {
    const answer = await shop.ask('query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }', { variables: { r: [representation] } })
    expect(answer.errors.map((error) => error.code)).toEqual(['BAD_USER_INPUT'])
    expect(answer.statements).toEqual([])
  })
})
