import { buildSubgraphSchema } from '@apollo/subgraph'
import { isObjectType, parse, type GraphQLSchema } from 'graphql'
import type { ResolverMap } from './crosswalk-resolvers.ts'

/**
 * The executable schema of the crosswalk.
 *
 * A representation is already the entity, since every field follows from its key: `_entities` hands them back without
 * a promise for each, which keeps thousands of look-ups in one synchronous pass.
 */
export function buildCrosswalkSchema(sdl: string, resolvers: ResolverMap): GraphQLSchema {
  const schema = buildSubgraphSchema(parse(sdl))
  for (const [typeName, fields] of Object.entries(resolvers)) {
    const type = schema.getType(typeName)
    if (!isObjectType(type)) throw new TypeError(`${typeName} is not an object type of the crosswalk`)
    for (const [name, resolve] of Object.entries(fields)) {
      const field = type.getFields()[name]
      // A survivorship field none of whose sources exists is not in the SDL.
      if (field !== undefined) field.resolve = resolve
    }
  }
  const entities = schema.getQueryType()?.getFields()['_entities']
  if (entities !== undefined) entities.resolve = (_source, args: { readonly representations: readonly unknown[] }) => args.representations
  return schema
}
