import type { DataProduct } from '@polyseme/kit/contract'
import type { Diagnostic } from '@polyseme/kit/errors'
import { GraphQLError, parse } from 'graphql'
import type { SubgraphArtifact } from '../records.ts'
import { subgraphDefinition } from '../subgraph-definition.ts'

/**
 * What is wrong with a contract that is laid over a foreign subgraph. It can say who owns what, how it is classified, who may read it
 * and what is promised; what the domain's own server would have to do it cannot.
 */
export function findOverlayFaults(artifact: SubgraphArtifact, products: readonly DataProduct[]): readonly Diagnostic[] {
  const declared = products.flatMap(({ safeArguments = [] }) => safeArguments)
  if (artifact.naming === 'contract' && declared.length > 0) return [fault('overlay-safe-arguments', 'the contract lists `safeArguments`, and its subgraph is built from it', 'remove them: what is built from a contract refuses masked fields by itself')]
  if (artifact.naming === 'contract' || products.length === 0) return []
  if (artifact.naming === 'verbatim') return [fault('overlay-verbatim', 'a contract is laid over a subgraph whose types keep their names, so it is about types that are not there', 'adopt the subgraph with --naming qualified')]
  const fields = fieldsByType(subgraphDefinition(artifact, products).sdl)
  return [...findUnknownArguments(declared, artifact.sdl), ...products.flatMap((product) => product.objects).flatMap((object): readonly Diagnostic[] => {
    const known = fields.get(object.typeName)
    if (known === undefined) return [fault('overlay-unknown-type', `the contract describes ${object.typeName}, which the subgraph does not have`, `name the object as the subgraph's type is named; it has ${[...fields.keys()].slice(0, 10).join(', ')}`)]
    const missing = object.properties.filter(({ field }) => !known.has(field))
    return [
      ...missing.map(({ field }) => fault('overlay-unknown-field', `the contract describes ${object.typeName}.${field}, which the subgraph does not have`, 'name the property as the field, or with the custom property `graphqlName`')),
      ...(object.rowFilters.length > 0 ? [fault('overlay-row-filter', `${object.typeName} has a row filter, which a foreign subgraph does not apply`, 'filter rows in the subgraph itself, or serve the data from a contract')] : []),
    ]
  })]
}

/** A misspelt argument would be refused to those for whom it was meant to be open. */
function findUnknownArguments(declared: readonly string[], sdl: string): readonly Diagnostic[] {
  if (declared.length === 0) return []
  const known = argumentsOf(sdl)
  return declared.filter((name) => !known.has(name)).map((name) => fault('overlay-safe-arguments', `the contract lists \`${name}\` among its safeArguments, which the subgraph does not have`, 'name type, field and argument as the subgraph does: `Query.products(kind)`'))
}

function argumentsOf(sdl: string): ReadonlySet<string> {
  const found = new Set<string>()
  try {
    for (const definition of parse(sdl, { noLocation: true }).definitions) {
      if (!('fields' in definition) || !('name' in definition) || definition.name === undefined) continue
      for (const field of definition.fields ?? []) {
        const place = `${definition.name.value}.${field.name.value}`
        found.add(place)
        if ('arguments' in field) for (const argument of field.arguments ?? []) found.add(`${place}(${argument.name.value})`)
      }
    }
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
  }
  return found
}

function fieldsByType(sdl: string): ReadonlyMap<string, ReadonlySet<string>> {
  const fields = new Map<string, Set<string>>()
  try {
    for (const definition of parse(sdl, { noLocation: true }).definitions) {
      if (!('fields' in definition) || !('name' in definition) || definition.name === undefined) continue
      const known = fields.get(definition.name.value) ?? new Set()
      for (const field of definition.fields ?? []) known.add(field.name.value)
      fields.set(definition.name.value, known)
    }
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
  }
  return fields
}

function fault(rule: string, what: string, how: string): Diagnostic {
  return { rule, severity: 'error', what, how }
}
