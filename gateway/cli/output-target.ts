import { GatewayError } from '@polyseme/kit/errors'
import { createWriteStream, constants, type Stats } from 'node:fs'
import { access, readlink, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { Writable } from 'node:stream'
import type { CommandIo } from './command.ts'

/** Where a command writes what it makes. */
export interface OutputTarget {
  /** What a person calls it; undefined: standard output. */
  readonly path: string | undefined
  readonly open: () => Writable
  /** What was written is complete. */
  readonly keep: () => Promise<void>
  /** What was written is not; a file is as it was before. */
  readonly discard: () => Promise<void>
}

/**
 * The target that an option names: `-` is standard output; a file is written beside and replaced when it is complete, the
 * one that a symbolic link leads to and not the link; anything else (a device, a pipe) is written directly.
 *
 * @throws COMMAND_INVALID it can take nothing
 */
export async function outputTarget(name: string, io: CommandIo): Promise<OutputTarget> {
  const path = resolve(io.cwd, name)
  if (name === '-' || path === '/dev/stdout') return { path: undefined, open: () => io.stdout ?? process.stdout, keep: nothing, discard: nothing }
  try {
    const found = await statOf(path)
    if (found?.isDirectory() === true) throw new GatewayError('COMMAND_INVALID', `${path} is a directory; name a file`)
    // What stands in these two is never a file of a folder: nothing can be put in its place.
    if ((found !== undefined && !found.isFile()) || /^\/(?:dev|proc)\//.test(path)) {
      await access(path, constants.W_OK)
      return { path, open: () => createWriteStream(path), keep: nothing, discard: nothing }
    }
    return await replacedFile(path, await fileBehind(path))
  } catch (error) {
    throw unwritable(path, error)
  }
}

/** In words what kept a file from being written. */
export function unwritable(path: string, error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
  const why: Readonly<Record<string, string>> = {
    ENOENT: 'its folder does not exist', ENOTDIR: 'its folder does not exist', EACCES: 'permission is denied', EPERM: 'permission is denied',
    EROFS: 'the file system takes no writes', ENOSPC: 'the disk is full', EDQUOT: 'the disk quota is used up', ELOOP: 'its links lead in a circle', EPIPE: 'nobody reads it any more',
  }
  return new GatewayError('COMMAND_INVALID', `${path} cannot be written: ${why[code] ?? code}`, { cause: error })
}

async function replacedFile(path: string, file: string): Promise<OutputTarget> {
  await access(dirname(file), constants.W_OK | constants.X_OK)
  const part = `${file}.${process.pid}.part`
  return {
    path,
    open: () => createWriteStream(part, { mode: 0o600 }),
    keep: async () => await rename(part, file),
    discard: async () => await rm(part, { force: true }),
  }
}

/** The file at the end of all links; it need not be there yet, its folder must. */
async function fileBehind(path: string): Promise<string> {
  let file = path
  for (let links = 0; links < MAX_LINKS; links++) {
    const target = await readlink(file).catch(() => undefined)
    if (target === undefined) return join(await realpath(dirname(file)), basename(file))
    file = resolve(await realpath(dirname(file)), target)
  }
  throw Object.assign(new Error('too many links'), { code: 'ELOOP' })
}

const MAX_LINKS = 40

async function statOf(path: string): Promise<Stats | undefined> {
  return await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

async function nothing(): Promise<void> {
  // Nothing to put in its place or to take away.
}
