import { buildASTSchema, Kind, parse, type DefinitionNode, type GraphQLSchema } from 'graphql'

/**
 * The types of a subgraph's SDL, however it is written: directives need not be defined, what federation adds may be there
 * or not, a type may be extended that is defined elsewhere. For reading only: nothing is executed with it.
 */
export function readForeignSchema(sdl: string): GraphQLSchema {
  const { definitions } = parse(sdl, { noLocation: true })
  const defined = new Set(definitions.flatMap((definition) => (definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION ? [definition.name.value] : [])))
  const readable = definitions.map((definition): DefinitionNode => {
    if (definition.kind !== Kind.OBJECT_TYPE_EXTENSION && definition.kind !== Kind.INTERFACE_TYPE_EXTENSION) return definition
    const { name, kind } = definition
    if (defined.has(name.value)) return definition
    // The first extension of a type of another subgraph stands for its definition here.
    defined.add(name.value)
    return kind === Kind.OBJECT_TYPE_EXTENSION ? { ...definition, kind: Kind.OBJECT_TYPE_DEFINITION } : { ...definition, kind: Kind.INTERFACE_TYPE_DEFINITION }
  })
  const types = readable.filter(({ kind }) => kind !== Kind.DIRECTIVE_DEFINITION && kind !== Kind.SCHEMA_EXTENSION)
  return buildASTSchema({ kind: Kind.DOCUMENT, definitions: types }, { assumeValidSDL: true })
}
