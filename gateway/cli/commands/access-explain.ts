import { GatewayError } from '@polyseme/kit/errors'
import { readFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import type { AccessExplanation } from '../../access/index.ts'
import type { ExplainQuestion, GatewayConfig } from '../../main.ts'
import type { Command, CommandArguments, CommandIo } from '../command.ts'
import { DEFAULT_DATA_DIR } from '../data-dir.ts'

/** The checkout's own mesh, which the demo serves. */
const DEMO_MESH_DIR = resolve(import.meta.dirname, '../../../subgraphs')
const DEMO_DOMAINS = ['sales', 'marketing', 'billing', 'support'] as const

type MeshFiles = Pick<GatewayConfig, 'subgraphs' | 'lexiconDir' | 'policiesDir'>

/** Says for each part of a query what a caller gets of it, which rule says so, and what would change it. */
export const accessExplainCommand: Command = {
  name: 'access explain',
  summary: 'say what a caller gets of a query, by which rule, and what would change it',
  usage: `polyseme access explain --query FILE (--as PERSONA | --scope SCOPE…) [--config mesh.yaml]

  --query FILE     a GraphQL document
  --as PERSONA     a persona of the demo
  --scope SCOPE    a scope of the caller (several times)
  --role ROLE      a role of the caller (several times)
  --subject NAME   who it is, where policies or agreements name people
  --issuer URL     whose token it is (default: the issuer of the mesh's people)
  --purpose WORD   as in \`x-purpose\`
  --config FILE    the mesh (default: the demo's)
  --all            also what is in clear
  --data-dir DIR   where agreements are kept (default ${DEFAULT_DATA_DIR})
  --json           one JSON document

  Reads files only: nothing has to run, and nothing is asked of the data. Domains that were published are not in them: of those ask the
  running gateway, { access { explain(coordinates: ["Type.field"]) { coordinate decision because } } }.`,
  options: {
    query: { type: 'string' }, as: { type: 'string' }, scope: { type: 'string', multiple: true }, role: { type: 'string', multiple: true }, subject: { type: 'string' }, issuer: { type: 'string' }, purpose: { type: 'string' },
    config: { type: 'string' }, all: { type: 'boolean' }, json: { type: 'boolean' }, 'data-dir': { type: 'string', default: DEFAULT_DATA_DIR },
  },
  maxPositionals: 0,
  run: async (args, io) => {
    const principal = await callerOf(args)
    const query = await readQuery(args, io)
    const mesh = await meshFilesOf(args, io)
    const { explainQuery } = await import('../../main.ts')
    const explanations = await explainQuery({ mesh: { ...mesh, dataDir: resolve(io.cwd, String(args.options['data-dir'])) }, principal, query })
    const shown = args.options['all'] === true ? explanations : explanations.filter(({ decision, rows }) => decision !== 'clear' || rows !== undefined)
    if (args.options['json'] === true) io.out(JSON.stringify(shown, null, 2))
    else for (const line of inLines(shown, explanations.length)) io.out(line)
    return 0
  },
}

function inLines(shown: readonly AccessExplanation[], total: number): readonly string[] {
  if (shown.length === 0) return [`everything is in clear (${total} coordinates that some rule is about)`]
  const width = Math.max(...shown.map(({ coordinate }) => coordinate.length))
  const lines = shown.flatMap(({ coordinate, decision, because, rows = [], change }) => [
    `${coordinate.padEnd(width)}  ${decision}`,
    ...because.map((rule) => `  ${rule}`),
    ...rows.map((rule) => `  only rows: ${rule}`),
    ...(change === undefined ? [] : [`  to change it: ${change}`]),
  ])
  return [...lines, `${total - shown.length} of ${total} coordinates not shown: they are in clear`]
}

async function callerOf({ options }: CommandArguments): Promise<ExplainQuestion['principal']> {
  const { as, subject, issuer, purpose, scope, role } = options
  const common = { ...(typeof issuer === 'string' ? { issuer } : {}), expiresAtSec: Number.MAX_SAFE_INTEGER, ...(typeof purpose === 'string' ? { purpose } : {}) }
  if (typeof as === 'string') {
    const { findPersona, PERSONAS } = await import('../../issuer/index.ts')
    const persona = findPersona(as)
    if (persona === undefined) throw new GatewayError('COMMAND_INVALID', `there is no persona "${as}"; the personas are ${PERSONAS.map(({ id }) => id).join(', ')}`)
    return { ...common, subject: persona.id, scopes: new Set(persona.scopes), roles: persona.roles, claims: persona.claims }
  }
  if (scope === undefined && role === undefined) throw new GatewayError('COMMAND_INVALID', '`polyseme access explain` needs --as PERSONA, or the caller\'s --scope and --role')
  return { ...common, subject: typeof subject === 'string' ? subject : 'somebody', scopes: new Set(names(scope)), roles: names(role), claims: {} }
}

function names(option: CommandArguments['options'][string]): readonly string[] {
  return Array.isArray(option) ? option.map(String) : []
}

async function readQuery({ options }: CommandArguments, io: CommandIo): Promise<string> {
  const file = options['query']
  if (typeof file !== 'string') throw new GatewayError('COMMAND_INVALID', '`polyseme access explain` needs --query FILE')
  try {
    return await readFile(resolve(io.cwd, file), 'utf8')
  } catch (error) {
    throw new GatewayError('COMMAND_INVALID', `there is no file ${file}`, { cause: error })
  }
}

async function meshFilesOf({ options }: CommandArguments, io: CommandIo): Promise<MeshFiles> {
  const file = options['config']
  if (typeof file !== 'string') {
    return {
      subgraphs: DEMO_DOMAINS.map((name) => ({ name, url: 'http://127.0.0.1:1/graphql', schema: { kind: 'contracts', dir: join(DEMO_MESH_DIR, name) } })),
      lexiconDir: join(DEMO_MESH_DIR, 'lexicon'),
      policiesDir: join(DEMO_MESH_DIR, 'policies'),
    }
  }
  const { parseMeshConfig } = await import('../mesh-config.ts')
  const path = resolve(io.cwd, file)
  const result = parseMeshConfig(await readFile(path, 'utf8'), { file: relative(io.cwd, path), dir: dirname(path), env: io.env })
  if (result.kind === 'invalid') throw new GatewayError('CONFIG_INVALID', `${file} is not right; \`polyseme serve --config ${file} --check\` shows why`)
  return result.value
}
