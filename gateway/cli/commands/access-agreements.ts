import { GatewayError } from '@polyseme/kit/errors'
import { userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import type { Agreement, AgreementStore } from '../../access/index.ts'
import type { Command, CommandArguments, CommandIo } from '../command.ts'
import { DEFAULT_DATA_DIR } from '../data-dir.ts'

const OPTIONS = { by: { type: 'string' }, json: { type: 'boolean' }, 'data-dir': { type: 'string', default: DEFAULT_DATA_DIR } } as const
const USAGE = `  --by NAME          who does it (default: your login name); stands in the history. A subject of the mesh's peopleIssuer, or issuer|subject
  --data-dir DIR     data directory of the gateway (default ${DEFAULT_DATA_DIR})
  --json             print the agreement as JSON`

/** Asks a product's owner for access. */
export const accessRequestCommand: Command = {
  name: 'access request',
  summary: 'ask the owner of a data product for access',
  usage: `polyseme access request --product DOMAIN/PRODUCT --consumer NAME --purpose WORD --use-case TEXT --until YYYY-MM-DD

  --product P        for example billing/invoices
  --consumer NAME    the OAuth client that reads, or the team whose people are named
  --person SUBJECT   who may read (several times); without it, whoever uses the client
  --purpose WORD     what it is for, in one word; requests then carry \`x-purpose: WORD\`
  --use-case TEXT    what it is for, in sentences
  --until DAY        last day
  --issuer URL       issuer of the people's or client's tokens (default: the mesh's peopleIssuer)
${USAGE}`,
  options: { ...OPTIONS, product: { type: 'string' }, consumer: { type: 'string' }, person: { type: 'string', multiple: true }, purpose: { type: 'string' }, 'use-case': { type: 'string' }, until: { type: 'string' }, issuer: { type: 'string' } },
  maxPositionals: 0,
  run: async (args, io) => {
    const { person, issuer } = args.options
    const request = {
      product: needed(args, 'product'),
      consumer: needed(args, 'consumer'),
      people: Array.isArray(person) ? person.map(String) : [],
      purpose: needed(args, 'purpose'),
      useCase: needed(args, 'use-case'),
      until: needed(args, 'until'),
      ...(typeof issuer === 'string' ? { issuer } : {}),
    }
    return await withStore(args, io, (store) => show(store.request(request, actorOf(args)), args, io, `waits for ${store.ownersOf(request.product).join(', ') || 'somebody with the right to approve'}`))
  },
}

export const accessApproveCommand = decisionCommand('approve', 'approved', 'approve a request for access to a product that you own')
export const accessRejectCommand = decisionCommand('reject', 'rejected', 'reject a request for access to a product that you own')
export const accessRevokeCommand = decisionCommand('revoke', 'revoked', 'end an access agreement now')

/** Shows who has access to what, and who asked. */
export const accessListCommand: Command = {
  name: 'access list',
  summary: 'show access agreements and requests',
  usage: `polyseme access list [--product DOMAIN/PRODUCT] [--state STATE]

  --product P        only this product
  --state STATE      requested, approved, rejected, revoked or expired
${USAGE}`,
  options: { ...OPTIONS, product: { type: 'string' }, state: { type: 'string' } },
  maxPositionals: 0,
  run: async (args, io) => {
    const { product, state } = args.options
    return await withStore(args, io, (store) => {
      const agreements = store.list(typeof product === 'string' ? { product } : {}).filter((agreement) => state === undefined || agreement.state === state)
      if (args.options['json'] === true) io.out(JSON.stringify(agreements, null, 2))
      else if (agreements.length === 0) io.out('no agreements')
      else for (const agreement of agreements) io.out(describe(agreement))
    })
  },
}

function decisionCommand(verb: string, step: 'approved' | 'rejected' | 'revoked', summary: string): Command {
  return {
    name: `access ${verb}`,
    summary,
    usage: `polyseme access ${verb} ID [--reason TEXT] [--by NAME]

  ID                 as \`polyseme access list\` shows it
  --reason TEXT      why; stands in the history
${USAGE}`,
    options: { ...OPTIONS, reason: { type: 'string' } },
    maxPositionals: 1,
    run: async (args, io) => {
      const [id] = args.positionals
      const { reason } = args.options
      if (id === undefined) throw new GatewayError('COMMAND_INVALID', `\`polyseme access ${verb}\` needs the ID of an agreement`)
      return await withStore(args, io, (store) => show(store.decide(id, step, { actor: actorOf(args), ...(typeof reason === 'string' ? { reason } : {}) }), args, io))
    },
  }
}

async function withStore(args: CommandArguments, io: CommandIo, work: (store: AgreementStore) => void): Promise<number> {
  const { AccessDatabase, AgreementStore } = await import('../../access/index.ts')
  using database = new AccessDatabase({ file: join(resolve(io.cwd, String(args.options['data-dir'])), 'access.db') })
  work(new AgreementStore(database))
  return 0
}

function show(agreement: Agreement, { options }: CommandArguments, io: CommandIo, note?: string): void {
  if (options['json'] === true) io.out(JSON.stringify(agreement, null, 2))
  else io.out(`${describe(agreement)}${note === undefined ? '' : `\n  ${note}`}`)
}

function describe({ id, state, product, consumer, people, purpose, until, useCase, history }: Agreement): string {
  const last = history.at(-1)
  const step = last === undefined ? '' : `${last.kind} by ${last.actor} on ${last.at.slice(0, 10)}${last.reason === undefined ? '' : ` (${last.reason})`}`
  return `${id}  ${state.padEnd(9)}  ${product} for ${consumer}${people.length === 0 ? '' : ` (${people.join(', ')})`}, ${purpose}, until ${until}\n  ${useCase}\n  ${step}`
}

function needed({ options }: CommandArguments, name: string): string {
  const value = options[name]
  if (typeof value !== 'string') throw new GatewayError('COMMAND_INVALID', `\`polyseme access request\` needs --${name}`)
  return value
}

function actorOf({ options }: CommandArguments): string {
  return typeof options['by'] === 'string' ? options['by'] : userInfo().username
}
