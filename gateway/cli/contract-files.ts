import type { ContractFile } from '@polyseme/kit/contract'
import { GatewayError } from '@polyseme/kit/errors'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'

/** A contract of 5,000 lines has some 300 KiB. */
const MAX_FILE_BYTES = 8 * 1024 * 1024

/**
 * Reads contracts from files, and from folders all `*.odcs.yaml` and `*.odcs.yml` directly inside, in the order of their names.
 *
 * @throws CONFIG_INVALID a path is not there, can't be read, is too large, or a folder holds no contract.
 */
export async function readContractFiles(paths: readonly string[], cwd: string): Promise<readonly ContractFile[]> {
  const lists = await Promise.all(paths.map((path) => findFiles(resolve(cwd, path), path)))
  const unique = [...new Set(lists.flat())]
  return await Promise.all(unique.map(async (path) => ({ file: relative(cwd, path) || path, text: await readText(path) })))
}

async function findFiles(path: string, written: string): Promise<readonly string[]> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) throw new GatewayError('CONFIG_INVALID', `there is no file ${written}`)
  if (!found.isDirectory()) return [path]
  const names = (await readdir(path)).filter((name) => /\.odcs\.ya?ml$/.test(name)).toSorted()
  if (names.length === 0) throw new GatewayError('CONFIG_INVALID', `the folder ${written} has no *.odcs.yaml`)
  return names.map((name) => join(path, name))
}

async function readText(path: string): Promise<string> {
  const { size } = await stat(path)
  if (size > MAX_FILE_BYTES) throw new GatewayError('CONFIG_INVALID', `${path} has ${size} bytes; a contract has at most ${MAX_FILE_BYTES}`)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path))
  } catch (error) {
    throw new GatewayError('CONFIG_INVALID', `${path} can't be read as UTF-8 text`, { cause: error })
  }
}
