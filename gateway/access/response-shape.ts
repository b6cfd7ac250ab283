import type { GraphQLOutputType } from 'graphql'
import type { Condition } from './conditions.ts'

/** A field as the client asked for it. */
export interface ShapeField {
  readonly kind: 'field'
  /** Name in the response. */
  readonly key: string
  /** Name in the schema. */
  readonly name: string
  readonly type: GraphQLOutputType
  readonly when: readonly Condition[]
  /** The value is null; where several fields share a key, the answer is what the ones that are not denied ask for. */
  readonly denied: boolean
  /** Undefined for a leaf and for introspection. */
  readonly selections: ResponseShape | undefined
}

/** A fragment, spread out. */
export interface ShapeFragment {
  readonly kind: 'fragment'
  /** Object types to which it applies; undefined: to all. */
  readonly types: ReadonlySet<string> | undefined
  readonly when: readonly Condition[]
  readonly selections: ResponseShape
}

/** What the client asked for at one place, in its order, with the denied parts marked. */
export type ResponseShape = readonly (ShapeField | ShapeFragment)[]
