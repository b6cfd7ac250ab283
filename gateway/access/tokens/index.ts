export { PersonalTokenStore, type PersonalToken, type PersonalTokenRequest } from './personal-token-store.ts'
export { acceptPersonalTokens } from './personal-token-verifier.ts'
export { RevocationStore } from './revocation-store.ts'
