import { GatewayError } from '@polyseme/kit/errors'
import { basename, resolve } from 'node:path'
import type { SubgraphArtifact, SubgraphVersion } from '../../registry/index.ts'
import type { Command, CommandArguments, CommandIo } from '../command.ts'
import { foreignDraft, isForeignSource } from '../foreign-draft.ts'
import { DATA_OPTIONS, DATA_USAGE, findPersonalFields } from '../personal-fields.ts'
import { reportCheck } from '../publish-artifact.ts'
import { REGISTRY_OPTIONS, REGISTRY_USAGE, RegistryClient } from '../registry-client.ts'

/** Says what publishing a domain would do, without doing it; exit code 0 only when it may be published. */
export const checkCommand: Command = {
  name: 'check',
  summary: 'say what publishing a domain would do: contracts, composition, consumers, rules, meaning',
  usage: `polyseme check DIR [--url URL] [--data SOURCE …] [--days N] [--markdown]
polyseme check URL|FILE --domain NAME [--days N] [--markdown]

  DIR             folder of the domain: *.odcs.yaml, policies/*.cedar
  URL|FILE        an adopted subgraph, which is asked for its schema, or a file *.graphql with it; naming and contracts as published
  --domain NAME   the domain that it belongs to
  --url URL       where the subgraph answers (default: the published one)
${DATA_USAGE}
  --days N        how far back consumers' operations count (default 30)
  --markdown      as a comment for a pull request
${REGISTRY_USAGE}

  Exit code 0: it may be published; 1: it may not, or not yet; 2: the command line is wrong.`,
  maxPositionals: 1,
  options: { ...REGISTRY_OPTIONS, ...DATA_OPTIONS, url: { type: 'string' }, domain: { type: 'string' }, days: { type: 'string', default: '30' }, markdown: { type: 'boolean' } },
  run: async (args, io) => {
    const { options, positionals: [source] } = args
    if (source === undefined) throw new GatewayError('COMMAND_INVALID', '`polyseme check` needs one DIR, or the URL or schema FILE of an adopted subgraph')
    const usageDays = Number(options['days'])
    if (!Number.isInteger(usageDays) || usageDays < 0) throw new GatewayError('COMMAND_INVALID', '--days is a whole number')
    const client = await RegistryClient.open(args, io)
    if (isForeignSource(source)) return await reportCheck(await client.check({ artifact: await foreignArtifact(source, args, { client, io }), usageDays }), args, io)
    if (options['domain'] !== undefined) throw new GatewayError('COMMAND_INVALID', '--domain goes with a URL or a schema FILE; of a folder the contracts name the domain')
    const { ADDRESS_UNKNOWN, failedReport, readDomainDraft } = await import('../../registry/index.ts')
    const draft = await readDomainDraft(source, { cwd: io.cwd, url: ADDRESS_UNKNOWN })
    if (draft.kind === 'invalid') return await reportCheck(failedReport({ subgraph: basename(resolve(io.cwd, source)), findings: draft.diagnostics, usageDays }), args, io)
    const artifact = { ...draft.value, url: await addressOf(draft.value, args, client) ?? ADDRESS_UNKNOWN }
    return await reportCheck(await client.check({ artifact, usageDays, personalFields: await findPersonalFields(artifact, args, io) }), args, io)
  },
}

async function foreignArtifact(source: string, { options }: CommandArguments, { client, io }: { readonly client: RegistryClient; readonly io: CommandIo }): Promise<SubgraphArtifact> {
  const { domain, url } = options
  if (typeof domain !== 'string') throw new GatewayError('COMMAND_INVALID', '`polyseme check` of a URL or a schema FILE needs --domain NAME')
  if (options['data'] !== undefined) throw new GatewayError('COMMAND_INVALID', '--data goes with a folder of contracts')
  const published = await publishedVersion(domain, client)
  const { ADDRESS_UNKNOWN } = await import('../../registry/index.ts')
  return await foreignDraft(source, { domain, url: typeof url === 'string' ? url : published?.url ?? ADDRESS_UNKNOWN, published }, io)
}

/** The address that a publish would take; undefined where none is known. */
async function addressOf({ subgraph }: { readonly subgraph: string }, { options: { url } }: CommandArguments, client: RegistryClient): Promise<string | undefined> {
  return typeof url === 'string' ? url : (await publishedVersion(subgraph, client))?.url
}

/** Undefined also where the caller may not know it: the check itself says so better. */
async function publishedVersion(subgraph: string, client: RegistryClient): Promise<SubgraphVersion | undefined> {
  return await client.findSubgraph(subgraph).catch((error: unknown) => {
    if (error instanceof GatewayError && error.code === 'FORBIDDEN') return undefined
    throw error
  })
}
