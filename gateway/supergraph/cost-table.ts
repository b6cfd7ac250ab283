/** How many items a list has, as far as it is known before it is asked for (`@listSize`, or a contract's pages). */
export interface ListSize {
  /** Items when no slicing argument says more. */
  readonly assumedSize?: number
  /** Arguments that say how many items are wanted; the largest counts. */
  readonly slicingArguments: readonly string[]
  /** Fields of the returned object that have this size instead of the field itself: `edges`, `nodes`. */
  readonly sizedFields: readonly string[]
  /** Whether exactly one slicing argument must be given. */
  readonly requireOneSlicingArgument: boolean
}

/**
 * What the subgraphs say about cost (`@cost`, `@listSize`), by coordinate; what is absent has the specification's
 * defaults: composite types 1, scalars and enums 0.
 */
export interface CostTable {
  /** By `Type`, `Type.field`, `Type.field(argument:)` and `Input.field`. */
  readonly weights: ReadonlyMap<string, number>
  /** By `Type.field`. */
  readonly listSizes: ReadonlyMap<string, ListSize>
}
