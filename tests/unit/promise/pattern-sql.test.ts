import * as fc from 'fast-check'
import { DuckDBInstance } from '@duckdb/node-api'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineRegExp } from '../../../shared/promise/pattern-sql.ts'
import { startPostgres, type PostgresServer } from '../../testkit/postgres.ts'

const SEED = Number(process.env['POLYSEME_SEED'] ?? 20_260_101)
const RUNS = 250

type Matches = (pattern: string, texts: readonly string[]) => Promise<readonly boolean[]>

const engines = new Map<'re2' | 'postgres', Matches>()
const cleanUps: (() => Promise<void>)[] = []
let server: PostgresServer

beforeAll(async () => {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  engines.set('re2', async (pattern, texts) => {
    const list = texts.map((text) => `'${text.replaceAll("'", "''")}'`).join(', ')
    const reader = await connection.runAndReadAll(`SELECT regexp_matches(t, CAST($1 AS VARCHAR)) FROM (SELECT unnest([${list}]) AS t)`, [pattern])
    return reader.getRowsJS().map(([matches]) => matches === true)
  })
  server = await startPostgres()
  const client = new Client(server.url)
  await client.connect()
  engines.set('postgres', async (pattern, texts) => {
    const { rows } = await client.query<{ m: boolean }>('SELECT t ~ $1 AS m FROM unnest($2::text[]) WITH ORDINALITY AS x(t, i) ORDER BY i', [pattern, texts])
    return rows.map(({ m }) => m)
  })
  cleanUps.push(async () => {
    connection.closeSync()
    instance.closeSync()
    await client.end()
    await server.stop()
  })
})

afterAll(async () => {
  for (const cleanUp of cleanUps) await cleanUp()
})

const CHARACTERS = ['a', 'b', 'Z', '0', '7', '_', '-', '.', ' ', '\n', '\r', '\t', '\u00A0', '\u2028', 'é', 'ß', '漢', '🦆', "'", '/', '@', '+', '[', ']', '^', '$', '{', '\\', '"', '%', '&', '~', '#', ':', '=', '<', '!']
const textArbitrary = fc.array(fc.constantFrom(...CHARACTERS), { maxLength: 6 }).map((parts) => parts.join(''))

const escaped = (character: string): string => (/[\^$\\.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character)
const literalArbitrary = fc.oneof(
  fc.constantFrom(...CHARACTERS).map(escaped),
  fc.constantFrom('\\n', '\\r', '\\t', '\\u00e9', '\\u{1F986}', '\\uD83E\\uDD86', '\\x61', '\\-'.slice(1), '\\/'),
)
const shorthandArbitrary = fc.constantFrom('\\d', '\\D', '\\w', '\\W', '\\s', '\\S', '.')
const memberArbitrary = fc.oneof(
  fc.constantFrom('a', 'b', '0', '_', '.', '$', '@', '+', '*', '?', '(', ')', '{', '}', '|', '\\]', '\\[', '\\^', '\\\\', '\\-', '\\d', '\\w', '\\s', 'a-z', 'A-Z', '0-9', '\\n', 'é', '漢', '🦆', '\\u0020-\\u007e', '&', '~', ':', '='),
)
const classArbitrary = fc.record({ negated: fc.boolean(), members: fc.uniqueArray(memberArbitrary, { minLength: 1, maxLength: 4 }) }).map(({ negated, members }) => `[${negated ? '^' : ''}${members.join('')}]`)
const quantifierArbitrary = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{0,2}', '{1,}', '*?', '+?')

const { pattern: patternArbitrary } = fc.letrec<{ pattern: string; branch: string; atom: string }>((tie) => ({
  pattern: fc.array(tie('branch'), { minLength: 1, maxLength: 2 }).map((branches) => branches.join('|')),
  branch: fc.array(fc.oneof(fc.tuple(tie('atom'), quantifierArbitrary).map(([atom, quantifier]) => atom + quantifier), fc.constantFrom('^', '$', '\\b', '\\B')), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('')),
  atom: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    literalArbitrary,
    shorthandArbitrary,
    classArbitrary,
    fc.constantFrom('[\\s\\S]', '[^]'),
    tie('pattern').map((pattern) => `(${pattern})`),
    tie('pattern').map((pattern) => `(?:${pattern})`),
  ),
}))

describe.each(['re2', 'postgres'] as const)('regular expressions of the flavour %s', (engine) => {
  it(`match what ECMAScript's match, ${RUNS} patterns`, async () => {
    await fc.assert(
      fc.asyncProperty(patternArbitrary, fc.uniqueArray(textArbitrary, { minLength: 8, maxLength: 12 }), async (pattern, texts) => {
        const own = engineRegExp(pattern, engine)
        const regExp = new RegExp(pattern, 'u')
        const matches = engines.get(engine)
        if (matches === undefined || own === undefined) throw new TypeError('every pattern of this grammar has a counterpart')
        const expected = Object.fromEntries(texts.map((text) => [text, regExp.test(text)]))
        const found = await matches(own, texts)
        expect(Object.fromEntries(texts.map((text, index) => [text, found[index]]))).toEqual(expected)
      }),
      { seed: SEED, numRuns: RUNS },
    )
  })

  it.each(['[\\D]', '[^\\S]', '\\0', '\\cJ', '\\p{Script=Greek}', 'a{2000}', '\\uD83E', '[]'])('has none that is certain to be the same for %s', (pattern) => {
    expect(engineRegExp(pattern, engine)).toBeUndefined()
  })
})

describe('regular expressions', () => {
  it('know Unicode categories on DuckDB only', () => {
    expect([engineRegExp('^\\p{Lu}\\P{L}', 're2'), engineRegExp('\\p{Lu}', 'postgres')]).toEqual(['^\\p{Lu}\\P{L}', undefined])
  })

  it.each(['a(?<year>[0-9]{4})b', '', 'x{0,255}'])('keep %j', (pattern) => {
    expect(engineRegExp(pattern, 'postgres')).toBe(pattern.replace('?<year>', '?:'))
  })
})
