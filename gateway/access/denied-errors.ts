import { GraphQLError } from 'graphql'
import type { AuthorizedOperation, DeniedField } from './authorized-operation.ts'
import { holds } from './conditions.ts'

/** The denied places that this request asks for: those whose `@include` and `@skip` conditions hold. */
export function deniedPlaces({ denied, variables }: AuthorizedOperation): readonly DeniedField[] {
  return denied.filter(({ when }) => when === undefined || when.some((conditions) => holds(conditions, variables)))
}

/** One error per denied place, as it is sent. */
export function deniedErrors(authorized: AuthorizedOperation): readonly GraphQLError[] {
  return deniedPlaces(authorized).map(({ coordinate, path }) => new GraphQLError(`not authorized for ${coordinate}`, {
    path, extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' },
  }))
}
