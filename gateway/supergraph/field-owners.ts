import { isInterfaceType, isObjectType, JOIN_VERSIONS, joinIdentity, type Schema } from '@apollo/federation-internals'

/** Names of the subgraphs that can answer a field, by `Type.field`. */
export type FieldOwners = ReadonlyMap<string, readonly string[]>

/** Reads from a composed schema which subgraphs answer each field; what a subgraph only refers to (`@external`) does not count. */
export function buildFieldOwners(schema: Schema): FieldOwners {
  const feature = schema.coreFeatures?.getByIdentity(joinIdentity)
  const join = feature === undefined ? undefined : JOIN_VERSIONS.find(feature.url.version)
  const owners = new Map<string, readonly string[]>()
  if (join === undefined) return owners
  const graphNames = subgraphNames(schema, join.graphDirective(schema).name)
  const nameOf = (graph: string | undefined): string | undefined => (graph === undefined ? undefined : graphNames.get(graph))
  for (const type of schema.types()) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue
    const typeGraphs = type.appliedDirectivesOf(join.typeDirective(schema)).map((applied) => nameOf(applied.arguments().graph))
    for (const field of type.fields()) {
      const joined = field.appliedDirectivesOf(join.fieldDirective(schema)).map((applied) => applied.arguments())
      const graphs = joined.length === 0 ? typeGraphs : joined.filter(({ external, usedOverridden }) => external !== true && usedOverridden !== true).map(({ graph }) => nameOf(graph))
      owners.set(`${type.name}.${field.name}`, [...new Set(graphs.filter((name) => name !== undefined))].sort())
    }
  }
  return owners
}

/** By the value of the `join__Graph` enum. */
function subgraphNames(schema: Schema, directive: string): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const value of schema.enumTypes().flatMap((type) => type.values)) {
    const name: unknown = value.appliedDirectivesOf(directive)[0]?.arguments()['name']
    if (typeof name === 'string') names.set(value.name, name)
  }
  return names
}
