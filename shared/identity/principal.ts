/** A verified caller. Only `verifyAccessToken` and `verifyCallIdentity` make one from the outside. */
export interface Principal {
  readonly issuer: string
  readonly subject: string
  /** OAuth client that the token was issued to. */
  readonly clientId?: string
  readonly scopes: ReadonlySet<string>
  readonly roles: readonly string[]
  /** Further claims that row filters and policies may read; plain JSON, no registered claims. */
  readonly claims: Readonly<Record<string, unknown>>
  /** NumericDate, seconds. */
  readonly expiresAtSec: number
  readonly tokenId?: string
  /** Purpose of use that the request names. */
  readonly purpose?: string
}
