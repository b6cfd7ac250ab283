import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { giveWay } from '../supergraph/index.ts'
import type { PublishedGraph } from './published-graph.ts'

const FILE_NAME = 'last-good-graph.json'
const PIECE_CHARACTERS = 64 * 1024

/** Keeps what is served, for a start at which the registry does not answer (T15). */
export async function saveLastGoodGraph(dataDir: string, graph: PublishedGraph): Promise<void> {
  const file = join(dataDir, FILE_NAME)
  const handle = await open(`${file}.partial`, 'w', 0o600)
  try {
    await handle.writeFile(piecesOf(graph))
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(`${file}.partial`, file)
}

/** Its JSON. Of a large graph that is megabytes, and operations are answered meanwhile. */
async function* piecesOf({ sdl, versions, ...graph }: PublishedGraph): AsyncGenerator<string> {
  yield `${JSON.stringify(graph).slice(0, -1)},"sdl":"`
  for (let from = 0; from < sdl.length; from += PIECE_CHARACTERS) {
    await giveWay()
    yield JSON.stringify(sdl.slice(from, from + PIECE_CHARACTERS)).slice(1, -1)
  }
  yield '","versions":['
  for (const [index, version] of versions.entries()) {
    await giveWay()
    yield `${index === 0 ? '' : ','}${JSON.stringify(version)}`
  }
  yield ']}'
}

/** Undefined when there is none or it is damaged: then there is nothing to start from. */
export async function findLastGoodGraph(dataDir: string): Promise<PublishedGraph | undefined> {
  try {
    return JSON.parse(await readFile(join(dataDir, FILE_NAME), 'utf8')) as PublishedGraph
  } catch {
    return undefined
  }
}
