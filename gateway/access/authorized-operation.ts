import type { Mask, RowRestrictions } from '@polyseme/kit/identity'
import type { DocumentNode, OperationDefinitionNode } from 'graphql'
import type { ParsedOperation } from '../operation/index.ts'
import type { Condition } from './conditions.ts'
import type { ResponseShape } from './response-shape.ts'

declare const authorized: unique symbol

/** What the caller asked for and may not have: one entry per place in the operation. */
export interface DeniedField {
  /** Schema coordinate, `BillingCustomer.openBalance`. */
  readonly coordinate: string
  /** Response path; `@` stands for every list position. */
  readonly path: readonly string[]
  /** When the place is asked for at all: any of these sets of `@include`/`@skip` conditions holds. Absent: always. */
  readonly when?: readonly (readonly Condition[])[]
}

/**
 * An operation from which everything the caller may not see is removed. Only `authorize` makes one, and only one of
 * these can be planned, so no way in can skip the checks.
 */
export interface AuthorizedOperation {
  readonly [authorized]: true
  /** What the client sent. */
  readonly original: ParsedOperation
  /** The filtered document; equals the parsed one when nothing was denied. */
  readonly document: DocumentNode
  /** The operation to run; undefined when nothing of it is left, in which case `data` is built of nulls only. */
  readonly operation: OperationDefinitionNode | undefined
  /** Key of the plan cache beside the supergraph's id: document hash and what was removed. */
  readonly planKey: string
  readonly denied: readonly DeniedField[]
  /** The shape of the answer to what was asked, denied places marked; present exactly when anything was removed. */
  readonly shape?: ResponseShape
  /** Masks to apply, by schema coordinate. */
  readonly masks: Readonly<Record<string, Mask>>
  /** Policies' row filters, by type; the contracts' own are known to their subgraphs. */
  readonly rowRestrictions: RowRestrictions
  /** Equal for two callers of one operation exactly when every decision for them is equal. */
  readonly accessFingerprint: string
  /** Those of the original; some may no longer be used. */
  readonly variables: Readonly<Record<string, unknown>>
}
