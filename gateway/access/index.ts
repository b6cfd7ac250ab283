export type { AuthorizedOperation, DeniedField } from './authorized-operation.ts'
