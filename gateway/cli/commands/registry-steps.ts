import { formatDiagnostic, GatewayError } from '@polyseme/kit/errors'
import { formatAffected } from '../../registry/index.ts'
import type { Command, CommandArguments, CommandIo } from '../command.ts'
import { describeStep } from '../describe-step.ts'
import { REGISTRY_OPTIONS, REGISTRY_USAGE, RegistryClient } from '../registry-client.ts'

const OPTIONS = { ...REGISTRY_OPTIONS, reason: { type: 'string' } } as const
const REASON_USAGE = '  --reason TEXT   why; stands in the history'

/** Makes an earlier graph live again, for one domain or whole. */
export const rollbackCommand: Command = {
  name: 'rollback',
  summary: 'make an earlier graph live again',
  usage: `polyseme rollback [DOMAIN] [--to STEP] --reason TEXT

  DOMAIN          only this domain (default: the whole graph)
  --to STEP       step of \`polyseme history\` to go back to (default: the version before the one in force; said again, the one before that)
${REASON_USAGE}
${REGISTRY_USAGE}`,
  maxPositionals: 1,
  options: { ...OPTIONS, to: { type: 'string' } },
  run: async (args, io) => {
    const [subgraph] = args.positionals
    const to = args.options['to']
    if (to !== undefined && !/^\d+$/.test(String(to))) throw new GatewayError('COMMAND_INVALID', '--to is the number of a step')
    return await take('rollback', args, io, { ...(subgraph === undefined ? {} : { subgraph }), ...(to === undefined ? {} : { toSequence: Number(to) }) })
  },
}

/** Takes a domain out of the graph; its versions stay in the history. */
export const retireCommand: Command = {
  name: 'retire',
  summary: 'take a domain out of the graph',
  usage: `polyseme retire DOMAIN --reason TEXT

${REASON_USAGE}
${REGISTRY_USAGE}`,
  maxPositionals: 1,
  options: OPTIONS,
  run: async (args, io) => {
    const [subgraph] = args.positionals
    if (subgraph === undefined) throw new GatewayError('COMMAND_INVALID', '`polyseme retire` needs a DOMAIN')
    return await take('retire', args, io, { subgraph })
  },
}

/** Gives the running canary to everybody. */
export const promoteCommand: Command = {
  name: 'promote',
  summary: 'give the running canary to everybody',
  usage: `polyseme promote --reason TEXT

${REASON_USAGE}
${REGISTRY_USAGE}`,
  maxPositionals: 0,
  options: OPTIONS,
  run: async (args, io) => await take('promote', args, io, {}),
}

/** Ends the running canary: everybody gets the live graph. */
export const endCanaryCommand: Command = {
  name: 'end-canary',
  summary: 'end the running canary',
  usage: `polyseme end-canary --reason TEXT

${REASON_USAGE}
${REGISTRY_USAGE}`,
  maxPositionals: 0,
  options: OPTIONS,
  run: async (args, io) => await take('end-canary', args, io, {}),
}

/** Accepts a change that needs approval, for exactly the content that the check named. */
export const approveCommand: Command = {
  name: 'approve',
  summary: 'accept a change that needs approval',
  usage: `polyseme approve DOMAIN HASH --reason TEXT

  DOMAIN          the one that publishes it, or from which it takes a field over
  HASH            as \`polyseme check\` printed it; another content needs another approval
${REASON_USAGE}
${REGISTRY_USAGE}`,
  maxPositionals: 2,
  options: OPTIONS,
  run: async (args, io) => {
    const [subgraph, hash] = args.positionals
    if (subgraph === undefined || hash === undefined) throw new GatewayError('COMMAND_INVALID', '`polyseme approve` needs a DOMAIN and the HASH that the check printed')
    const client = await RegistryClient.open(args, io)
    await client.approve({ subgraph, hash, reason: reasonOf(args) })
    io.out(args.options['json'] === true ? JSON.stringify({ kind: 'approved', subgraph, hash }) : `${subgraph}: approved; it can be published now`)
    return 0
  },
}

function reasonOf({ options }: CommandArguments): string {
  const reason = options['reason']
  if (typeof reason !== 'string' || reason.trim() === '') throw new GatewayError('COMMAND_INVALID', 'say why with --reason; it stands in the history')
  return reason
}

async function take(name: 'rollback' | 'retire' | 'promote' | 'end-canary', args: CommandArguments, io: CommandIo, input: Readonly<Record<string, string | number>>): Promise<number> {
  const reason = reasonOf(args)
  const client = await RegistryClient.open(args, io)
  const outcome = await client.step(name, { ...input, reason })
  if (args.options['json'] === true) io.out(JSON.stringify(outcome, null, 2))
  else if (outcome.kind === 'unchanged') io.out(`that is live already (step ${outcome.deployment.sequence})`)
  else if (outcome.kind === 'refused') for (const diagnostic of outcome.diagnostics) io.out(formatDiagnostic(diagnostic))
  else {
    io.out(describeStep(outcome.deployment))
    for (const affected of outcome.effects.affected) io.out(`breaks ${formatAffected(affected)}`)
  }
  return outcome.kind === 'refused' ? 1 : 0
}
