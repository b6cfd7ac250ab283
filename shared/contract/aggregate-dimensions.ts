import { findNearestName } from '../errors/index.ts'
import { findCustomValues } from './custom-properties.ts'
import type { ContractDocument, DraftProperty } from './draft.ts'
import type { OdcsSchemaObject } from './odcs-schema.ts'

/**
 * `aggregateDimensions` of an object: the properties by which its aggregates may be filtered and grouped, so that no difference of
 * two aggregates tells of fewer than `minGroupRows` rows. What cannot be read is an error, never a dimension less.
 */
export function readAggregateDimensions(source: OdcsSchemaObject, properties: readonly DraftProperty[], { findings, places }: ContractDocument, minGroupRows: number | undefined): readonly string[] | undefined {
  const [found] = findCustomValues(source.customProperties, 'aggregateDimensions', places)
  if (found === undefined) return undefined
  const { value, at } = found
  const refuse = (what: string, how: string): undefined => {
    const why = 'aggregates whose differences are not guarded would tell of single rows'
    findings.report({ rule: 'contract-aggregate-dimensions', at, what: `\`aggregateDimensions\` of \`${source.name}\` ${what}`, expected: 'a list of properties with one value each', why, how })
  }
  const names: readonly unknown[] | undefined = Array.isArray(value) ? value : undefined
  if (names === undefined || names.length > MAX_DIMENSIONS) return refuse(names === undefined ? 'is not a list' : `has more than ${MAX_DIMENSIONS} names`, 'write `value: [region, tier]`, or `value: []` where aggregates are of all rows only')
  if (minGroupRows === undefined) return refuse('stands without `minGroupRows`', 'add `minGroupRows: 5`: how many rows nobody may be told apart in')
  const fields: string[] = []
  for (const name of names) {
    const draft = properties.find((candidate) => candidate.source.name === name)
    if (draft === undefined) {
      const nearest = typeof name === 'string' ? findNearestName(name, properties.map((candidate) => candidate.source.name)) : undefined
      return refuse(`names ${JSON.stringify(name)}, which the object doesn't have`, nearest === undefined ? 'name a property of the object' : `did you mean \`${nearest}\`?`)
    }
    const { property } = draft
    if (property.list || property.type === 'json' || property.type === 'number') return refuse(`names \`${property.name}\`, by which no groups can be made`, 'choose a property with few different values')
    fields.push(property.field)
  }
  return fields
}

const MAX_DIMENSIONS = 12
