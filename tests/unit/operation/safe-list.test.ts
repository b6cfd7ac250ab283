import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { parseManifest, SafeList } from '../../../gateway/operation/index.ts'

const ORDERS = 'query Orders($first: Int) { orders(first: $first) { id total } }'
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

describe('a manifest of registered operations', () => {
  it('is what Apollo\'s tools write', () => {
    const manifest = { format: 'apollo-persisted-query-manifest', version: 1, operations: [{ id: 'abc', name: 'Orders', type: 'query', body: ORDERS }] }
    expect(parseManifest({ file: 'web.json', text: JSON.stringify(manifest) })).toEqual({ kind: 'ok', value: [{ id: 'abc', text: ORDERS }], warnings: [] })
  })

  it('is what Relay\'s compiler writes', () => {
    expect(parseManifest({ file: 'persisted.json', text: JSON.stringify({ abc: ORDERS }) })).toEqual({ kind: 'ok', value: [{ id: 'abc', text: ORDERS }], warnings: [] })
  })

  it('is a document as a client sends it', () => {
    expect(parseManifest({ file: 'orders.graphql', text: `${ORDERS}\n` })).toEqual({ kind: 'ok', value: [{ text: ORDERS }], warnings: [] })
  })

  it.each([
    ['web.json', 'nonsense', 'it is not JSON'],
    ['web.json', '[]', 'it is no manifest'],
    ['web.json', '{"format":"other","version":1,"operations":[]}', '`format` is not known'],
    ['web.json', '{"format":"apollo-persisted-query-manifest","version":2,"operations":[]}', '`version` is not 1'],
    ['web.json', '{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"a"}]}', '`operations[0]` has no `id` or no `body`'],
    ['relay.json', '{"abc":1}', '`abc` is no text of an operation'],
    ['empty.graphql', ' \n', 'there is no operation in it'],
    ['broken.gql', '{ sales { broken', 'its document is no GraphQL: Syntax Error'],
    ['relay.json', '{"abc":"{ a }","abd":"{ sales { broken"}', 'abd is no GraphQL: Syntax Error'],
    ['web.json', '{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"a","body":"fragment F on T { a }"}]}', 'a is no GraphQL: there is no operation in it'],
  ])('%s with %s is a finding: %s', (file, text, what) => {
    expect(parseManifest({ file, text })).toMatchObject({ kind: 'invalid', diagnostics: [{ rule: 'operations-manifest', what: expect.stringContaining(what) as string }] })
  })
})

describe('a safe list', () => {
  const list = new SafeList([{ id: 'abc', text: ORDERS }, { text: '{ a }' }, { text: '{ a }' }])

  it('finds an operation by the client\'s id and by the hash of its text', () => {
    expect([list.find('abc'), list.find(sha256(ORDERS)), list.find(`sha256:${sha256(ORDERS)}`)]).toEqual([ORDERS, ORDERS, ORDERS])
    expect([list.find('abd'), list.find('__proto__'), list.find('sha256:abc'), list.size]).toEqual([undefined, undefined, ORDERS, 2])
  })

  it('knows an operation whatever its white space, and no other', () => {
    expect([ORDERS, '{a}', '\n{ # comment\n a, }', `# of the web client\n${ORDERS}`].map((text) => list.isRegistered(text))).toEqual([true, true, true, true])
    expect(['{ b }', '{ a b }', '{ a } { a }', '{ "', '', `{ a }${' '.repeat(1_000_000)}`].map((text) => list.isRegistered(text))).toEqual([false, false, false, false, false, false])
  })
})
