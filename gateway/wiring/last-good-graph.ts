import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { PublishedGraph } from './published-graph.ts'

const FILE_NAME = 'last-good-graph.json'

/** Keeps what is served, for a start at which the registry does not answer (T15). */
export async function saveLastGoodGraph(dataDir: string, graph: PublishedGraph): Promise<void> {
  const file = join(dataDir, FILE_NAME)
  const handle = await open(`${file}.partial`, 'w', 0o600)
  try {
    await handle.writeFile(JSON.stringify(graph))
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(`${file}.partial`, file)
}

/** Undefined when there is none or it is damaged: then there is nothing to start from. */
export async function findLastGoodGraph(dataDir: string): Promise<PublishedGraph | undefined> {
  try {
    return JSON.parse(await readFile(join(dataDir, FILE_NAME), 'utf8')) as PublishedGraph
  } catch {
    return undefined
  }
}
