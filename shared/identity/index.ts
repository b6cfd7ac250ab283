export { CALL_IDENTITY_HEADER, type CallIdentity } from './call-identity.ts'
export type { Mask } from './mask.ts'
export type { Principal } from './principal.ts'
