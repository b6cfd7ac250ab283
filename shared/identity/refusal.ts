import { GatewayError } from '../errors/index.ts'

/** Why a token or a call identity was refused, in a word that a program may read; sent as `extensions.reason`. */
export type RefusalReason =
  | 'too-large'
  | 'malformed'
  | 'encrypted'
  | 'algorithm'
  | 'type'
  | 'critical-header'
  | 'issuer'
  | 'audience'
  | 'key'
  | 'signature'
  | 'expired'
  | 'not-yet-valid'
  | 'claims'
  | 'scopes'
  | 'revoked'

/** An `UNAUTHENTICATED` error; the message must say what is wrong and hold nothing of the token. */
export function refusal(reason: RefusalReason, message: string, cause?: unknown): GatewayError {
  return new GatewayError('UNAUTHENTICATED', message, { details: { reason }, ...(cause === undefined ? {} : { cause }) })
}
