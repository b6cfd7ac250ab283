export type { Agreement, AgreementRequest, AgreementState, AgreementStep } from './agreement.ts'
export { personOf, type PersonId } from './person.ts'
export { AgreementStore, type AgreementFilter } from './agreement-store.ts'
