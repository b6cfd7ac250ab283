import { formatDiagnostic, GatewayError } from '@polyseme/kit/errors'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { Command, CommandIo } from '../command.ts'

/** Feeds the safe list (docs/persisted-operations.md): what a client was built with joins what its older releases were. */
export const operationsAddCommand: Command = {
  name: 'operations add',
  summary: 'register the operations that a release of a client was built with',
  usage: `polyseme operations add FILE… --client NAME [--to DIR]

  FILE        a manifest of Apollo's or Relay's tools (*.json), or a document as the client sends it (*.graphql, *.gql)
  --client    the client; its operations are kept in DIR/NAME.json, those of older releases too
  --to DIR    one of the mesh file's persistedOperations.files; default operations`,
  options: { client: { type: 'string' }, to: { type: 'string' } },
  run: async ({ options, positionals }, io) => {
    const { client } = options
    if (positionals.length === 0) throw new GatewayError('COMMAND_INVALID', '`polyseme operations add` needs at least one FILE')
    if (typeof client !== 'string' || !/^[\w.-]{1,100}$/.test(client)) throw new GatewayError('COMMAND_INVALID', '`--client` is a name of letters, digits, dots and dashes')
    const target = join(resolve(io.cwd, typeof options['to'] === 'string' ? options['to'] : 'operations'), `${client}.json`)
    const added = await readOperations(positionals.map((file) => resolve(io.cwd, file)), io)
    const known = await readKnown(target, io)
    if (added === undefined || known === undefined) return 1
    const all = new Map(known)
    for (const [id, text] of added) {
      if (all.has(id) && all.get(id) !== text) throw new GatewayError('BAD_USER_INPUT', `the operation ${id} is registered with another text; an id stands for one text for ever`)
      all.set(id, text)
    }
    await writeManifest(target, all)
    io.out(`${target}: ${all.size - known.size} operations added, ${all.size} in all`)
    return 0
  },
}

/** Texts by id; undefined when there are findings, which are printed. */
async function readOperations(files: readonly string[], io: CommandIo): Promise<ReadonlyMap<string, string> | undefined> {
  const { hashOfText, parseManifest } = await import('../../operation/index.ts')
  const operations = new Map<string, string>()
  let findings = 0
  for (const file of files) {
    const result = parseManifest({ file: basename(file), text: await readText(file) })
    if (result.kind === 'ok') for (const { id, text } of result.value) operations.set(id ?? hashOfText(text), text)
    else for (const diagnostic of result.diagnostics) {
      findings += 1
      io.err(formatDiagnostic(diagnostic))
    }
  }
  return findings === 0 ? operations : undefined
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new GatewayError('BAD_USER_INPUT', `${file} cannot be read`, { cause: error })
  }
}

async function readKnown(target: string, io: CommandIo): Promise<ReadonlyMap<string, string> | undefined> {
  try {
    await readFile(target)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Map()
    throw error
  }
  return await readOperations([target], io)
}

/** In the form of Apollo's tools, in one step: a gateway that follows the file sees all of it or what was there before. */
async function writeManifest(target: string, operations: ReadonlyMap<string, string>): Promise<void> {
  const { getOperationAST, parse } = await import('graphql')
  const listed = [...operations].sort(([left], [right]) => (left < right ? -1 : 1)).map(([id, body]) => {
    const operation = getOperationAST(parse(body, { noLocation: true }))
    return { id, name: operation?.name?.value ?? '', type: operation?.operation ?? 'query', body }
  })
  await mkdir(dirname(target), { recursive: true })
  await writeFile(`${target}.partial`, `${JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations: listed }, undefined, 2)}\n`)
  await rename(`${target}.partial`, target)
}
