import { createHash } from 'node:crypto'
import { giveWay } from '../supergraph/index.ts'
import type { PublishedFile, SubgraphArtifact } from './records.ts'

/** SHA-256 of everything that a publish changes, hex; the order of files does not matter. */
export function hashArtifact(artifact: SubgraphArtifact): string {
  const content = [artifact.subgraph, artifact.sdl, artifact.url, artifact.naming, inOrder(artifact.contracts), inOrder(artifact.policies)]
  return createHash('sha256').update(JSON.stringify(content)).digest('hex')
}

/** The hash of each, by name; of a large mesh that takes a while, during which the thread answers others. */
export async function hashContents(artifacts: readonly SubgraphArtifact[]): Promise<Readonly<Record<string, string>>> {
  const hashes: Record<string, string> = {}
  for (const artifact of artifacts) {
    hashes[artifact.subgraph] = hashArtifact(artifact)
    await giveWay()
  }
  return hashes
}

function inOrder(files: readonly PublishedFile[]): readonly (readonly [string, string])[] {
  return files.map(({ path, text }) => [path, text] as const).sort(([a], [b]) => a < b ? -1 : 1)
}
