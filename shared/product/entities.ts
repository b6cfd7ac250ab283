import { isObjectType, type FieldNode } from 'graphql'
import { GatewayError } from '../errors/index.ts'
import { answerByKeys } from './answer.ts'
import { getObject, getProperty, type ObjectModel } from './domain-model.ts'
import type { Row } from './fetched-row.ts'
import { keyText } from './key-text.ts'
import type { QueryRun } from './query-run.ts'
import { scalarName, SCALARS } from './scalars.ts'
import { readRowSelection, subSelections, type RowSelection, type SelectionContext } from './selection.ts'

export const MAX_REPRESENTATIONS = 100_000

type Representation = Readonly<Record<string, unknown>>

interface KeyedGroup {
  readonly object: ObjectModel
  readonly key: readonly string[]
  readonly places: number[]
  readonly tuples: string[][]
}

/**
 * Answers `_entities`: representations of one type and key in one statement (per 5,000), in order, null where there is
 * no row that the caller may see.
 *
 * @throws BAD_USER_INPUT a representation of no entity of the domain, or without a whole key.
 */
export async function resolveEntities(run: QueryRun, context: SelectionContext, representations: unknown, nodes: readonly FieldNode[]): Promise<unknown[]> {
  const list: readonly unknown[] = Array.isArray(representations) ? representations : []
  if (list.length > MAX_REPRESENTATIONS) throw new GatewayError('OPERATION_LIMIT_EXCEEDED', `${list.length} entities were asked for; at most ${MAX_REPRESENTATIONS} at a time`)
  const answers: unknown[] = Array.from(list, () => null)
  const selections = new Map<string, RowSelection>()
  await Promise.all(groupByKey(context, list).map(async (group) => {
    const typeName = group.object.object.typeName
    const selection = selections.get(typeName) ?? readRowSelection(context, group.object, subSelections(nodes))
    selections.set(typeName, selection)
    const properties = group.key.map((field) => getProperty(group.object, field))
    const rows = await answerByKeys(run, selection, { properties, tuples: group.tuples })
    rows.forEach((row, index) => {
      const place = group.places[index]
      if (row !== null && place !== undefined) answers[place] = entityOf(row, typeName, list[place])
    })
  }))
  return answers
}

/** The representation that an entity came for, with the fields of other subgraphs that it carries; for a domain's own resolvers. */
export const REPRESENTATION: unique symbol = Symbol('representation')

function entityOf(row: Row, typeName: string, representation: unknown): unknown {
  return { ...row, __typename: typeName, [REPRESENTATION]: representation }
}

function groupByKey(context: SelectionContext, list: readonly unknown[]): readonly KeyedGroup[] {
  const groups = new Map<string, KeyedGroup>()
  list.forEach((item, place) => {
    const { object, representation } = readRepresentation(context, item)
    const key = object.object.keys.find((fields) => fields.every((field) => isPresent(representation, field)))
    if (key === undefined) throw new GatewayError('BAD_USER_INPUT', `a representation of ${object.object.typeName} has none of its keys`)
    const name = `${object.object.typeName} ${key.join(' ')}`
    const group = groups.get(name) ?? { object, key, places: [], tuples: [] }
    groups.set(name, group)
    group.places.push(place)
    group.tuples.push(key.map((field) => keyText(object, field, parseKey(context, object, field, representation[field]))))
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
