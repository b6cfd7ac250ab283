import type { IncomingStatement } from '@polyseme/kit/lexicon'
import { LmdbLinkStore } from '../../../gateway/crosswalk/links/index.ts'

/** Writes rounds of a thousand links and one that names the round, and tells the parent of each that is stored; until it is killed. */
const [path = ''] = process.argv.slice(2)
const store = LmdbLinkStore.open(path, { mapBytes: 64 * 1024 ** 2 })
const statements: IncomingStatement[] = [...store.find('m', 'from', 'round')].flatMap(({ to }) => round(Number(to)))

for (let at = statements.length / 1_001 + 1; at < 1_000; at += 1) {
  statements.push(...round(at))
  await store.load('m', statements, { digest: String(at), nowMs: 0 })
  process.send?.(at)
}

function round(number: number): readonly IncomingStatement[] {
  const statement = (from: string, to: string): IncomingStatement => ({
    from,
    to,
    predicate: 'exactMatch',
    negative: false,
    confidence: 1,
    status: 'approved',
    validFromMs: -Infinity,
    validToMs: Infinity,
    recordedAtMs: 0,
    provenance: { justification: 'semapv:X', source: 'test' },
  })
  return [statement('round', String(number)), ...Array.from({ length: 1_000 }, (_, at) => statement(`${number}-${at}`, String(at)))]
}
