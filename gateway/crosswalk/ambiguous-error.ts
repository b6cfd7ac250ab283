import { GraphQLError } from 'graphql'
import type { Way } from './crosswalk-model.ts'

/** Several records where the mapping allows one; their number, never their keys. */
export function ambiguousError(way: Way, matches: number): GraphQLError {
  const ids = way.routes.map(({ mapping }) => mapping.id)
  return new GraphQLError(`the mapping ${ids.join(', ')} allows one ${way.to} and ${matches} match`, {
    extensions: { code: 'MAPPING_AMBIGUOUS', mappings: ids },
  })
}
