/** One access, as it is kept: who had what, why, when, and how much of it. */
export interface AuditEntry {
  /** ISO 8601, UTC. */
  readonly at: string
  readonly requestId: string
  /** How it came in: `graphql`, `export`, … */
  readonly way: string
  readonly issuer: string
  readonly subject: string
  readonly clientId?: string
  readonly tokenId?: string
  /** Purpose that the request named. */
  readonly purpose?: string
  /** SHA-256 of document and operation name. */
  readonly operation: string
  readonly operationName?: string
  /** `domain/product`. */
  readonly products: readonly string[]
  /** Fields above `internal` that were asked for, with their classification. */
  readonly fields: Readonly<Record<string, string>>
  /** Coordinates that were shown masked. */
  readonly masked: readonly string[]
  /** Coordinates that were refused. */
  readonly denied: readonly string[]
  /** Types of which policies left rows out; absent: none. */
  readonly rowsLeftOut?: readonly string[]
  readonly outcome: 'answered' | 'partial' | 'refused' | 'failed' | 'started' | 'interrupted'
  /** Rows in the answer; absent when it was none. */
  readonly rows?: number
  /** Hash of a policy set or the ids of agreements by which access was given. */
  readonly grounds?: readonly string[]
}
