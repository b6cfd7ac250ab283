import { guessPersonalData, parseContracts, type DataProfile, type DataProduct } from '@polyseme/kit/contract'
import type { SubgraphArtifact } from '../registry/index.ts'
import type { CommandArguments, CommandIo } from './command.ts'
import { profileData } from './profile-data.ts'

export const DATA_OPTIONS = { data: { type: 'string', multiple: true } } as const

export const DATA_USAGE = `  --data SOURCE   files, folders or postgres://… of the domain's data: what looks personal by its values must be classified too;
                  only the names of such fields leave this machine`

/** Fields of the artefact whose values look personal in the data that the caller names; none where it names no data. */
export async function findPersonalFields({ contracts, subgraph }: Pick<SubgraphArtifact, 'contracts' | 'subgraph'>, { options }: CommandArguments, io: CommandIo): Promise<readonly string[]> {
  const sources = options['data']
  if (!Array.isArray(sources) || sources.length === 0) return []
  const parsed = parseContracts(contracts.map(({ path, text }) => ({ file: path, text })), { domain: subgraph })
  if (parsed.kind === 'invalid') return []
  return personalFieldsOf(parsed.value, await profileData(sources.map(String), {}, io))
}

function personalFieldsOf(products: readonly DataProduct[], { tables }: DataProfile): readonly string[] {
  return products.flatMap((product) => product.objects).flatMap((object) => {
    const columns = tables.find(({ name }) => name === object.physicalName)?.columns ?? []
    return object.properties.flatMap((property) => {
      const column = columns.find(({ name }) => name === property.physicalName)
      // Without its name only the values speak; the name is the rule's business.
      return column === undefined || guessPersonalData({ ...column, name: '' }) === undefined ? [] : [`${object.typeName}.${property.field}`]
    })
  })
}
