export { createMaskKeyring, loadOrCreateMaskSecret, type MaskKeyring } from './mask-key.ts'
export { maskValue } from './mask-value.ts'
export { createCallIdentityBuilder, type CallIdentityBuilder } from './call-identity-builder.ts'
