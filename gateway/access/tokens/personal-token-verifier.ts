import { GatewayError } from '@polyseme/kit/errors'
import type { Principal, Revocation, TokenVerifier } from '@polyseme/kit/identity'
import { parsePersonalToken } from './personal-token.ts'
import type { PersonalTokenStore } from './personal-token-store.ts'

/** A verifier that takes personal tokens beside what `jwts` takes, and learns from the latter what owners have now. The revocation of a subject stops that subject's personal tokens too. */
export function acceptPersonalTokens(jwts: TokenVerifier, store: PersonalTokenStore, revocation?: Revocation): TokenVerifier {
  const isRevoked = ({ issuer, subject, tokenId }: Principal, issuedAtSec: number): boolean => revocation?.isRevoked({ issuer, subject, tokenId, issuedAtSec }) === true
  return {
    async verify(token) {
      if (parsePersonalToken(token) === undefined) {
        const principal = await jwts.verify(token)
        store.noteOwner(principal)
        return principal
      }
      const found = store.find(token)
      if (found === undefined || isRevoked(found.principal, found.issuedAtSec)) {
        throw new GatewayError('UNAUTHENTICATED', 'The personal token is unknown, has expired or was revoked.', { details: { reason: 'revoked' } })
      }
      return found.principal
    },
    close: () => jwts.close(),
  }
}
