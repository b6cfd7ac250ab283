/** What became of a request for access. `expired` is an approved one whose end has come. */
export type AgreementState = 'requested' | 'approved' | 'rejected' | 'revoked' | 'expired'

/** One step of an agreement's history. */
export interface AgreementStep {
  readonly kind: 'requested' | 'approved' | 'rejected' | 'revoked'
  /** The subject alone where it is of the mesh's `peopleIssuer`, else `issuer|subject`. */
  readonly actor: string
  /** ISO 8601, UTC. */
  readonly at: string
  readonly reason?: string
}

/** What somebody asks of a product's owner, in the owner's words: who, for what, why, until when. */
export interface AgreementRequest {
  /** `domain/product`. */
  readonly product: string
  /** OAuth client, or the name of a team whose people are listed. */
  readonly consumer: string
  /** Subjects who may use it; empty: whoever uses the client `consumer`. */
  readonly people: readonly string[]
  readonly purpose: string
  readonly useCase: string
  /** Last day, `YYYY-MM-DD`, UTC. */
  readonly until: string
  /** Issuer of the people's, or of the client's, tokens; absent: the mesh's `peopleIssuer`. */
  readonly issuer?: string
}

export interface Agreement extends AgreementRequest {
  readonly id: string
  readonly state: AgreementState
  /** From the request on. */
  readonly history: readonly AgreementStep[]
}
