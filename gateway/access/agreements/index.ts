export type { Agreement, AgreementRequest, AgreementState, AgreementStep } from './agreement.ts'
export { AgreementStore, type AgreementFilter } from './agreement-store.ts'
