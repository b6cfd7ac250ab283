import { GatewayError } from '@polyseme/kit/errors'
import type { LexiconFile } from '@polyseme/kit/lexicon'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'

/**
 * Every `*.yaml` below a folder, in the order of their paths, with the path as findings show it.
 *
 * @throws LEXICON_INVALID when the folder cannot be read.
 */
export async function loadLexiconFiles(folder: string, shownFrom: string = folder): Promise<readonly LexiconFile[]> {
  try {
    const names = await readdir(folder, { recursive: true })
    const paths = names
      .filter((name) => /\.ya?ml$/u.test(name))
      .sort()
      .map((name) => join(folder, name))
    return await Promise.all(paths.map(async (path) => ({ path: relative(shownFrom, path) || path, text: await readFile(path, 'utf8') })))
  } catch (error) {
    throw new GatewayError('LEXICON_INVALID', 'the lexicon folder cannot be read', { cause: error })
  }
}
