export type { ParsedOperation } from './parsed-operation.ts'
