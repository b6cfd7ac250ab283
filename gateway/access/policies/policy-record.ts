import type { Mask } from '@polyseme/kit/identity'
import type { CedarPolicy } from './cedar-engine.ts'
import type { PolicyFile } from './policy-file.ts'
import type { WrittenRowCondition } from './rows-annotation.ts'

/** One policy, as a person refers to it. */
export interface PolicyRecord {
  /** `support/email.cedar#email-masked`; unique. */
  readonly id: string
  readonly file: PolicyFile
  readonly offset: number
  readonly text: string
  readonly json: CedarPolicy
  /** Mask that a `forbid` on `reveal` asks for. */
  readonly mask?: Mask
  /** Rows that a `forbid` on `readAllRows` leaves: those that meet any of these. */
  readonly rows?: readonly WrittenRowCondition[]
}
