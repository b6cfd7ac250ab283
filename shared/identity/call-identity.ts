import type { Mask } from './mask.ts'
import type { Principal } from './principal.ts'
import type { RowRestrictions } from './row-restriction.ts'

/**
 * What the gateway tells a subgraph about a call, signed: on whose behalf, which fields are masked and which rows are left out.
 *
 * Header `polyseme-identity`: a JWS (EdDSA, `typ: polyseme-call+jwt`), audience = the subgraph's name, alive 60 s at most.
 */
export interface CallIdentity {
  readonly principal: Principal
  /** By schema coordinate, for example `SalesCustomer.email`. */
  readonly masks: Readonly<Record<string, Mask>>
  /** Policies' row filters, beside those of the contracts; absent: none. */
  readonly rowRestrictions?: RowRestrictions
  /** Key for `hash` masks, stable per consumer; base64url. Absent when there is none to apply. */
  readonly maskKey?: string
}

/** Name of the header that carries the signed `CallIdentity`. */
export const CALL_IDENTITY_HEADER = 'polyseme-identity'

/** A signed call identity may have this many bytes; a subgraph's server must accept headers of this size. */
export const MAX_CALL_IDENTITY_BYTES = 32 * 1024
