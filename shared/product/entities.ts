import { isObjectType, type FieldNode } from 'graphql'
import type { ProductProperty } from '../contract/index.ts'
import { GatewayError } from '../errors/index.ts'
import { answerByKeys } from './answer.ts'
import { getObject, getProperty, type ObjectModel } from './domain-model.ts'
import type { Row } from './fetched-row.ts'
import { keyTupleText } from './key-index.ts'
import { keyText } from './key-text.ts'
import type { QueryRun } from './query-run.ts'
import { scalarName, SCALARS } from './scalars.ts'
import { readRowSelection, subSelections, type RowSelection, type SelectionContext } from './selection.ts'

export const MAX_REPRESENTATIONS = 100_000

type Representation = Readonly<Record<string, unknown>>

/** Representations of one type and key. */
export interface EntityGroup {
  readonly selection: RowSelection
  readonly batch: { readonly properties: readonly ProductProperty[]; readonly tuples: string[][] }
  /** For each representation its place in the answer, and that of its tuple in the batch. */
  readonly places: { readonly answer: number; readonly tuple: number }[]
}

/**
 * Answers `_entities`: representations of one type and key in one statement (per 5,000), in order, null where there is
 * no row that the caller may see.
 *
 * @throws BAD_USER_INPUT a representation of no entity of the domain, or without a whole key.
 */
export async function resolveEntities(run: QueryRun, context: SelectionContext, representations: unknown, nodes: readonly FieldNode[]): Promise<unknown[]> {
  const list = readRepresentations(representations)
  const answers: unknown[] = Array.from(list, () => null)
  await Promise.all(groupEntities(context, list, nodes).map(async ({ selection, batch, places }) => {
    const rows = await answerByKeys(run, selection, batch)
    for (const { answer, tuple } of places) {
      const row = rows[tuple]
      if (row !== null && row !== undefined) answers[answer] = entityOf(row, selection.object.object.typeName, list[answer])
    }
  }))
  return answers
}

/** @throws OPERATION_LIMIT_EXCEEDED */
export function readRepresentations(representations: unknown): readonly unknown[] {
  const list: readonly unknown[] = Array.isArray(representations) ? representations : []
  if (list.length <= MAX_REPRESENTATIONS) return list
  throw new GatewayError('OPERATION_LIMIT_EXCEEDED', `${list.length} entities were asked for; at most ${MAX_REPRESENTATIONS} at a time`)
}

/** The representation that an entity came for, with the fields of other subgraphs that it carries; for a domain's own resolvers. */
export const REPRESENTATION: unique symbol = Symbol('representation')

function entityOf(row: Row, typeName: string, representation: unknown): unknown {
  return { ...row, __typename: typeName, [REPRESENTATION]: representation }
}

/** Sorts representations by type and key, each tuple once. @throws BAD_USER_INPUT */
export function groupEntities(context: SelectionContext, list: readonly unknown[], nodes: readonly FieldNode[]): readonly EntityGroup[] {
  const selections = new Map<string, RowSelection>()
  const groups = new Map<string, EntityGroup>()
  const tuples = new Map<string, number>()
  list.forEach((item, answer) => {
    const { object, representation } = readRepresentation(context, item)
    const { typeName, keys } = object.object
    const key = keys.find((fields) => fields.every((field) => isPresent(representation, field)))
    if (key === undefined) throw new GatewayError('BAD_USER_INPUT', `a representation of ${typeName} has none of its keys`)
    const name = `${typeName} ${key.join(' ')}`
    const selection = selections.get(typeName) ?? readRowSelection(context, object, subSelections(nodes))
    selections.set(typeName, selection)
    const group = groups.get(name) ?? { selection, places: [], batch: { properties: key.map((field) => getProperty(object, field)), tuples: [] } }
    groups.set(name, group)
    const texts = key.map((field) => keyText(object, field, parseKey(context, object, field, representation[field])))
    const text = `${name} ${keyTupleText(texts)}`
    const tuple = tuples.get(text) ?? group.batch.tuples.push(texts) - 1
    tuples.set(text, tuple)
    group.places.push({ answer, tuple })
  })
  return [...groups.values()]
}

function isPresent(representation: Representation, field: string): boolean {
  return Object.hasOwn(representation, field) && representation[field] !== null && representation[field] !== undefined
}

function readRepresentation(context: SelectionContext, item: unknown): { readonly object: ObjectModel; readonly representation: Representation } {
  if (typeof item !== 'object' || item === null) throw new GatewayError('BAD_USER_INPUT', 'a representation is an object')
  const representation = item as Representation
  const typeName = representation['__typename']
  if (typeof typeName !== 'string' || !context.model.objects.has(typeName) || !isObjectType(context.schema.getType(typeName))) {
    throw new GatewayError('BAD_USER_INPUT', 'a representation names no entity of this domain in __typename')
  }
  return { object: getObject(context.model, typeName), representation }
}

function parseKey(context: SelectionContext, object: ObjectModel, field: string, value: unknown): unknown {
  const property = getProperty(object, field)
  if (property.type === 'enum') return value
  const scalar = context.schema.getType(scalarName(property.type)) ?? SCALARS.JSON
  if (!('parseValue' in scalar)) return value
  try {
    return scalar.parseValue(value)
  } catch (error) {
    throw new GatewayError('BAD_USER_INPUT', `a representation of ${object.object.typeName} has an unusable ${field}`, { cause: error })
  }
}
