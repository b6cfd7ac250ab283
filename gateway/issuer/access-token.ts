import { importJWK, SignJWT } from 'jose'
import { randomUUID } from 'node:crypto'
import { ISSUER_ALGORITHM, type IssuerKeys } from './issuer-keys.ts'
import type { Persona } from './personas.ts'

/** Audience of every token of the development issuer; what a gateway of the demo asks for. */
export const ACCESS_TOKEN_AUDIENCE = 'polyseme'

/** How long a token of the development issuer lives. */
export const ACCESS_TOKEN_LIFETIME_SEC = 8 * 60 * 60

/** Claims beside the registered ones that a persona's token carries, by whichever grant it was issued. */
export function personaClaims(persona: Persona): Record<string, unknown> {
  return { roles: [...persona.roles], ...persona.claims }
}

/** What `signPersonaToken` needs to know beside the persona. */
export interface PersonaTokenOptions {
  readonly issuer: string
  readonly keys: IssuerKeys
  /** Lifetime in seconds, default 8 hours; negative for a token that is already expired. */
  readonly lifetimeSec?: number
}

/** An access token as the issuer's token endpoint would issue it (RFC 9068), for the command line and for tests. */
export async function signPersonaToken(persona: Persona, options: PersonaTokenOptions): Promise<string> {
  const [signing] = options.keys.signing
  const issuedAtSec = Math.floor(Date.now() / 1000)
  const scope = persona.scopes.length === 0 ? {} : { scope: persona.scopes.join(' ') }
  return await new SignJWT({ ...personaClaims(persona), ...scope, client_id: 'polyseme-cli' })
    .setProtectedHeader({ alg: ISSUER_ALGORITHM, typ: 'at+jwt', ...(signing.kid === undefined ? {} : { kid: signing.kid }) })
    .setIssuer(options.issuer)
    .setSubject(persona.id)
    .setAudience(ACCESS_TOKEN_AUDIENCE)
    .setIssuedAt(issuedAtSec)
    .setExpirationTime(issuedAtSec + (options.lifetimeSec ?? ACCESS_TOKEN_LIFETIME_SEC))
    .setJti(randomUUID())
    .sign(await importJWK(signing, ISSUER_ALGORITHM))
}
