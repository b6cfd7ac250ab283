import type { Result } from '@polyseme/kit/errors'
import type { IncomingStatement, Mapping } from '@polyseme/kit/lexicon'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { compileView, LmdbLinkStore, type Selection } from '../../gateway/crosswalk/links/index.ts'
import { loadLinkTable } from '../../gateway/crosswalk/load-links.ts'
import { quantile, type BenchOptions } from './bench.ts'
import { compareWithSharedKey } from './crosswalk-query/crosswalk-query.ts'

const MAPPING: Mapping = {
  id: 'sales-customer--billing-customer',
  from: 'sales.Customer',
  to: 'billing.Customer',
  predicate: 'exactMatch',
  cardinality: 'n:m',
  rule: { kind: 'table', table: 'links.sssom.tsv' },
  confidence: 1,
  justification: 'semapv:ManualMappingCuration',
  status: 'approved',
  position: { file: '', line: 1, column: 1 },
}

const VIEW = compileView({ asOfMs: Date.UTC(2026, 5, 1), knownAtMs: Infinity, minConfidence: 0, statuses: new Set(['approved']) })

/**
 * Loads a million links, looks a million keys up, then does it with ten million from a second process.
 * `npm run bench -- crosswalk load` or `… query` does one part.
 */
export async function run({ quick, args }: BenchOptions): Promise<void> {
  const [role, path, count] = args
  if (role === 'fill' && path !== undefined) return await fill(path, Number(count))
  if (role === 'open' && path !== undefined) return await openAndAsk(path, Number(count))
  if (role === 'load') return await inFolder((dir) => loadFromTable(dir, quick ? 100_000 : 1_000_000))
  if (role === 'query') return await inFolder((dir) => compareQueries(dir, quick ? 60 : 300))
  await inFolder(async (dir) => {
    await compareQueries(join(dir, 'query'), quick ? 60 : 300)
    await loadFromTable(dir, quick ? 100_000 : 1_000_000)
    const large = quick ? 1_000_000 : 10_000_000
    const store = join(dir, 'large')
    await child(['fill', store, String(large)])
    await child(['open', store, String(large)])
  })
}

/** Against domains that cost nothing, which shows the crosswalk alone, and against domains that read their data. */
async function compareQueries(dir: string, rounds: number): Promise<void> {
  await compareWithSharedKey(join(dir, 'at-once'), rounds, 0)
  await compareWithSharedKey(join(dir, 'after-5-ms'), rounds, 5)
  console.log('aim: ≤ 10 % more where domains read data')
}

async function inFolder(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'polyseme-bench-'))
  try {
    await work(dir)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function loadFromTable(dir: string, links: number): Promise<void> {
  await mkdir(join(dir, 'links'))
  await writeFile(join(dir, 'links', 'links.sssom.tsv'), tableText(links))
  globalThis.gc?.()
  const before = process.memoryUsage()
  const start = clock()
  const table = { value: valueOf(await loadLinkTable(join(dir, 'links'), MAPPING, 'links.sssom.tsv')) }
  let statements: readonly IncomingStatement[] | undefined = valueOf(table.value.read())
  const parsed = clock()
  const store = LmdbLinkStore.open(join(dir, 'store'))
  await store.load(MAPPING.id, statements, { digest: table.value.digest, nowMs: 0 })
  statements = undefined
  const selection: Selection = { found: [], ruledOut: [] }
  store.select(MAPPING.id, 'from', '1', VIEW, selection)
  const done = clock()
  console.log(
    `${format(links)} links from SSSOM TSV: loaded and queryable in ${between(start, done)} (read ${between(start, parsed)}, store ${between(parsed, done)}); aim ≤ 6 s per million`,
  )
  const { size } = await stat(join(dir, 'store', 'data.mdb'))
  console.log(`on disk ${(size / links).toFixed(0)} bytes a link`)
  measure(store, links, 'this process')
  globalThis.gc?.()
  const after = process.memoryUsage()
  console.log(
    `heap ${((after.heapUsed - before.heapUsed) / links).toFixed(1)} bytes a link, outside the heap ${((after.external - before.external) / links).toFixed(1)} (mapped memory is shared by all processes)`,
  )
  await store.close()
}

function valueOf<Value>(result: Result<Value>): Value {
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.diagnostics))
  return result.value
}

async function fill(path: string, links: number): Promise<void> {
  const store = LmdbLinkStore.open(path)
  const start = performance.now()
  await store.load(
    MAPPING.id,
    Array.from({ length: links }, (_, at) => statement(at, links)),
    { digest: 'made', nowMs: 0 },
  )
  console.log(`${format(links)} links made and stored in ${seconds(performance.now() - start)}`)
  measure(store, links, 'process that made them')
  await store.close()
}

async function openAndAsk(path: string, links: number): Promise<void> {
  const start = performance.now()
  const store = LmdbLinkStore.open(path)
  const selection: Selection = { found: [], ruledOut: [] }
  store.select(MAPPING.id, 'from', '17', VIEW, selection)
  console.log(
    `${format(links)} links: opened and the first question answered in ${(performance.now() - start).toFixed(1)} ms by a second process; aim < 100 ms`,
  )
  measure(store, links, 'second process')
  await store.close()
}

/** A million keys in batches of a thousand, as a request asks them. */
function measure(store: LmdbLinkStore, links: number, where: string): void {
  for (const side of ['from', 'to'] as const) {
    const rates: number[] = []
    for (let round = 0; round < 7; round += 1) {
      const keys = Array.from({ length: 1_000_000 }, (_, at) => String(1 + ((at * 7_919 + round * 104_729) % links)))
      const batches = Array.from({ length: 1_000 }, (_, at) => keys.slice(at * 1_000, at * 1_000 + 1_000))
      let found = 0
      const start = clock()
      for (const batch of batches)
        store.selectMany(MAPPING.id, side, batch, VIEW, (_at, selection) => {
          found += selection.found.length
        })
      rates.push(1_000 / (clock().cpuMs - start.cpuMs))
      if (found !== keys.length) throw new Error(`${found} of ${keys.length} keys found`)
    }
    rates.sort((one, other) => one - other)
    console.log(
      `look-up by ${side}, batches of 1,000, ${where}: ${quantile(rates, 0.5).toFixed(2)} M keys per second of one core (best ${quantile(rates, 1).toFixed(2)}); aim ≥ 1`,
    )
  }
}

async function child(words: readonly string[]): Promise<void> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--max-old-space-size=12000', join(import.meta.dirname, 'run.ts'), 'crosswalk', ...words],
    { maxBuffer: 10_000_000 },
  )
  process.stdout.write(stdout.replace(/^\n?# crosswalk\n/u, ''))
}

/** Links in an order that is neither side's. */
function statement(at: number, links: number): IncomingStatement {
  return {
    from: String(1 + ((at * 48_271) % links)),
    to: String(at + 1),
    predicate: 'exactMatch',
    negative: false,
    confidence: 0.97,
    status: 'approved',
    validFromMs: Date.UTC(2020, 0, 1) + at,
    validToMs: Infinity,
    recordedAtMs: Date.UTC(2021, 0, 1) + at,
    provenance: PROVENANCE,
  }
}

const PROVENANCE = { justification: 'semapv:ManualMappingCuration', source: 'bench' }

function tableText(links: number): string {
  const lines = ['subject_id\tpredicate_id\tobject_id\tmapping_justification\tconfidence\tvalid_from\trecorded_at\tstatus']
  const moments = Array.from({ length: 1_000 }, (_, at) => new Date(Date.UTC(2021, 0, 1) + at * 86_400_000).toISOString())
  for (let at = 0; at < links; at += 1) {
    const { from, to } = statement(at, links)
    lines.push(
      `sales.Customer:${from}\tskos:exactMatch\tbilling.Customer:${to}\tsemapv:ManualMappingCuration\t0.97\t2020-01-01T00:00:00Z\t${moments[at % 1_000] ?? ''}\tapproved`,
    )
  }
  return `${lines.join('\n')}\n`
}

/** Wall and processor time of this thread: on a busy machine only the second says something about the code. */
function clock(): { readonly wallMs: number; readonly cpuMs: number } {
  const { user, system } = process.threadCpuUsage()
  return { wallMs: performance.now(), cpuMs: (user + system) / 1_000 }
}

function between(start: ReturnType<typeof clock>, end: ReturnType<typeof clock>): string {
  return `${seconds(end.wallMs - start.wallMs)} wall, ${seconds(end.cpuMs - start.cpuMs)} core`
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`
}

function format(count: number): string {
  return count.toLocaleString('en')
}
