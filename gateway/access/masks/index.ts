export { createMaskKeyring, loadOrCreateMaskSecret, type MaskKeyring } from './mask-key.ts'
export { maskAnswer, planAnswer, propertyTypes, type AnswerMasks, type AnswerPlan } from './mask-answer.ts'
export { maskValue } from './mask-value.ts'
export { createCallIdentityBuilder, type CallIdentityBuilder } from './call-identity-builder.ts'
