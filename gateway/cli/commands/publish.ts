import { GatewayError } from '@polyseme/kit/errors'
import { basename, resolve } from 'node:path'
import type { Command } from '../command.ts'
import { DATA_OPTIONS, DATA_USAGE, findPersonalFields } from '../personal-fields.ts'
import { messageOf, PUBLISH_OPTIONS, publishArtifact, reportRefusal } from '../publish-artifact.ts'
import { REGISTRY_OPTIONS, REGISTRY_USAGE, RegistryClient } from '../registry-client.ts'

/** Checks a domain and, when nothing stands against it, makes it part of the live graph. */
export const publishCommand: Command = {
  name: 'publish',
  summary: 'check a domain and make it part of the live graph',
  usage: `polyseme publish DIR --url URL --message TEXT [--data SOURCE …] [--percent N]

  DIR             folder of the domain: *.odcs.yaml, policies/*.cedar
  --url URL       where the subgraph answers (default: the published one)
  --message TEXT  what changes for whom; stands in the history
${DATA_USAGE}
  --percent N     only this share of callers gets it (1 to 99), until \`polyseme promote\`
${REGISTRY_USAGE}`,
  options: { ...REGISTRY_OPTIONS, ...PUBLISH_OPTIONS, ...DATA_OPTIONS, url: { type: 'string' } },
  run: async (args, io) => {
    const { options, positionals: [dir, ...more] } = args
    if (dir === undefined || more.length > 0) throw new GatewayError('COMMAND_INVALID', '`polyseme publish` needs one DIR')
    const message = messageOf(args, 'publish')
    const client = await RegistryClient.open(args, io)
    const { failedReport, readDomainDraft } = await import('../../registry/index.ts')
    const read = await readDomainDraft(dir, { cwd: io.cwd, url: '' })
    if (read.kind === 'invalid') return await reportRefusal(failedReport({ subgraph: basename(resolve(io.cwd, dir)), findings: read.diagnostics, usageDays: 0 }), args, io)
    const draft = read.value
    const current = await client.findSubgraph(draft.subgraph)
    const url = options['url'] ?? current?.url
    if (typeof url !== 'string') throw new GatewayError('COMMAND_INVALID', `"${draft.subgraph}" is new: say with --url where it answers`)
    return await publishArtifact({ ...draft, url }, { client, basedOn: current?.version ?? 0, message, personalFields: await findPersonalFields(draft, args, io), args }, io)
  },
}
