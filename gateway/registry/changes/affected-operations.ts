import { ownerOf, type GraphChange } from './graph-change.ts'

/** One operation of one consumer, as metering recorded it over the asked days. */
export interface OperationUsage {
  /** Operation name, or the start of its text when it has none. */
  readonly name: string
  readonly hash: string
  /** Client id, or the subject where there is none. */
  readonly consumer: string
  /** `Type`, `Type.field`, `Type.field(argument:)`, `Input.field`, `Enum.VALUE` that the operation names. */
  readonly coordinates: ReadonlySet<string>
  readonly calls: number
  readonly lastSeenAt: string
}

/** An operation that would break, with the changes that break it. */
export interface AffectedOperation {
  readonly usage: OperationUsage
  readonly changes: readonly GraphChange[]
}

/**
 * Which recorded operations each breaking change would break, those with the most calls first.
 *
 * A removed or changed coordinate breaks who names it; an added obligation (required argument, key gone) breaks who names its owner.
 */
export function findAffectedOperations(changes: readonly GraphChange[], usage: readonly OperationUsage[]): readonly AffectedOperation[] {
  const breaking = changes.filter((change) => change.severity === 'breaking')
  return usage
    .map((operation) => ({ usage: operation, changes: breaking.filter((change) => touches(operation, change)) }))
    .filter((affected) => affected.changes.length > 0)
    .sort((a, b) => b.usage.calls - a.usage.calls || (a.usage.name < b.usage.name ? -1 : 1))
}

/** Kinds whose coordinate is new, so that nobody can name it yet: whoever uses its owner is affected. */
const ADDED_OBLIGATIONS = new Set(['field-argument-added', 'input-field-added'])

function touches(operation: OperationUsage, change: GraphChange): boolean {
  return operation.coordinates.has(ADDED_OBLIGATIONS.has(change.kind) ? ownerOf(change.coordinate) : change.coordinate)
}
