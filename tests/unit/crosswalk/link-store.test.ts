import type { IncomingStatement, LinkStatement, MappingStatus } from '@polyseme/kit/lexicon'
import * as fc from 'fast-check'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  APPROVED,
  compileView,
  countsIn,
  latestStatements,
  LmdbLinkStore,
  rulesOut,
  type LinkSide,
  type LinkView,
  type Selection,
} from '../../../gateway/crosswalk/links/index.ts'
import { temporaryFolder } from './mesh.ts'

const MAP_BYTES = 64 * 1024 ** 2
const PROVENANCE = { justification: 'semapv:X', source: 'test' }

function statement(from: string, to: string | undefined, more: Partial<IncomingStatement> = {}): IncomingStatement {
  return {
    from,
    to,
    predicate: 'exactMatch',
    negative: false,
    confidence: 1,
    status: 'approved',
    validFromMs: -Infinity,
    validToMs: Infinity,
    recordedAtMs: 0,
    provenance: PROVENANCE,
    ...more,
  }
}

const NOW: LinkView = { asOfMs: 100, knownAtMs: Infinity, minConfidence: 0, statuses: APPROVED }

function counterparts(
  store: LmdbLinkStore,
  key: string,
  { side = 'from', view = NOW, mapping = 'm' }: { readonly side?: LinkSide; readonly view?: LinkView; readonly mapping?: string } = {},
): readonly string[] {
  const selection: Selection = { found: [], ruledOut: [] }
  store.select(mapping, side, key, compileView(view), selection)
  return selection.found.filter((other) => !selection.ruledOut.includes(other)).sort()
}

const KEY = fc.oneof(
  fc.integer({ min: 0, max: 6 }).map(String),
  fc.constantFrom('007', 'a%20b', 'x/y', '-1', '12345678901234567890', 'é'.length === 1 ? 'a~b' : 'z'),
)
const STATEMENTS = fc
  .array(
    fc.record({
      from: KEY,
      to: fc.option(KEY, { nil: undefined, freq: 8 }),
      predicate: fc.constantFrom('exactMatch' as const, 'narrowMatch' as const),
      negative: fc.boolean(),
      confidence: fc.constantFrom(0, 0.3, 0.97, 1),
      status: fc.constantFrom<MappingStatus>('approved', 'approved', 'proposed', 'superseded', 'rejected'),
      validFromMs: fc.constantFrom(-Infinity, 50, 120),
      validToMs: fc.constantFrom(Infinity, 80, 130),
      recordedAtMs: fc.integer({ min: 0, max: 5 }).map((value) => value * 10),
    }),
    { maxLength: 30 },
  )
  .map((statements): readonly LinkStatement[] =>
    statements
      // One statement of a moment for each pair, and none valid for no time: what a table may hold.
      .filter(({ validFromMs, validToMs }) => validFromMs < validToMs)
      .filter(
        (one, at, all) =>
          all.findIndex((other) => other.from === one.from && other.to === one.to && other.recordedAtMs === one.recordedAtMs) === at,
      )
      .map((one) => ({ ...one, provenance: PROVENANCE })),
  )
const VIEWS = fc.record({
  asOfMs: fc.constantFrom(0, 60, 100, 125),
  knownAtMs: fc.constantFrom(Infinity, 5, 25, 40),
  minConfidence: fc.constantFrom(0, 0.5),
  statuses: fc.constantFrom(APPROVED, new Set<MappingStatus>(['proposed', 'rejected'])),
})

describe('a damaged file', () => {
  it('is an error that says what to do, and not the end of the process', async () => {
    await using folder = await temporaryFolder()
    await using whole = await temporaryFolder()
    await LmdbLinkStore.open(whole.path, { mapBytes: MAP_BYTES }).close()
    const good = await readFile(join(whole.path, 'data.mdb'))
    for (const content of [
      Buffer.from('no store'),
      Buffer.alloc(90_000, 7),
      good.subarray(0, 5_000),
      Buffer.concat([good.subarray(0, 4_096), Buffer.alloc(4_096)]),
    ]) {
      await writeFile(join(folder.path, 'data.mdb'), content)
      expect(() => LmdbLinkStore.open(folder.path, { mapBytes: MAP_BYTES })).toThrow(
        expect.objectContaining({ code: 'DATA_DIR_CORRUPT' }) as Error,
      )
    }
    await writeFile(join(folder.path, 'data.mdb'), good)
    await LmdbLinkStore.open(folder.path, { mapBytes: MAP_BYTES }).close()
  })
})

describe('a file that was cut off', () => {
  it('is damaged, wherever it was cut', async () => {
    await using folder = await temporaryFolder()
    const store = LmdbLinkStore.open(folder.path, { mapBytes: MAP_BYTES })
    await store.load(
      'm',
      Array.from({ length: 5_000 }, (_, at) => statement(String(at), String(at))),
      { digest: '', nowMs: 0 },
    )
    await store.close()
    const file = join(folder.path, 'data.mdb')
    const whole = await readFile(file)
    for (const share of [0.3, 0.6, 0.99]) {
      await writeFile(file, whole.subarray(0, Math.floor(whole.length * share)))
      expect(() => LmdbLinkStore.open(folder.path, { mapBytes: MAP_BYTES })).toThrow(
        expect.objectContaining({ code: 'DATA_DIR_CORRUPT' }) as Error,
      )
    }
    await writeFile(file, whole)
    const again = LmdbLinkStore.open(folder.path, { mapBytes: MAP_BYTES })
    expect(counterparts(again, '4999')).toEqual(['4999'])
    await again.close()
  })
})

describe('the link store', () => {
  it('answers as a plain list of statements would, from a segment, a journal or both', async () => {
    await using folder = await temporaryFolder()
    let run = 0
    await fc.assert(
      fc.asyncProperty(STATEMENTS, STATEMENTS, VIEWS, async (first, second, view) => {
        run += 1
        const store = LmdbLinkStore.open(join(folder.path, String(run)), { mapBytes: MAP_BYTES })
        try {
          const all = [
            ...first,
            ...second.filter(
              (one) => !first.some((other) => other.from === one.from && other.to === one.to && other.recordedAtMs === one.recordedAtMs),
            ),
          ]
          await store.load('m', first, { digest: '1', nowMs: 1_000 })
          await store.load('m', all, { digest: '2', nowMs: 1_000 })
          expect(store.size('m')).toBe(all.length)
          for (const side of ['from', 'to'] as const) {
            const keys = [...new Set(all.flatMap((one) => one[side] ?? [])), 'unknown']
            expect([...store.keys('m', side)].sort()).toEqual(keys.slice(0, -1).sort())
            const many = new Map<string, readonly string[]>()
            store.selectMany('m', side, keys, compileView(view), (at, { found, ruledOut }) =>
              many.set(keys[at] ?? '', found.filter((other) => !ruledOut.includes(other)).sort()),
            )
            for (const key of keys) {
              const own = all.filter((one) => one[side] === key)
              expect(store.find('m', side, key).toSorted(order)).toEqual(own.toSorted(order))
              const believed = latestStatements(
                own.toSorted((one, other) => one.recordedAtMs - other.recordedAtMs),
                view.knownAtMs,
              )
              const other = side === 'from' ? 'to' : 'from'
              const ruledOut = new Set(believed.filter((one) => rulesOut(one, view)).map((one) => one[other]))
              const expected = believed
                .filter((one) => !one.negative && countsIn(one, view))
                .flatMap((one) => one[other] ?? [])
                .filter((found) => !ruledOut.has(found))
                .sort()
              expect(counterparts(store, key, { side, view })).toEqual(expected)
              expect(many.get(key) ?? []).toEqual(expected)
            }
          }
          expect(store.negatives('m').toSorted(order)).toEqual(all.filter(({ negative }) => negative).toSorted(order))
        } finally {
          await store.close()
        }
      }),
      { numRuns: 120 },
    )
  }, 60_000)

  it('writes a segment anew when additions are many, and a journal while they are few', async () => {
    await using folder = await temporaryFolder()
    const store = LmdbLinkStore.open(folder.path, { mapBytes: MAP_BYTES * 4 })
    const links = (count: number): readonly IncomingStatement[] =>
      Array.from({ length: count }, (_, at) => statement(String(at), String(at)))
    await store.load('m', links(1_000), { digest: '1', nowMs: 0 })
    expect(await store.load('m', links(1_001), { digest: '2', nowMs: 0 })).toBe(1)
    expect(await store.load('m', links(40_000), { digest: '3', nowMs: 0 })).toBe(38_999)
    expect([store.size('m'), counterparts(store, '1000'), counterparts(store, '39999')]).toEqual([40_000, ['1000'], ['39999']])
    await store.close()
  })

  it('is there again after it was closed, with digest and history', async () => {
    await using folder = await temporaryFolder()
    const first = LmdbLinkStore.open(folder.path, { mapBytes: MAP_BYTES })
    await first.load('m', [statement('1', 'a')], { digest: 'one', nowMs: 10 })
    await first.load('m', [statement('1', 'b')], { digest: 'two', nowMs: 20 })
    await first.close()
    const again = LmdbLinkStore.open(folder.path, { mapBytes: MAP_BYTES })
    expect([again.digest('m'), counterparts(again, '1'), counterparts(again, '1', { view: { ...NOW, knownAtMs: 19 } })]).toEqual([
      'two',
      ['b'],
      ['a', 'b'],
    ])
    await again.close()
  })

  it('E11 is the same for every store of a folder as soon as they refresh', async () => {
    await using folder = await temporaryFolder()
    const [one, other] = [
      LmdbLinkStore.open(folder.path, { mapBytes: MAP_BYTES }),
      LmdbLinkStore.open(folder.path, { mapBytes: MAP_BYTES }),
    ]
    await one.load('m', [statement('1', 'a')], { digest: '1', nowMs: 0 })
    other.refresh()
    expect(counterparts(other, '1')).toEqual(['a'])
    await one.load('m', [], { digest: '2', nowMs: 50 })
    other.refresh()
    expect(counterparts(other, '1')).toEqual([])
    await one.close()
    expect(other.size('m')).toBe(2)
    await other.close()
  })

  it('keeps mappings apart', async () => {
    await using folder = await temporaryFolder()
    const store = LmdbLinkStore.open(folder.path, { mapBytes: MAP_BYTES })
    await store.load('m', [statement('1', 'a')], { digest: '', nowMs: 0 })
    await store.load('n', [statement('1', 'b')], { digest: '', nowMs: 0 })
    expect([counterparts(store, '1'), counterparts(store, '1', { mapping: 'n' }), counterparts(store, '1', { mapping: 'o' })]).toEqual([
      ['a'],
      ['b'],
      [],
    ])
    await store.close()
  })

  it('holds what was acknowledged, whole, when its process is killed at any moment', async () => {
    await using folder = await temporaryFolder()
    for (const delayMs of [20, 60, 120]) {
      const writer = fork(join(import.meta.dirname, 'link-writer.ts'), [folder.path], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
      let acknowledged = 0
      writer.on('message', (message) => {
        acknowledged = Number(message)
      })
      await once(writer, 'message')
      setTimeout(() => writer.kill('SIGKILL'), delayMs)
      await once(writer, 'exit')
      const store = LmdbLinkStore.open(folder.path, { mapBytes: MAP_BYTES })
      const rounds = store.find('m', 'from', 'round').map(({ to }) => Number(to))
      expect(rounds.length).toBeGreaterThanOrEqual(acknowledged)
      // Each round is stored with its thousand links or not at all.
      expect(store.size('m')).toBe(rounds.length * 1_001)
      await store.close()
    }
  }, 60_000)
})

function order(one: LinkStatement, other: LinkStatement): number {
  const text = ({ from, to, recordedAtMs }: LinkStatement): string => `${from}\t${to ?? ''}\t${recordedAtMs}`
  return text(one) < text(other) ? -1 : text(one) > text(other) ? 1 : 0
}
