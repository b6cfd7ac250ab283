import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CursorCodec } from '@polyseme/kit/product'
import { at, Shop, type ShopCall } from '../../testkit/shop-domain.ts'

let shop: Shop
beforeAll(async () => {
  shop = await Shop.inFiles()
})
afterAll(() => shop[Symbol.asyncDispose]())

const QUERY = 'query ($c: String, $w: ShopCustomerWhere, $o: [ShopCustomerOrderBy!]) { shop { customers(first: 2, after: $c, where: $w, orderBy: $o) { nodes { customerId } pageInfo { endCursor } } } }'

async function cursorOf(variables: Record<string, unknown> = {}, call: ShopCall = {}): Promise<string> {
  const answer = await shop.ask(QUERY, { variables, call })
  return String(at(answer.data, 'shop.customers.pageInfo.endCursor'))
}

async function codeOf(cursor: unknown, variables: Record<string, unknown> = {}, call: ShopCall = {}): Promise<unknown> {
  const answer = await shop.ask(QUERY, { variables: { ...variables, c: cursor }, call })
  return answer.errors[0]?.code ?? at(answer.data, 'shop.customers.nodes')
}

describe('cursors', () => {
  it('are the same for the same row of the same query', async () => {
    expect(await cursorOf()).toBe(await cursorOf())
  })

  it('show nothing of the row', async () => {
    const cursor = await cursorOf({ o: [{ name: 'DESC' }] })
    expect(Buffer.from(cursor, 'base64url').toString('latin1')).not.toMatch(/Customer|name/)
  })

  it('do not mind in which order the keys of a filter are written', async () => {
    const cursor = await cursorOf({ w: { region: { ne: 'x' }, name: { contains: 'C', isNull: false } } })
    expect(await codeOf(cursor, { w: { name: { isNull: false, contains: 'C' }, region: { ne: 'x' } } })).toEqual([{ customerId: 2 }, { customerId: 3 }])
  })

  it.each([
    ['another filter', { w: { region: { eq: 'EMEA' } } }],
    ['another order', { o: [{ name: 'ASC' }] }],
    ['the other direction', { o: [{ customerId: 'DESC' }] }],
  ])('M09 a cursor of %s is refused', async (_name, variables) => {
    expect(await codeOf(await cursorOf(), variables)).toBe('CURSOR_INVALID')
  })

  it('M09 a cursor of a caller with other row filters is refused', async () => {
    const cursor = await cursorOf({}, { scopes: ['shop:read'], claims: { regions: ['EMEA'] } })
    expect(await codeOf(cursor, {}, { scopes: ['shop:read'], claims: { regions: ['APAC'] } })).toBe('CURSOR_INVALID')
    expect(await codeOf(cursor)).toBe('CURSOR_INVALID')
  })

  it('M09 a cursor of another field is refused', async () => {
    const answer = await shop.ask('query ($c: String) { shop { orders(first: 1, after: $c) { totalCount } } }', { variables: { c: await cursorOf() } })
    expect(answer.errors[0]?.code).toBe('CURSOR_INVALID')
  })

  it('M09 a cursor of another process is refused', async () => {
    const foreign = new CursorCodec(Buffer.alloc(32, 9)).seal(['1'], Buffer.alloc(32))
    expect(await codeOf(foreign)).toBe('CURSOR_INVALID')
  })

  it('M09 whatever a caller makes up or changes is refused, and nothing is read', async () => {
    const real = await cursorOf()
    const changed = fc.tuple(fc.nat(real.length - 1), fc.constantFrom('A', 'B', 'z', '0', '9', '-', '_')).map(([place, letter]) => real.slice(0, place) + letter + real.slice(place + 1)).filter((cursor) => cursor !== real && !Buffer.from(cursor, 'base64url').equals(Buffer.from(real, 'base64url')))
    const madeUp = fc.oneof(fc.string({ unit: 'binary' }), fc.base64String(), fc.constant(''), fc.constant('x'.repeat(100_000)), fc.nat(real.length - 1).map((length) => real.slice(0, length)))
    await fc.assert(
      fc.asyncProperty(fc.oneof(changed, madeUp), async (cursor) => {
        const answer = await shop.ask(QUERY, { variables: { c: cursor } })
        expect(answer.errors.map((error) => error.code)).toEqual(['CURSOR_INVALID'])
        expect(answer.statements).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  it('give a key-less object pages that go forward, each row once', async () => {
    const query = 'query ($c: String) { shop { answers(first: 4, after: $c) { nodes { town score } pageInfo { hasNextPage endCursor } } } }'
    const seen: unknown[] = []
    let cursor: unknown = null
    for (let page = 0; page < 3; page += 1) {
      const answer = await shop.ask(query, { variables: { c: cursor } })
      seen.push(...(at(answer.data, 'shop.answers.nodes') as unknown[]))
      cursor = at(answer.data, 'shop.answers.pageInfo.endCursor')
    }
    expect(seen).toHaveLength(10)
    const back = await shop.ask('{ shop { answers(last: 2) { totalCount } } }')
    expect(back.errors[0]).toMatchObject({ code: 'BAD_USER_INPUT' })
  })

  it('page within each parent of a relationship', async () => {
    const query = 'query ($c: String) { shop { customerByKey(customerId: 0) { orders(first: 2, after: $c) { nodes { orderId } pageInfo { endCursor hasPreviousPage hasNextPage } } } } }'
    const first = await shop.ask(query)
    expect(at(first.data, 'shop.customerByKey.orders.nodes')).toEqual([{ orderId: 0 }, { orderId: 25 }])
    const second = await shop.ask(query, { variables: { c: at(first.data, 'shop.customerByKey.orders.pageInfo.endCursor') } })
    expect(at(second.data, 'shop.customerByKey.orders')).toMatchObject({ nodes: [{ orderId: 50 }, { orderId: 75 }], pageInfo: { hasPreviousPage: true, hasNextPage: false } })
  })
})
