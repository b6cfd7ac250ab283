import { GraphQLSchema, Kind, specifiedDirectives, type DefinitionNode } from 'graphql'
// What `buildASTSchema` itself is made of: it builds everything in one go.
import { extendSchemaImpl } from 'graphql/utilities/extendSchema.js'
import type { TimeSlices } from './time-slices.ts'

/** As `buildASTSchema` of definitions that are known to be right, without holding up the thread: other work gets its turn every few milliseconds. */
export async function buildSchemaInSlices(definitions: readonly DefinitionNode[], slices: TimeSlices): Promise<GraphQLSchema> {
  const none = { ...new GraphQLSchema({ assumeValid: true }).toConfig(), directives: [] }
  const config = extendSchemaImpl(none, { kind: Kind.DOCUMENT, definitions }, { assumeValid: true })
  await slices.rest()
  for (const type of config.types) {
    // Fields are resolved when they are first asked for; asked for here, they are ready when the schema collects its types.
    if ('getInterfaces' in type) type.getInterfaces()
    if ('getFields' in type) type.getFields()
    if ('getTypes' in type) type.getTypes()
    if (slices.isOver) await slices.rest()
  }
  await slices.rest()
  const root = (name: string): { readonly [key in string]: unknown } | undefined => config.types.find((type) => type.name === name) as never
  const own = new Set(config.directives.map(({ name }) => name))
  const schema = new GraphQLSchema({
    ...config,
    query: (config.query ?? root('Query')) as typeof config.query,
    mutation: (config.mutation ?? root('Mutation')) as typeof config.mutation,
    subscription: (config.subscription ?? root('Subscription')) as typeof config.subscription,
    directives: [...config.directives, ...specifiedDirectives.filter(({ name }) => !own.has(name))],
    assumeValid: true,
  })
  await slices.rest()
  return schema
}
