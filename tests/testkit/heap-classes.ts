import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from './eventually.ts'

/** How many objects of each class a process holds, by class name. */
export type HeapClasses = ReadonlyMap<string, number>

interface Snapshot {
  readonly snapshot: { readonly meta: { readonly node_fields: readonly string[]; readonly node_types: readonly [readonly string[], ...unknown[]] } }
  readonly nodes: readonly number[]
  readonly strings: readonly string[]
}

/** Options of a process whose heap is to be counted. */
export const HEAP_ENV = { NODE_OPTIONS: '--heapsnapshot-signal=SIGUSR2' }

/** Collects garbage in a process that runs with `HEAP_ENV`, and counts what is left. It writes to its own working directory, `folder`. */
export async function countHeapClasses(pid: number, folder: string): Promise<HeapClasses> {
  process.kill(pid, 'SIGUSR2')
  const file = await eventually(async () => {
    const [name] = (await readdir(folder)).filter((entry) => entry.endsWith('.heapsnapshot'))
    if (name === undefined) throw new Error('no snapshot yet')
    // Whole only when it ends as it has to.
    const snapshot = JSON.parse(await readFile(join(folder, name), 'utf8')) as Snapshot
    await rm(join(folder, name))
    return snapshot
  }, 60_000)
  return classesOf(file)
}

function classesOf({ snapshot: { meta }, nodes, strings }: Snapshot): HeapClasses {
  const [typeAt, nameAt, width] = [meta.node_fields.indexOf('type'), meta.node_fields.indexOf('name'), meta.node_fields.length]
  const counted = new Set(['object', 'closure'].map((type) => meta.node_types[0].indexOf(type)))
  const classes = new Map<string, number>()
  for (let node = 0; node < nodes.length; node += width) {
    if (!counted.has(nodes[node + typeAt] ?? -1)) continue
    const name = `${meta.node_types[0][nodes[node + typeAt] ?? 0] ?? ''} ${strings[nodes[node + nameAt] ?? 0] ?? ''}`
    classes.set(name, (classes.get(name) ?? 0) + 1)
  }
  return classes
}
