import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

/** A personal access token, taken apart: `polyseme_<id>_<secret>`. */
export interface PersonalTokenParts {
  readonly id: string
  readonly secret: string
}

const PREFIX = 'polyseme'
const TOKEN = /^polyseme_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/

/** The id is no secret: it names the token in lists. The prefix lets scanners find leaked ones. */
export function generatePersonalToken(): PersonalTokenParts {
  return { id: randomBytes(8).toString('hex'), secret: randomBytes(32).toString('base64url') }
}

export function formatPersonalToken({ id, secret }: PersonalTokenParts): string {
  return `${PREFIX}_${id}_${secret}`
}

/** Undefined for whatever is no personal token, for example a JWT. */
export function parsePersonalToken(text: string): PersonalTokenParts | undefined {
  const [, id, secret] = TOKEN.exec(text) ?? []
  return id === undefined || secret === undefined ? undefined : { id, secret }
}

/** 256 random bits need no slow hash. */
export function hashSecret(secret: string): string {
  return hash('sha256', secret, 'base64url')
}

/** Takes as long for a wrong secret as for a nearly right one. */
export function isSecret(secret: string, storedHash: string): boolean {
  const given = Buffer.from(hashSecret(secret))
  const stored = Buffer.from(storedHash)
  return given.byteLength === stored.byteLength && timingSafeEqual(given, stored)
}
