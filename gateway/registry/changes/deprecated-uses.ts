import { GraphQLError, Kind, parse, type ConstDirectiveNode, type DocumentNode } from 'graphql'
import type { OperationUsage } from './affected-operations.ts'

/** A part of the graph that is going away and that an operation of a consumer still names. */
export interface DeprecatedUse {
  readonly coordinate: string
  /** What its domain says of the end: until when, and what to use instead. */
  readonly reason: string
  /** It was not marked so before this publish. */
  readonly isNew: boolean
  readonly usage: OperationUsage
}

/** A subgraph's text as it is to be and as it was, with the names that the graph has. */
export interface SubgraphTexts {
  readonly sdl: string
  /** Absent: the subgraph is new. */
  readonly before?: string
}

/** Who uses what a subgraph marks as deprecated, the busiest operation first. */
export function findDeprecatedUses({ sdl, before }: SubgraphTexts, usage: readonly OperationUsage[]): readonly DeprecatedUse[] {
  const deprecated = findDeprecated(sdl)
  const known = before === undefined ? new Map<string, string>() : findDeprecated(before)
  if (deprecated.size === 0) return []
  return usage
    .flatMap((operation) => [...operation.coordinates].flatMap((coordinate): readonly DeprecatedUse[] => {
      const reason = deprecated.get(coordinate)
      return reason === undefined ? [] : [{ coordinate, reason, isNew: known.get(coordinate) !== reason, usage: operation }]
    }))
    .sort((a, b) => b.usage.calls - a.usage.calls || (a.coordinate < b.coordinate ? -1 : 1))
}

/** Every coordinate that is marked `@deprecated`, with the reason. */
export function findDeprecated(sdl: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const note = (coordinate: string, directives: readonly ConstDirectiveNode[] | undefined): void => {
    const directive = directives?.find(({ name }) => name.value === 'deprecated')
    if (directive !== undefined) found.set(coordinate, reasonOf(directive))
  }
  for (const definition of parsed(sdl)?.definitions ?? []) {
    if ('fields' in definition) {
      for (const field of definition.fields ?? []) {
        const coordinate = `${definition.name.value}.${field.name.value}`
        note(coordinate, field.directives)
        if (field.kind !== Kind.FIELD_DEFINITION) continue
        for (const argument of field.arguments ?? []) note(`${coordinate}(${argument.name.value}:)`, argument.directives)
      }
    } else if ('values' in definition) {
      for (const value of definition.values ?? []) note(`${definition.name.value}.${value.name.value}`, value.directives)
    }
  }
  return found
}

function parsed(sdl: string): DocumentNode | undefined {
  try {
    return parse(sdl, { noLocation: true })
  } catch (error) {
    // What does not parse composition reports with its place.
    if (error instanceof GraphQLError) return undefined
    throw error
  }
}

function reasonOf({ arguments: given }: ConstDirectiveNode): string {
  const value = given?.find(({ name }) => name.value === 'reason')?.value
  return value?.kind === Kind.STRING ? value.value : 'No longer supported'
}
