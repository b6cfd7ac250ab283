import { setImmediate as nextTurn } from 'node:timers/promises'
import { GraphQLSchema, parse, specifiedDirectives } from 'graphql'
// What `buildASTSchema` itself is made of: it builds everything in one go.
import { extendSchemaImpl } from 'graphql/utilities/extendSchema.js'

const SLICE_MS = 10

/** As `buildSchema` of a text that is known to be right, without holding up the thread: other work gets its turn every few milliseconds. */
export async function buildSchemaInSlices(sdl: string): Promise<GraphQLSchema> {
  const document = parse(sdl, { noLocation: true })
  await nextTurn()
  const config = extendSchemaImpl({ ...new GraphQLSchema({ assumeValid: true }).toConfig(), directives: [] }, document, { assumeValid: true })
  let begun = performance.now()
  for (const type of config.types) {
    // Fields are resolved when they are first asked for; asked for here, they are ready when the schema collects its types.
    if ('getInterfaces' in type) type.getInterfaces()
    if ('getFields' in type) type.getFields()
    if ('getTypes' in type) type.getTypes()
    if (performance.now() - begun < SLICE_MS) continue
    await nextTurn()
    begun = performance.now()
  }
  const root = (name: string): { readonly [key in string]: unknown } | undefined => config.types.find((type) => type.name === name) as never
  const own = new Set(config.directives.map(({ name }) => name))
  return new GraphQLSchema({
    ...config,
    query: (config.query ?? root('Query')) as typeof config.query,
    mutation: (config.mutation ?? root('Mutation')) as typeof config.mutation,
    subscription: (config.subscription ?? root('Subscription')) as typeof config.subscription,
    directives: [...config.directives, ...specifiedDirectives.filter(({ name }) => !own.has(name))],
    assumeValid: true,
  })
}
