import type { ContractDocument } from './draft.ts'
import type { OdcsSchemaObject } from './odcs-schema.ts'

/**
 * The sense of the lexicon that an object is: `sales.Customer`, from `authoritativeDefinitions` of type `sense`.
 *
 * The url is the sense itself, or an address that ends with it (`https://mesh.example/lexicon#sales.Customer`).
 */
export function findSense(source: OdcsSchemaObject, { findings, places }: ContractDocument): string | undefined {
  const definitions = (source.authoritativeDefinitions ?? []).filter(({ type }) => type === 'sense')
  const [first, second] = definitions
  if (second !== undefined) {
    findings.report({
      rule: 'contract-sense',
      at: places.of(second, 'url'),
      what: `\`${source.name}\` names ${definitions.length} senses`,
      expected: 'one sense for an object',
      why: 'a record of the object is one thing, and the crosswalk has to know which',
      how: 'keep one; say how it relates to the others in the lexicon',
    })
  }
  if (first === undefined) return undefined
  const sense = /(?:^|[/#:])([a-z][a-z0-9-]*\.[A-Z][A-Za-z0-9]*)$/.exec(first.url)?.[1]
  if (sense !== undefined) return sense
  findings.report({
    rule: 'contract-sense',
    at: places.of(first, 'url'),
    what: `the sense of \`${source.name}\` is '${first.url.slice(0, 80)}'`,
    expected: '`<domain>.<Object>`, for example `sales.Customer`, or an address that ends with it',
    why: 'this is how the lexicon names senses',
    how: 'correct `url`',
  })
  return undefined
}
