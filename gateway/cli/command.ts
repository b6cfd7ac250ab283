import { GatewayError } from '@polyseme/kit/errors'
import type { Writable } from 'node:stream'
import type { ParseArgsOptionsConfig } from 'node:util'

/** What a command may touch: nothing else of the process. */
export interface CommandIo {
  readonly out: (line: string) => void
  readonly err: (line: string) => void
  /** Standard output for what is no line of text; default the process's. */
  readonly stdout?: Writable
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Aborted on SIGINT and SIGTERM; a command that serves ends cleanly then. */
  readonly signal: AbortSignal
}

/** Parsed arguments: long options by name, the rest in order. */
export interface CommandArguments {
  readonly options: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>
  readonly positionals: readonly string[]
}

/** `--limit N`: at most so many. @throws COMMAND_INVALID */
export function readLimit({ options }: CommandArguments): number {
  const limit = Number(options['limit'])
  if (!Number.isInteger(limit) || limit < 1) throw new GatewayError('COMMAND_INVALID', '--limit is a whole number from 1')
  return limit
}

/** One `polyseme` command; one file of `gateway/cli/commands/` each, listed in `commands/index.ts`. */
export interface Command {
  /** Words after `polyseme`: `demo`, `contract check`. */
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** Arguments and options as `--help` shows them. */
  readonly usage: string
  readonly options: ParseArgsOptionsConfig
  /** How many arguments without `--` it takes at most; default any number. */
  readonly maxPositionals?: number
  /** Returns the exit code: 0 done, 1 the work found or met an error. Throws `GatewayError` for one clear line and exit code 1. */
  readonly run: (args: CommandArguments, io: CommandIo) => Promise<number>
}
