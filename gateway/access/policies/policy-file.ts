import type { SourcePosition } from '@polyseme/kit/errors'

/** A Cedar file as somebody wrote it. */
export interface PolicyFile {
  /** For messages to who wrote it. */
  readonly path: string
  /** What everybody may read: `support/email.cedar`; default: the path. */
  readonly name?: string
  readonly text: string
  /** The domain whose folder it lies in; absent for the mesh's own policies. */
  readonly domain?: string
}

/** A file may have this many characters. */
export const MAX_POLICY_FILE_CHARACTERS = 65_536

/**
 * Whether a text nests more than Cedar's parser can bear (a trap in WebAssembly at about 150 levels).
 * Brackets and `if` count; comments and strings do not. O(n).
 */
export function isNestedTooDeeply(text: string, maxDepth = 50): boolean {
  let depth = 0
  let chain = 0
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|\/\/[^\n]*|[()[\]{};]|\bif\b|[-+*.]/g)) {
    if (token.startsWith('"') || token.startsWith('//')) continue
    if (token === ';') {
      depth = 0
      chain = 0
    } else if ('([{'.includes(token)) depth++
    else if (')]}'.includes(token)) depth--
    // Cedar's parser recurses on `if … else if …` and along `a + b + c` and `a.b.c`, none of which closes anything.
    else chain++
    if (depth > maxDepth || chain > MAX_CHAIN) return true
  }
  return false
}

const MAX_CHAIN = 200

/** Where a character stands; lines and columns count from 1. */
export function positionAt(file: PolicyFile, offset: number): SourcePosition {
  const before = file.text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  return { file: file.path, line: before.split('\n').length, column: offset - lineStart + 1 }
}
