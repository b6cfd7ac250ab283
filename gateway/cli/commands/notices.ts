import type { ConsumerNotice, NoticedOperation } from '../../registry/index.ts'
import { readLimit, type Command } from '../command.ts'
import { oneLine } from '../one-line.ts'
import { REGISTRY_OPTIONS, REGISTRY_USAGE, RegistryClient } from '../registry-client.ts'

/** Lists what steps of the graph did, or announce, to those who use it. */
export const noticesCommand: Command = {
  name: 'notices',
  summary: 'list changes that concern what you use',
  usage: `polyseme notices [DOMAIN] [--limit N]

  DOMAIN          what the steps of this domain told its consumers; for who may publish or approve there
                  (default: what concerns you, by the client and subject of your token)
  --limit N       at most so many (default 20)
${REGISTRY_USAGE}`,
  maxPositionals: 1,
  options: { ...REGISTRY_OPTIONS, limit: { type: 'string', default: '20' } },
  run: async (args, io) => {
    const [subgraph] = args.positionals
    const limit = readLimit(args)
    const client = await RegistryClient.open(args, io)
    const notices = await client.notices({ limit, ...(subgraph === undefined ? {} : { subgraph }) })
    if (args.options['json'] === true) io.out(JSON.stringify(notices, null, 2))
    else if (notices.length === 0) io.out('no change concerned what is used')
    else for (const line of notices.flatMap(describeNotice)) io.out(line)
    return 0
  },
}

function describeNotice({ sequence, at, kind, subgraph, consumer, actor, reason, operations }: ConsumerNotice): readonly string[] {
  const head = `step ${sequence}  ${at.slice(0, 10)}  ${kind} ${subgraph ?? 'the whole graph'}  for ${oneLine(consumer)}  by ${oneLine(actor)}: ${oneLine(reason)}`
  return [head, ...operations.flatMap(describeOperation)]
}

function describeOperation({ operation, calls, breaksOn, goingAway }: NoticedOperation): readonly string[] {
  const what = `${oneLine(operation)} (${calls} call${calls === 1 ? '' : 's'})`
  return [
    ...breaksOn.map(({ coordinate, message }) => `  ${what} breaks on ${coordinate}: ${message}`),
    ...goingAway.map(({ coordinate, reason }) => `  ${what} uses ${coordinate}, which goes away: ${oneLine(reason)}`),
  ]
}
