import { readLimit, type Command } from '../command.ts'
import { describeStep } from '../describe-step.ts'
import { REGISTRY_OPTIONS, REGISTRY_USAGE, RegistryClient } from '../registry-client.ts'

/** Lists what happened to the graph, newest first. */
export const historyCommand: Command = {
  name: 'history',
  summary: 'list what happened to the graph, newest first',
  usage: `polyseme history [DOMAIN] [--limit N]

  DOMAIN          only steps that concern this domain
  --limit N       at most so many (default 20)
${REGISTRY_USAGE}`,
  maxPositionals: 1,
  options: { ...REGISTRY_OPTIONS, limit: { type: 'string', default: '20' } },
  run: async (args, io) => {
    const [subgraph] = args.positionals
    const limit = readLimit(args)
    const client = await RegistryClient.open(args, io)
    const steps = await client.history({ limit, ...(subgraph === undefined ? {} : { subgraph }) })
    if (args.options['json'] === true) io.out(JSON.stringify(steps, null, 2))
    else if (steps.length === 0) io.out('nothing has been published yet')
    else for (const step of steps) io.out(describeStep(step))
    return 0
  },
}
