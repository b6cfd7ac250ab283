import { GraphQLError } from 'graphql'
import { argumentName, MAX_BATCH_KEYS } from './build-crosswalk-sdl.ts'
import type { CrosswalkModel, SenseModel } from './crosswalk-model.ts'
import { keyOf } from './entity.ts'
import { decodeConceptId } from './identity.ts'
import type { Member } from './link-reader.ts'

/** Arguments of a concept's root field, and which of them holds ids. */
export interface NamedArguments {
  readonly args: Readonly<Record<string, unknown>>
  readonly idArgument: 'id' | 'ids'
}

/**
 * The records that the arguments of a concept's root field name; undefined for an id that is none of ours.
 *
 * @throws GraphQLError BAD_USER_INPUT unless exactly one argument is given, with at most `MAX_BATCH_KEYS` values.
 */
export function namedMembers(
  model: CrosswalkModel,
  senses: readonly SenseModel[],
  { args, idArgument }: NamedArguments,
): readonly (Member | undefined)[] {
  const allowed = [idArgument, ...senses.map(({ typeName }) => argumentName(typeName))]
  const named = allowed.filter((name) => args[name] !== undefined && args[name] !== null)
  const [name] = named
  if (name === undefined || named.length !== 1) throw userError(`Give exactly one of ${allowed.join(', ')}.`)
  const given = args[name]
  const values: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (values.length > MAX_BATCH_KEYS) throw userError(`${values.length} keys were given; at most ${MAX_BATCH_KEYS} are allowed.`)
  if (name === idArgument) return values.map((id) => memberOfId(model, String(id)))
  const sense = senses.find(({ typeName }) => argumentName(typeName) === name)
  return values.map((value) => (sense === undefined ? undefined : memberFromArgument(sense, value)))
}

/** The record that a concept id names; undefined when it is none of ours. */
export function memberOfId(model: CrosswalkModel, id: string): Member | undefined {
  const decoded = decodeConceptId(id)
  const sense = [...model.senses.keys()].find((name) => name === decoded?.sense)
  return sense === undefined || decoded === undefined ? undefined : { sense, key: decoded.key }
}

/** The record that an entity of the graph is. */
export function memberOf(sense: SenseModel, source: Readonly<Record<string, unknown>>): Member {
  return { sense: sense.sense.name, key: keyFrom(sense, source) }
}

/** @throws GraphQLError BAD_USER_INPUT when a part of the key is missing or is no key value. */
export function keyFrom(sense: SenseModel, source: Readonly<Record<string, unknown>>): string {
  const key = keyOf(sense, source)
  if (key === undefined) throw userError(`${sense.typeName} is identified by ${sense.key.map(({ field }) => field).join(', ')}.`)
  return key
}

function memberFromArgument(sense: SenseModel, value: unknown): Member {
  const [only] = sense.key
  const fields = sense.key.length === 1 && only !== undefined ? { [only.field]: value } : (value as Readonly<Record<string, unknown>>)
  return memberOf(sense, fields)
}

function userError(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })
}
