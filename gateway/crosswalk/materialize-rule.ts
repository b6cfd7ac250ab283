import {
  encodeEntityKey,
  NORMALIZERS,
  type IncomingStatement,
  type KeyPart,
  type Mapping,
  type MappingRule,
  type Normalizer,
} from '@polyseme/kit/lexicon'
import type { SenseModel } from './crosswalk-model.ts'
import type { SenseReader } from './sense-reader.ts'

/** A rule whose links are computed from the domains' records. */
export type ValueRule = Extract<MappingRule, { kind: 'sharedIdentifier' | 'normalizedValue' }>

export interface MaterializeOptions {
  readonly mapping: Mapping
  readonly rule: ValueRule
  readonly from: SenseModel
  readonly to: SenseModel
  readonly readSense: SenseReader
  readonly signal: AbortSignal
}

/** A pair of records whose values are equal. */
export interface MatchedPair {
  readonly from: string
  readonly to: string
}

/**
 * Reads both senses and pairs the records with equal values. A value that more records of a side have than the rule's
 * `maxSharing` identifies nobody (a dash for an empty field, a test address, a shared mailbox) and links nothing.
 */
export async function matchByValue(options: MaterializeOptions): Promise<readonly MatchedPair[]> {
  const { rule, from, to } = options
  const normalize = rule.kind === 'normalizedValue' ? NORMALIZERS[rule.normalizer] : identifierText
  const [left, right] = await Promise.all([readValues(from, rule.from, normalize, options), readValues(to, rule.to, normalize, options)])
  const pairs: MatchedPair[] = []
  for (const [value, keys] of left) {
    const others = right.get(value)
    if (others === undefined || keys.length > rule.maxSharing || others.length > rule.maxSharing) continue
    for (const key of keys) for (const other of others) pairs.push({ from: key, to: other })
  }
  return pairs
}

/** The statement that a computed pair makes. */
export function matchedStatement(pair: MatchedPair, mapping: Mapping, rule: ValueRule): IncomingStatement {
  return {
    from: pair.from,
    to: pair.to,
    predicate: mapping.predicate,
    negative: false,
    confidence: mapping.confidence,
    status: 'approved',
    validFromMs: -Infinity,
    validToMs: Infinity,
    recordedAtMs: undefined,
    provenance: {
      justification: mapping.justification,
      source:
        rule.kind === 'normalizedValue'
          ? `${rule.normalizer} of ${rule.from.join(', ')} = ${rule.to.join(', ')}`
          : `${rule.from.join(', ')} = ${rule.to.join(', ')}`,
      ...(mapping.author === undefined ? {} : { author: mapping.author.name }),
      ...(mapping.reviewer === undefined ? {} : { reviewer: mapping.reviewer.name }),
    },
  }
}

async function readValues(
  sense: SenseModel,
  fields: readonly string[],
  normalize: Normalizer,
  options: MaterializeOptions,
): Promise<Map<string, string[]>> {
  const keyFields = sense.key.map(({ field }) => field)
  const request = {
    sense: sense.sense.name,
    domain: sense.sense.domain,
    typeName: sense.typeName,
    fields: [...new Set([...keyFields, ...fields])],
    signal: options.signal,
  }
  const values = new Map<string, string[]>()
  for await (const page of options.readSense(request)) {
    for (const record of page) {
      const key = keyFields.map((field) => record[field])
      const value = joinedValue(
        fields.map((field) => record[field]),
        normalize,
      )
      if (value === undefined || !key.every(isKeyPart)) continue
      const keys = values.get(value)
      if (keys === undefined) values.set(value, [encodeEntityKey(key)])
      else keys.push(encodeEntityKey(key))
    }
  }
  return values
}

function joinedValue(parts: readonly unknown[], normalize: Normalizer): string | undefined {
  const normal: string[] = []
  for (const part of parts) {
    const text = isKeyPart(part) ? normalize(String(part)) : undefined
    if (text === undefined) return undefined
    normal.push(encodeURIComponent(text.toWellFormed()))
  }
  return normal.join('/')
}

function isKeyPart(value: unknown): value is KeyPart {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
}

/** A declared shared identifier is compared as it is; only an empty one identifies nothing. */
function identifierText(value: string): string | undefined {
  return value.trim() === '' ? undefined : value
}
