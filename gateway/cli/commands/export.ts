import { GatewayError, isErrorCode } from '@polyseme/kit/errors'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { request, type Dispatcher } from 'undici'
import type { Command, CommandArguments } from '../command.ts'
import { DEFAULT_DATA_DIR } from '../data-dir.ts'
import { findGateway } from '../find-gateway.ts'
import { outputTarget, unwritable, type OutputTarget } from '../output-target.ts'

/** Writes all rows of one list of the graph into a file; the file is there when it is complete, and not before. */
export const exportCommand: Command = {
  name: 'export',
  summary: 'write all rows of a list of the graph into a file',
  usage: `polyseme export --query FILE --out FILE [--format csv|ndjson]

  --query FILE       GraphQL query of one list: { sales { customers { nodes { customerId name } } } }
  --out FILE         is replaced when the export is complete; an export that fails leaves it as it was. \`-\` is
                     standard output; a device or a pipe is written while the rows come
  --format F         csv or ndjson, one JSON object a line (default: by the name of the file, else csv)
  --variables JSON   values of the query's variables
  --max-rows N       at most so many rows
  --purpose WORD     what it is for; access agreements and policies judge it
  --keep-formulas    CSV: leave cells that a spreadsheet would run as they are
  --gateway URL      gateway to ask (default: POLYSEME_GATEWAY, POLYSEME_REGISTRY, else the running demo)
  --as PERSONA       sign in to the running demo as this persona (default: the token in POLYSEME_TOKEN)
  --data-dir DIR     data directory of the running demo (default ${DEFAULT_DATA_DIR})`,
  maxPositionals: 0,
  options: {
    query: { type: 'string' }, out: { type: 'string' }, format: { type: 'string' }, variables: { type: 'string' }, 'max-rows': { type: 'string' }, purpose: { type: 'string' },
    'keep-formulas': { type: 'boolean' }, gateway: { type: 'string' }, as: { type: 'string' }, 'data-dir': { type: 'string', default: DEFAULT_DATA_DIR },
  },
  run: async (args, io) => {
    const out = needed(args, 'out')
    const query = await readQuery(resolve(io.cwd, needed(args, 'query')))
    const body = JSON.stringify({ query, ...wishesOf(args, out) })
    const target = await outputTarget(out, io)
    const { url, token } = await findGateway(args, io, { what: 'gateway', option: 'gateway', variables: ['POLYSEME_GATEWAY', 'POLYSEME_REGISTRY'] })
    const { purpose } = args.options
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...(typeof purpose === 'string' ? { 'x-purpose': purpose } : {}) }
    // What takes long is the data; how long the whole may take says the gateway.
    const response = await request(`${url}/export`, { method: 'POST', headers, body, signal: io.signal, headersTimeout: 120_000, bodyTimeout: 120_000 }).catch((error: unknown) => {
      throw new GatewayError('SOURCE_UNAVAILABLE', `the gateway at ${url} does not answer`, { cause: error })
    })
    if (response.statusCode !== 200) throw await refusalOf(response, url)
    const rows = await writeWhole(response, target)
    if (target.path === undefined) io.err(`wrote ${rows} rows`)
    else io.out(`wrote ${target.path}: ${rows} rows`)
    return 0
  },
}

async function readQuery(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    throw new GatewayError('COMMAND_INVALID', isMissing ? `there is no file ${file}` : `${file} cannot be read`, { cause })
  }
}

function wishesOf({ options }: CommandArguments, out: string): object {
  const { format = /\.(?:ndjson|jsonl)$/i.test(out) ? 'ndjson' : 'csv', variables, 'max-rows': maxRows } = options
  const rows = Number(maxRows)
  if (maxRows !== undefined && !(Number.isSafeInteger(rows) && rows > 0)) throw new GatewayError('COMMAND_INVALID', '--max-rows is a whole number from 1')
  return {
    format,
    neutraliseFormulas: options['keep-formulas'] !== true,
    ...(typeof variables === 'string' ? { variables: readVariables(variables) } : {}),
    ...(maxRows === undefined ? {} : { maxRows: rows }),
  }
}

function readVariables(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new GatewayError('COMMAND_INVALID', '--variables is not JSON')
  }
}

/** Writes all of it and then looks whether it is all. Returns the number of rows, as the gateway counted them. */
async function writeWhole({ body, headers, trailers }: Dispatcher.ResponseData, target: OutputTarget): Promise<number> {
  let last = ''
  let unwritten: unknown
  const sink = target.open()
  sink.once('error', (error) => { unwritten = error })
  try {
    await pipeline(body, async function* watched(chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        last = (last + chunk.toString('utf8')).slice(-4_096)
        yield chunk
      }
    }, sink, { end: target.path !== undefined })
    // Without the trailer something on the way may have cut it and made it look whole.
    const rows = trailers['x-polyseme-rows']
    if (rows === undefined || !/^\d+$/.test(rows)) throw new Error('the number of rows is missing')
    await target.keep().catch((error: unknown) => { throw (unwritten = error) })
    return Number(rows)
  } catch (cause) {
    await target.discard()
    if (isLocal(unwritten)) throw unwritable(target.path ?? 'standard output', unwritten)
    throw interruptionOf(last) ?? new GatewayError('SOURCE_UNAVAILABLE', `the export broke off; the gateway's log says why under ${String(headers['x-request-id'])}`, { cause })
  }
}

/** An error of this machine's files; a stream that is ended because the gateway broke off has one too, and it is none of these. */
function isLocal(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && ['open', 'write', 'rename', 'close'].includes(String(error.syscall))
}

/** The last line of an NDJSON export that could not be completed. */
function interruptionOf(text: string): GatewayError | undefined {
  const line = text.trimEnd().split('\n').at(-1) ?? ''
  if (!line.startsWith('{"error":')) return undefined
  try {
    const { error } = JSON.parse(line) as { readonly error: { readonly code: string; readonly message: string } }
    return isErrorCode(error.code) ? new GatewayError(error.code, `the export broke off: ${error.message}`) : undefined
  } catch {
    return undefined
  }
}

async function refusalOf({ body, statusCode }: Dispatcher.ResponseData, url: string): Promise<GatewayError> {
  const answer = (await body.json().catch(() => undefined)) as { readonly errors?: readonly { readonly message?: unknown; readonly extensions?: { readonly code?: unknown } }[] } | undefined
  const [first] = answer?.errors ?? []
  const code = first?.extensions?.code
  if (typeof code === 'string' && isErrorCode(code) && typeof first?.message === 'string') return new GatewayError(code, first.message)
  return new GatewayError('SOURCE_UNAVAILABLE', `${url} answered ${statusCode} and is perhaps no Polyseme gateway`)
}

function needed({ options }: CommandArguments, name: string): string {
  const value = options[name]
  if (typeof value !== 'string') throw new GatewayError('COMMAND_INVALID', `\`polyseme export\` needs --${name} FILE`)
  return value
}
