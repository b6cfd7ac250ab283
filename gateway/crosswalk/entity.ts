import { decodeEntityKey, encodeEntityKey, type KeyPart } from '@polyseme/kit/lexicon'
import type { SenseModel } from './crosswalk-model.ts'

/** An entity as the graph carries it: its type and its key's fields. */
export type Entity = Readonly<Record<string, unknown>> & { readonly __typename: string }

/** The entity of a stored key, its fields typed as the domain types them. */
export function entityOf(sense: SenseModel, key: string): Entity {
  const parts = keyParts(sense, key)
  const entity: Record<string, unknown> & { __typename: string } = { __typename: sense.typeName }
  for (const [at, { field }] of sense.key.entries()) entity[field] = parts[at]
  return entity
}

/** The values of a stored key, as the domain writes them. */
export function keyParts(sense: SenseModel, key: string): readonly (string | number)[] {
  const [only] = sense.key
  if (sense.key.length === 1 && only !== undefined)
    return [wireValue(key.includes('%') ? (decodeEntityKey(key)?.[0] ?? key) : key, only.type.named)]
  const parts = decodeEntityKey(key) ?? []
  return sense.key.map(({ type }, at) => wireValue(parts[at] ?? '', type.named))
}

/** The stored form of an entity's key; undefined when a part is missing or is no key value. */
export function keyOf(sense: SenseModel, entity: Readonly<Record<string, unknown>>): string | undefined {
  const parts: KeyPart[] = []
  for (const { field } of sense.key) {
    const part = entity[field]
    if (typeof part !== 'string' && typeof part !== 'number') return undefined
    if (part === '') return undefined
    parts.push(part)
  }
  return encodeEntityKey(parts)
}

function wireValue(text: string, type: string): string | number {
  if (type === 'Int' || type === 'Float') return Number(text)
  if (type !== 'BigInt') return text
  // As the domains write them: a number while a number is exact.
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : text
}
