import { Kind, parse, validate } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Mask } from '@polyseme/kit/identity'
import { answerDirectly, buildDomainSubgraph, CursorCodec } from '@polyseme/kit/product'
import type { Source } from '@polyseme/kit/source'
import type { RandomDomain } from '../../testkit/domain-oracle/random-domain.ts'
import { ENGINE_NAMES, EveryEngine, type EngineName } from '../../testkit/every-engine.ts'
import { dataProduct, productObject, property } from '../../testkit/product-fixtures.ts'

const LAB: RandomDomain = {
  product: dataProduct('lab', 'things', [
    productObject('lab', 'Thing', [
      property('id', 'integer', { required: true }),
      property('tags', 'string', { list: true }),
      property('codes', 'integer', { list: true }),
      property('prices', 'decimal', { list: true }),
      property('moods', 'enum', { list: true, values: [{ name: 'GOOD', value: 'good' }, { name: 'BAD', value: 'b"ad' }] }),
    ], { keys: [['id']] }),
  ]),
  rows: new Map([['LabThing', [
    { id: 1n, tags: ['a', "b'c", null], codes: [1n, 2n], prices: [12_500n], moods: ['good', 'unlisted'] },
    { id: 2n, tags: [], codes: [], prices: [], moods: [] },
    { id: 3n, tags: null, codes: null, prices: null, moods: null },
    { id: 4n, tags: ['a'], codes: [2147483647n], prices: [1n, 12_500n], moods: ['good', 'b"ad'] },
    { id: 5n, tags: [null], codes: [null], prices: [null], moods: [null] },
  ]]]),
}

let engines: EveryEngine
const sources = new Map<EngineName, Source>()

beforeAll(async () => {
  engines = await EveryEngine.start(LAB)
  for (const name of ENGINE_NAMES) sources.set(name, await engines.open(name))
})

afterAll(async () => {
  for (const source of sources.values()) await source.close()
  await engines[Symbol.asyncDispose]()
})

async function idsWhere(engine: EngineName, where: string, masks: Readonly<Record<string, Mask>> = {}): Promise<unknown> {
  const { model, schema, requirements } = buildDomainSubgraph([LAB.product])
  const source = sources.get(engine)
  if (source === undefined) throw new TypeError(engine)
  const document = parse(`{ lab { things(where: { ${where} }) { nodes { id } } } }`)
  expect(validate(schema, document)).toEqual([])
  const [operation] = document.definitions
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError('no operation')
  const principal = { issuer: 'https://issuer.test', subject: 'someone', scopes: new Set(['lab:read']), roles: [], claims: {}, expiresAtSec: 0 }
  const run = { model, source, cursors: new CursorCodec(Buffer.alloc(32, 1)), call: { principal, masks } }
  const answer = await answerDirectly({ run, context: { schema, model, fragments: {}, variables: {}, requirements } }, operation)
  if (answer === undefined) throw new TypeError('not answered directly')
  const [failure] = answer.failures
  if (failure !== undefined) return failure.error.code
  const data = JSON.parse(answer.data) as { readonly lab: { readonly things: { readonly nodes: readonly { readonly id: number }[] } } }
  return data.lab.things.nodes.map(({ id }) => id)
}

describe.each(ENGINE_NAMES)('filters on lists in %s', (engine) => {
  it.each([
    ['tags: { has: "a" }', [1, 4]],
    [`tags: { has: "b'c" }`, [1]],
    ['tags: { hasAny: ["b\'c", "x"] }', [1]],
    ['tags: { hasAny: [] }', []],
    ['tags: { hasAll: ["a", "b\'c", "a"] }', [1]],
    ['tags: { hasAll: [] }', [1, 2, 4, 5]],
    ['tags: { isEmpty: true }', [2]],
    ['tags: { isEmpty: false }', [1, 4, 5]],
    ['tags: { isNull: true }', [3]],
    ['tags: { has: "a", isEmpty: false, hasAll: ["b\'c"] }', [1]],
    ['not: { tags: { has: "a" } }', [2, 3, 5]],
    ['codes: { has: 2 }', [1]],
    ['codes: { hasAny: [1, 2147483647] }', [1, 4]],
    ['prices: { has: "1.25" }', [1, 4]],
    ['prices: { hasAll: ["1.2500", 0.0001] }', [4]],
    ['prices: { hasAny: ["0.00001", "99999999999999999999", "0.0001"] }', [4]],
    ['prices: { hasAll: ["0.00001", "0.0001"] }', []],
    ['moods: { has: GOOD }', [1, 4]],
    ['moods: { hasAll: [BAD, GOOD] }', [4]],
    ['moods: { isNull: false, isEmpty: false }', [1, 4, 5]],
  ])('%s → %j', async (where, ids) => expect(await idsWhere(engine, where)).toEqual(ids))

  it.each(['tags: { has: null }', 'tags: { hasAny: null }', 'tags: { hasAll: null }', 'tags: { isEmpty: null }', 'tags: { isNull: null }', 'tags: { has: "\\u0000" }'])('refuses %s', async (where) => {
    expect(await idsWhere(engine, where)).toBe('BAD_USER_INPUT')
  })

  it.each(['tags: { has: "a" }', 'tags: { isEmpty: true }', 'tags: { isNull: true }'])('M02 refuses %s on a list that is masked', async (where) => {
    expect(await idsWhere(engine, where, { 'LabThing.tags': { kind: 'null' } })).toBe('FIELD_NOT_CLEAR')
  })
})
