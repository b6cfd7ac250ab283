import { findNearestName, GatewayError } from '@polyseme/kit/errors'
import { parseArgs } from 'node:util'
import manifest from '../package.json' with { type: 'json' }
import { commandNames, loadCommand, loadCommands } from './commands/index.ts'
import { groupCommands } from './command-groups.ts'
import type { Command, CommandArguments, CommandIo } from './command.ts'

/** Exit code of a command that was stopped before it was done, as shells have it for an interrupt. */
const STOPPED = 130

/**
 * Runs the command that the arguments name and returns the exit code: 0 done, 1 a finding or an error, 2 not understood.
 *
 * A failure is one line on `err`, `error CODE: message`; with POLYSEME_DEBUG=1 the stack follows.
 */
export async function runCommandLine(argv: readonly string[], io: CommandIo): Promise<number> {
  try {
    return await dispatch(argv, io)
  } catch (error) {
    // Whatever failed because the command was told to stop is no news.
    if (io.signal.aborted) return STOPPED
    io.err(describeFailure(error))
    if (io.env['POLYSEME_DEBUG'] === '1' && error instanceof Error) io.err(stackOf(error))
    return error instanceof GatewayError && error.code === 'COMMAND_INVALID' ? 2 : 1
  }
}

async function dispatch(argv: readonly string[], io: CommandIo): Promise<number> {
  const [first] = argv
  if (first === undefined || first === 'help' || first === '--help' || first === '-h') {
    if (first === 'help' && argv.length > 1) return await dispatch([...argv.slice(1), '--help'], io)
    return await showCommands(io)
  }
  if (first === '--version') {
    io.out(manifest.version)
    return 0
  }
  if (isGroup(argv)) return await showCommands(io, first)
  const { name, rest } = findCommandName(argv)
  const command = await loadCommand(name)
  if (rest.includes('--help') || rest.includes('-h')) return await showHelp(command, io)
  return await command.run(parseCommandArguments(command, rest), io)
}

/** Whether help is asked for what is no command but the first word of several: `polyseme access --help`. */
function isGroup(argv: readonly string[]): boolean {
  const [first = '', ...rest] = argv
  return rest.length > 0 && rest.every((word) => word === '--help' || word === '-h') && !commandNames.includes(first) && commandNames.some((name) => name.startsWith(`${first} `))
}

/**
 * The longest command name that the arguments begin with, and what follows it.
 *
 * @throws COMMAND_INVALID when no command has that name
 */
function findCommandName(argv: readonly string[]): { readonly name: string; readonly rest: readonly string[] } {
  const words = argv.slice(0, argv.findIndex((word) => word.startsWith('-')) >>> 0)
  for (let length = Math.min(words.length, 3); length > 0; length -= 1) {
    const name = words.slice(0, length).join(' ')
    if (commandNames.includes(name)) return { name, rest: argv.slice(length) }
  }
  throw new GatewayError('COMMAND_INVALID', `there is no command "${words.length === 0 ? argv[0] : words.slice(0, 2).join(' ')}"; ${suggestCommand(words)}`)
}

/** The commands that begin with the same word, or the one that is nearest, or where to look. */
function suggestCommand(words: readonly string[]): string {
  const family = commandNames.filter((name) => name.startsWith(`${words[0] ?? ''} `))
  if (family.length > 0) return `there are ${family.map((name) => `\`polyseme ${name}\``).join(', ')}`
  const nearest = findNearestName(words.slice(0, 2).join(' '), commandNames) ?? findNearestName(words[0] ?? '', commandNames)
  return nearest === undefined ? '`polyseme help` lists all' : `did you mean \`polyseme ${nearest}\`?`
}

function parseCommandArguments(command: Command, rest: readonly string[]): CommandArguments {
  try {
    const { values, positionals } = parseArgs({ args: withNegativeNumbers(command, rest), options: command.options, strict: true, allowPositionals: true })
    const extra = positionals[command.maxPositionals ?? positionals.length]
    if (extra !== undefined) throw new TypeError(`Unexpected argument '${extra}'`)
    return { options: values, positionals }
  } catch (error) {
    // Node's message goes on with advice about `--`, which helps nobody here.
    const [what] = (error instanceof Error ? error.message : String(error)).split(/\. (?:To |Did )|\n/)
    throw new GatewayError('COMMAND_INVALID', `${what}; \`polyseme ${command.name} --help\` shows what it takes`, { cause: error })
  }
}

/** @param group first word of the commands that are shown; default: all */
async function showCommands(io: CommandIo, group?: string): Promise<number> {
  const commands = (await loadCommands()).filter(({ name }) => group === undefined || name.startsWith(`${group} `))
  const width = Math.max(...commands.map((command) => command.name.length)) + 2
  io.out('polyseme: one graph over the data products of many domains')
  for (const { heading, commands: ofHeading } of groupCommands(commands)) {
    io.out('')
    io.out(heading)
    for (const command of ofHeading) io.out(`  polyseme ${command.name.padEnd(width)}${command.summary}`)
  }
  io.out('')
  io.out('`polyseme COMMAND --help` shows what a command takes; `polyseme demo` shows it all at work.')
  return 0
}

// `--port -1` is a wrong number, and not an option -1 that comes where a value should be.
function withNegativeNumbers(command: Command, rest: readonly string[]): string[] {
  return rest.reduce<string[]>((args, word) => {
    const before = args.at(-1) ?? ''
    const takesText = before.startsWith('--') && command.options[before.slice(2)]?.type === 'string'
    return takesText && /^-\d/.test(word) ? [...args.slice(0, -1), `${before}=${word}`] : [...args, word]
  }, [])
}

async function showHelp(command: Command, io: CommandIo): Promise<number> {
  io.out(command.summary)
  io.out('')
  io.out(command.usage)
  return 0
}

/** An expected failure is its code and message; anything else is a defect and says how to see more. */
function describeFailure(error: unknown): string {
  if (error instanceof GatewayError) return `error ${error.code}: ${error.message}`
  const refused = refusalOf(error)
  if (refused !== undefined) return `error CONFIG_INVALID: ${refused}`
  const message = error instanceof Error ? error.message : String(error)
  return `error INTERNAL: ${message.split('\n')[0] ?? ''} (a defect; POLYSEME_DEBUG=1 shows where)`
}

const REFUSALS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write or read it',
  EPERM: 'this user may not write or read it',
  EROFS: 'it lies on a read-only file system',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
}

/** What the operating system refused for a reason that lies outside of this program; undefined for anything else. */
function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('path' in error)) return undefined
  const why = REFUSALS[String(error.code)]
  return why === undefined ? undefined : `${String(error.path)} cannot be used: ${why}`
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : ''
  return `${error.stack ?? error.message}${cause}`
}
