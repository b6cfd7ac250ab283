import { findSuspectMember } from './json-members.ts'
import { refusal } from './refusal.ts'

/** A compact JWS, taken apart; nothing of it is verified yet. */
export interface CompactJws {
  readonly header: Readonly<Record<string, unknown>> & { readonly alg: string }
  readonly payload: Readonly<Record<string, unknown>>
  /** What the signature is over: header and payload as they were sent. */
  readonly signedPart: string
  readonly signature: Buffer
}

/** A token may have this many bytes; looked at before anything is decoded. */
export const MAX_TOKEN_BYTES = 8 * 1024

const BASE64URL = /^[A-Za-z0-9_-]+$/
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Takes a compact JWS (RFC 7515 section 7.1) apart, refusing what could mean two things: duplicate or reserved members,
 * invalid base64url or UTF-8, `crit`, `b64`, encryption. Verifies no signature and no claim. O(n).
 *
 * `jku`, `x5u`, `jwk` and `x5c` in the header are carried along but nobody reads them.
 *
 * @throws UNAUTHENTICATED
 */
export function parseCompactJws(text: string, maxBytes: number = MAX_TOKEN_BYTES): CompactJws {
  if (text.length > maxBytes) throw refusal('too-large', `The token is larger than ${maxBytes} bytes.`)
  const parts = text.split('.')
  if (parts.length === 5) throw refusal('encrypted', 'The token is encrypted; only signed tokens are accepted.')
  const [headerPart, payloadPart, signaturePart] = parts
  if (parts.length !== 3 || headerPart === undefined || payloadPart === undefined || signaturePart === undefined) {
    throw refusal('malformed', 'The token is not a signed JSON Web Token.')
  }
  const header = decodeObject(headerPart, 'header')
  const { alg } = header
  if (typeof alg !== 'string') throw refusal('algorithm', 'The token names no signature algorithm.')
  if (Object.hasOwn(header, 'enc') || header['cty'] !== undefined) {
    throw refusal('encrypted', 'The token is encrypted or holds another token; only plain signed tokens are accepted.')
  }
  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) {
    throw refusal('critical-header', 'The token asks for an extension (crit, b64) that is not supported.')
  }
  const payload = decodeObject(payloadPart, 'payload')
  // An unsigned token has an empty third part; its algorithm is what gets refused, later and with the clearer message.
  const signature = signaturePart === '' ? Buffer.alloc(0) : decodePart(signaturePart, 'signature')
  return { header: { ...header, alg }, payload, signedPart: `${headerPart}.${payloadPart}`, signature }
}

function decodePart(part: string, name: string): Buffer {
  // Buffer.from skips what is not base64url instead of failing.
  if (!BASE64URL.test(part)) throw refusal('malformed', `The token's ${name} is not base64url.`)
  return Buffer.from(part, 'base64url')
}

function decodeObject(part: string, name: string): Readonly<Record<string, unknown>> {
  const bytes = decodePart(part, name)
  let text: string
  let value: unknown
  try {
    text = utf8.decode(bytes)
    value = JSON.parse(text)
  } catch (error) {
    throw refusal('malformed', `The token's ${name} is not JSON.`, error)
  }
  if (!isJsonObject(value)) throw refusal('malformed', `The token's ${name} is not a JSON object.`)
  const finding = findSuspectMember(text)
  if (finding !== undefined) throw refusal('malformed', `The token's ${name} ${FINDINGS[finding.kind]}.`)
  return value
}

const FINDINGS = {
  duplicate: 'holds one member twice',
  reserved: 'holds a member with a reserved name',
  'too-deep': 'is nested too deeply',
} as const

function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
