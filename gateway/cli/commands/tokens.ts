import { GatewayError } from '@polyseme/kit/errors'
import type { Principal } from '@polyseme/kit/identity'
import { userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import type { AccessDatabase } from '../../access/index.ts'
import type { Command, CommandArguments, CommandIo } from '../command.ts'
import { DEFAULT_DATA_DIR } from '../data-dir.ts'
import { getRunningDemo } from '../run-file.ts'

const OPTIONS = { json: { type: 'boolean' }, 'data-dir': { type: 'string', default: DEFAULT_DATA_DIR } } as const
const USAGE = `  --data-dir DIR     data directory of the gateway (default ${DEFAULT_DATA_DIR})
  --json             print as JSON`

/** Makes a personal access token for a tool that cannot sign in; whoever runs this on the gateway's machine vouches for the person. */
export const tokensCreateCommand: Command = {
  name: 'tokens create',
  summary: 'make a personal access token for a tool that cannot sign in',
  usage: `polyseme tokens create NAME (--as PERSONA | --issuer URL --subject SUBJECT) --scope SCOPE… [--days N]

  NAME               what it is for: "Excel on my laptop"
  --as PERSONA       of the running demo
  --issuer URL       the person's issuer, as in the person's own tokens
  --subject SUBJECT  the person, likewise
  --role ROLE        a role of the person (several times)
  --scope SCOPE      what the token may (several times)
  --days N           how long it lives, 1 to 366 (default 90)
${USAGE}

  The token is shown once. Send it as \`Authorization: Bearer <token>\`.`,
  options: { ...OPTIONS, as: { type: 'string' }, issuer: { type: 'string' }, subject: { type: 'string' }, role: { type: 'string', multiple: true }, scope: { type: 'string', multiple: true }, days: { type: 'string', default: '90' } },
  maxPositionals: 1,
  run: async (args, io) => {
    const [name] = args.positionals
    if (name === undefined) throw new GatewayError('COMMAND_INVALID', '`polyseme tokens create` needs a NAME that says what the token is for')
    const scopes = listOf(args, 'scope')
    const owner = await ownerOf(args, io, scopes)
    return await withDatabase(args, io, async (database) => {
      const { PersonalTokenStore } = await import('../../access/index.ts')
      const { secret, token } = new PersonalTokenStore(database).create(owner, { name, scopes, days: Number(args.options['days']) })
      io.out(args.options['json'] === true ? JSON.stringify({ ...token, secret }, null, 2) : secret)
      if (args.options['json'] !== true) io.err(`token ${token.id} of ${token.subject}, until ${token.expiresAt.slice(0, 10)}; it is not shown again`)
    })
  },
}

/** Shows the personal tokens, without their secrets. */
export const tokensListCommand: Command = {
  name: 'tokens list',
  summary: 'show personal access tokens and revocations',
  usage: `polyseme tokens list

${USAGE}`,
  options: OPTIONS,
  maxPositionals: 0,
  run: async (args, io) =>
    await withDatabase(args, io, async (database) => {
      const { PersonalTokenStore, RevocationStore } = await import('../../access/index.ts')
      const tokens = new PersonalTokenStore(database).list()
      const revocations = new RevocationStore(database).list()
      if (args.options['json'] === true) io.out(JSON.stringify({ tokens, revocations }, null, 2))
      else {
        for (const { id, state, subject, name, scopes, expiresAt } of tokens) io.out(`${id}  ${state.padEnd(7)}  ${subject}  "${name}"  ${scopes.join(' ') || 'no scopes'}  until ${expiresAt.slice(0, 10)}`)
        for (const entry of revocations) io.out(entry.kind === 'token' ? `revoked token ${entry.tokenId} of ${entry.issuer}` : `revoked subject ${entry.subject} of ${entry.issuer}${entry.beforeSec === undefined ? '' : `, tokens from before ${new Date(entry.beforeSec * 1_000).toISOString()}`}`)
        if (tokens.length + revocations.length === 0) io.out('no personal tokens, no revocations')
      }
    }),
}

/** Stops a personal token, a token of an issuer, or all tokens of a person. */
export const tokensRevokeCommand: Command = {
  name: 'tokens revoke',
  summary: 'stop a token or all tokens of a person, at once',
  usage: `polyseme tokens revoke ID
polyseme tokens revoke --issuer URL (--token-id JTI | --subject SUBJECT) [--reason TEXT]

  ID                 a personal token, as \`polyseme tokens list\` shows it
  --issuer URL       issuer of what is stopped
  --token-id JTI     one token, by its \`jti\`
  --subject SUBJECT  every token that the person has now; new ones are good
  --reason TEXT      why
${USAGE}`,
  options: { ...OPTIONS, issuer: { type: 'string' }, 'token-id': { type: 'string' }, subject: { type: 'string' }, reason: { type: 'string' } },
  maxPositionals: 1,
  run: async (args, io) =>
    await withDatabase(args, io, async (database) => {
      const { PersonalTokenStore, RevocationStore } = await import('../../access/index.ts')
      const [id] = args.positionals
      const { issuer, subject, reason } = args.options
      const tokenId = args.options['token-id']
      const by = { actor: userInfo().username, ...(typeof reason === 'string' ? { reason } : {}) }
      if (id !== undefined) new PersonalTokenStore(database).revoke(id)
      else if (typeof issuer === 'string' && typeof tokenId === 'string') new RevocationStore(database).add({ kind: 'token', issuer, tokenId }, by)
      else if (typeof issuer === 'string' && typeof subject === 'string') new RevocationStore(database).add({ kind: 'subject', issuer, subject, beforeSec: Date.now() / 1_000 }, by)
      else throw new GatewayError('COMMAND_INVALID', '`polyseme tokens revoke` needs the ID of a personal token, or --issuer with --token-id or --subject')
      io.out('revoked')
    }),
}

async function ownerOf(args: CommandArguments, io: CommandIo, scopes: readonly string[]): Promise<Principal> {
  const { as, issuer, subject } = args.options
  const never = { expiresAtSec: Number.MAX_SAFE_INTEGER }
  if (typeof as === 'string') {
    const { findPersona } = await import('../../issuer/index.ts')
    const persona = findPersona(as)
    if (persona === undefined) throw new GatewayError('COMMAND_INVALID', `there is no persona "${as}"`)
    const demo = await getRunningDemo(resolve(io.cwd, String(args.options['data-dir'])))
    return { issuer: demo.issuerUrl, subject: persona.id, scopes: new Set(persona.scopes), roles: persona.roles, claims: persona.claims, ...never }
  }
  if (typeof issuer !== 'string' || typeof subject !== 'string') throw new GatewayError('COMMAND_INVALID', '`polyseme tokens create` needs --as PERSONA, or --issuer and --subject')
  return { issuer, subject, scopes: new Set(scopes), roles: listOf(args, 'role'), claims: {}, ...never }
}

function listOf({ options }: CommandArguments, name: string): readonly string[] {
  const value = options[name]
  return Array.isArray(value) ? value.map(String) : []
}

async function withDatabase(args: CommandArguments, io: CommandIo, work: (database: AccessDatabase) => Promise<void>): Promise<number> {
  const { AccessDatabase } = await import('../../access/index.ts')
  using database = new AccessDatabase({ file: join(resolve(io.cwd, String(args.options['data-dir'])), 'access.db') })
  await work(database)
  return 0
}
