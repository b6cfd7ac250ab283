import { chmod, mkdtemp, readdir, rm, writeFile, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { ProductUrn } from '@polyseme/kit/contract'
import { HISTORY_KEPT, PromiseStore, type PromiseResult } from '@polyseme/kit/promise'

const URN: ProductUrn = 'urn:dataproduct:lab:orders:1'
const folders: string[] = []
let dataDir = ''

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'polyseme-promise-store-'))
  folders.push(dataDir)
})

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

function result(id: string, more: Partial<PromiseResult> = {}): PromiseResult {
  return { urn: URN, id, fingerprint: 'f', state: 'KEPT', measured: 1, measuredAtMs: 1_000, ...more }
}

describe('PromiseStore', () => {
  it('has after a restart what it was given', () => {
    {
      using store = PromiseStore.open(dataDir, 'lab')
      store.save([result('a'), result('b', { state: 'NOT_RUN', measured: null, reason: 'no' })])
    }
    using again = PromiseStore.open(dataDir, 'lab')
    expect([...again.resultsOf(URN).values()]).toEqual([
      { ...result('a'), sinceMs: 1_000 },
      { ...result('b', { state: 'NOT_RUN', measured: null, reason: 'no' }), sinceMs: 1_000 },
    ])
    expect(again.resultsOf('urn:dataproduct:lab:customers:1')).toEqual(new Map())
  })

  it('tells since when a promise is in its state', () => {
    using store = PromiseStore.open(dataDir, 'lab')
    const states: string[] = []
    for (const [measuredAtMs, state, fingerprint] of [[1, 'KEPT', 'f'], [2, 'KEPT', 'f'], [3, 'BROKEN', 'f'], [4, 'BROKEN', 'f'], [5, 'BROKEN', 'g']] as const) {
      store.save([result('a', { measuredAtMs, state, fingerprint })])
      states.push(`${measuredAtMs}: ${state} since ${store.resultsOf(URN).get('a')?.sinceMs}`)
    }
    expect(states).toEqual(['1: KEPT since 1', '2: KEPT since 1', '3: BROKEN since 3', '4: BROKEN since 3', '5: BROKEN since 5'])
  })

  it('keeps the later of two results, whichever process brings it first', () => {
    using store = PromiseStore.open(dataDir, 'lab')
    using other = PromiseStore.open(dataDir, 'lab')
    store.save([result('a', { measuredAtMs: 5, measured: 5 })])
    other.save([result('a', { measuredAtMs: 4, measured: 4 })])
    expect([store, other].map((one) => one.resultsOf(URN).get('a')?.measured)).toEqual([5, 5])
  })

  it('keeps all results of a run or none', () => {
    using store = PromiseStore.open(dataDir, 'lab')
    expect(() => store.save([result('a'), result('b', { state: undefined as never })])).toThrow()
    expect(store.resultsOf(URN).size).toBe(0)
    store.save([result('a')])
    expect(store.resultsOf(URN).size).toBe(1)
  })

  it('keeps the last 200 results of each promise with their times, the latest first, and those of another contract apart', () => {
    using store = PromiseStore.open(dataDir, 'lab')
    for (let at = 1; at <= HISTORY_KEPT + 50; at += 1) store.save([result('a', { measuredAtMs: at, measured: at * 2, state: at % 2 === 0 ? 'KEPT' : 'BROKEN' }), ...(at <= 3 ? [result('b', { measuredAtMs: at })] : [])])
    const all = store.historyOf({ urn: URN, id: 'a', fingerprint: 'f' }, 1_000)
    expect(all).toHaveLength(HISTORY_KEPT)
    expect([all[0], all.at(-1)]).toEqual([result('a', { measuredAtMs: 250, measured: 500, state: 'KEPT' }), result('a', { measuredAtMs: 51, measured: 102, state: 'BROKEN' })])
    expect(store.historyOf({ urn: URN, id: 'a', fingerprint: 'f' }, 2).map(({ measuredAtMs }) => measuredAtMs)).toEqual([250, 249])
    expect(store.historyOf({ urn: URN, id: 'b', fingerprint: 'f' }, 10).map(({ measuredAtMs }) => measuredAtMs)).toEqual([3, 2, 1])
    store.save([result('a', { measuredAtMs: 300, fingerprint: 'g' })])
    expect(store.historyOf({ urn: URN, id: 'a', fingerprint: 'g' }, 10).map(({ measuredAtMs }) => measuredAtMs)).toEqual([300])
    expect(store.historyOf({ urn: URN, id: 'a', fingerprint: 'f' }, 1_000)).toHaveLength(HISTORY_KEPT - 1)
  })

  it('sets a damaged file aside and begins anew', async () => {
    await mkdir(join(dataDir, 'promises'))
    await writeFile(join(dataDir, 'promises/lab.sqlite'), 'this is no database, although it is long enough to be one'.repeat(100))
    using store = PromiseStore.open(dataDir, 'lab')
    store.save([result('a')])
    expect(store.resultsOf(URN).size).toBe(1)
    expect(await readdir(join(dataDir, 'promises'))).toContain('lab.sqlite.damaged')
  })

  it('says that a data directory cannot be written', async () => {
    await writeFile(join(dataDir, 'promises'), 'a file in its place')
    await chmod(dataDir, 0o500)
    expect(() => PromiseStore.open(dataDir, 'lab')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    await chmod(dataDir, 0o700)
  })

  it('lasts as long as the process where it has no file', () => {
    using store = PromiseStore.inMemory()
    store.save([result('a')])
    expect(store.resultsOf(URN).get('a')?.state).toBe('KEPT')
  })
})
