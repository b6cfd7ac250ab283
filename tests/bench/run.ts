/**
 * `npm run bench`: every bench of this folder, one after the other. `npm run bench -- gateway` runs one,
 * `--quick` shortens it.
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bench } from './bench.ts'

const NOT_BENCHES = new Set(['run.ts', 'bench.ts'])

const files = (await readdir(import.meta.dirname)).filter((file) => file.endsWith('.ts') && !NOT_BENCHES.has(file))
const benches = files.map((file) => file.slice(0, -'.ts'.length)).sort()

const words = process.argv.slice(2).filter((word) => word !== '--quick')
const quick = process.argv.includes('--quick')
const [name, ...args] = words
if (name !== undefined && !benches.includes(name)) {
  console.error(`no bench "${name}"; there are: ${benches.join(', ')}`)
  process.exit(1)
}

process.env['APOLLO_TELEMETRY_DISABLED'] = '1'
for (const bench of name === undefined ? benches : [name]) {
  console.log(`\n# ${bench}`)
  const module = await import(join(import.meta.dirname, `${bench}.ts`)) as Bench
  await module.run({ quick, args })
}
