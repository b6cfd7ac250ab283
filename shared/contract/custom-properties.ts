import { findNearestName } from '../errors/index.ts'
import type { OdcsCustomProperty, OdcsValue } from './odcs-common.ts'
import type { Findings } from './findings.ts'
import type { Places } from './places.ts'

/** The keys of `customProperties` that Polyseme reads, by where they stand; others are the contract's own affair. */
export const POLYSEME_KEYS = {
  contract: ['title', 'agreement', 'pageDefaultRows', 'pageMaxRows', 'minGroupRows', 'removalDate', 'replacedBy', 'responseCache', 'safeArguments'],
  object: ['graphqlName', 'graphqlPlural', 'rowFilter', 'pageDefaultRows', 'pageMaxRows', 'minGroupRows', 'aggregateDimensions', 'removalDate', 'replacedBy'],
  property: ['graphqlName', 'readScopes', 'validValues', 'removalDate', 'replacedBy'],
  relationship: ['graphqlName', 'graphqlInverseName', 'cardinality'],
} as const

export type CustomPlace = keyof typeof POLYSEME_KEYS

/** Where a document's custom properties stand, for findings. */
export interface CustomContext {
  readonly findings: Findings
  readonly places: Places
}

/** One value of a key, and where it stands. */
export interface CustomValue {
  readonly value: OdcsValue
  readonly at: number
  readonly property: OdcsCustomProperty
}

/** Every value of a key; a key may stand several times. */
export function findCustomValues(list: readonly OdcsCustomProperty[] | undefined, key: string, places: Places): readonly CustomValue[] {
  return (list ?? [])
    .filter((property) => property.property === key)
    .map((property) => ({ value: property.value ?? null, at: places.of(property, 'value'), property }))
}

/** A whole number from 1 to `max`; anything else is reported. */
export function readCustomCount(
  list: readonly OdcsCustomProperty[] | undefined,
  { key, max }: { readonly key: string; readonly max: number },
  { findings, places }: CustomContext,
): number | undefined {
  const [found] = findCustomValues(list, key, places)
  if (found === undefined) return undefined
  if (typeof found.value === 'number' && Number.isInteger(found.value) && found.value >= 1 && found.value <= max) return found.value
  findings.report({
    rule: 'contract-custom-value',
    at: found.at,
    what: `\`${key}\` is ${JSON.stringify(found.value)}`,
    expected: `a whole number from 1 to ${max}`,
    why: 'it is a limit that the subgraph enforces',
    how: `write \`value: ${max < 1_000 ? max : 1_000}\``,
  })
  return undefined
}

/** A non-empty text; anything else is reported. */
export function readCustomText(
  list: readonly OdcsCustomProperty[] | undefined,
  key: string,
  { findings, places }: CustomContext,
): { readonly value: string; readonly at: number } | undefined {
  const [found] = findCustomValues(list, key, places)
  if (found === undefined) return undefined
  if (typeof found.value === 'string' && found.value !== '') return { value: found.value, at: found.at }
  findings.report({
    rule: 'contract-custom-value',
    at: found.at,
    what: `\`${key}\` is ${JSON.stringify(found.value)}`,
    expected: 'a text that is not empty',
    how: `write \`value: …\` as text, or remove the entry`,
  })
  return undefined
}

/**
 * Reports keys that look like one of ours and aren't, and ours that stand where they have no effect.
 *
 * A row filter or a scope that is written and not in force is an error: rows would be open that were meant to be closed.
 */
export function checkCustomKeys(
  list: readonly OdcsCustomProperty[] | undefined,
  place: CustomPlace,
  { findings, places }: CustomContext,
): void {
  const here: readonly string[] = POLYSEME_KEYS[place]
  const everywhere = new Set<string>(Object.values(POLYSEME_KEYS).flat())
  for (const property of list ?? []) {
    const key = property.property
    if (here.includes(key)) continue
    const misplaced = everywhere.has(key)
    const meant = misplaced ? key : findMeantKey(key, everywhere)
    if (meant === undefined) continue
    const guards = meant === 'rowFilter' || meant === 'readScopes' || meant === 'minGroupRows' || meant === 'aggregateDimensions' || meant === 'agreement'
    const belongs = Object.entries(POLYSEME_KEYS)
      .filter(([, keys]) => (keys as readonly string[]).includes(meant))
      .map(([name]) => name)
    findings.report({
      rule: misplaced ? 'contract-custom-misplaced' : 'contract-custom-unknown',
      severity: guards ? 'error' : 'warning',
      at: places.of(property, 'property'),
      what: misplaced
        ? `the custom property \`${key}\` has no effect on ${withArticle(place)}`
        : `the custom property \`${key}\` looks like \`${meant}\` and has no effect`,
      expected: `\`${meant}\` in the customProperties of ${belongs.map(withArticle).join(' or ')}`,
      why: guards ? 'data that it was meant to protect would be open' : 'what it says would not happen',
      how: misplaced
        ? `move it to ${belongs.map(withArticle).join(' or ')}`
        : `write \`property: ${meant}\`, or another name if it means something else`,
    })
  }
}

function withArticle(noun: string): string {
  return `${noun.startsWith('o') ? 'an' : 'a'} ${noun}`
}

/** Nearer than for ordinary keys: other people's custom properties may resemble ours by chance. */
function findMeantKey(key: string, known: Iterable<string>): string | undefined {
  const nearest = findNearestName(key, known)
  if (nearest === undefined) return undefined
  const bare = (name: string): string => name.toLowerCase().replaceAll(/[^a-z]|s$/g, '')
  return bare(nearest) === bare(key) || key.length >= 8 ? nearest : undefined
}
