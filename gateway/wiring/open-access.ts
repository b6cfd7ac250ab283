import type { TokenVerifier } from '@polyseme/kit/identity'
import { join } from 'node:path'
import { acceptPersonalTokens, AccessDatabase, AgreementStore, PersonalTokenStore, RevocationStore } from '../access/index.ts'
import type { Log } from '../serve/index.ts'
import { AccessRecorder, AuditLog, UsageMeter } from '../usage/index.ts'
import { ACCESS_FILE } from './explain-query.ts'

/** What is kept about callers: agreements, tokens of their own, revocations; what they did. */
export interface AccessRecords extends AsyncDisposable {
  readonly agreements: AgreementStore
  readonly personalTokens: PersonalTokenStore
  readonly revocations: RevocationStore
  readonly recorder: AccessRecorder
  readonly meter: UsageMeter
  /** The same verifier, that takes personal tokens as well. */
  readonly withPersonalTokens: (tokens: TokenVerifier) => TokenVerifier
}

/** @throws DATA_DIR_CORRUPT, CONFIG_INVALID when another gateway writes to the same data directory */
export async function openAccess(dataDir: string, log: Log): Promise<AccessRecords> {
  await using stack = new AsyncDisposableStack()
  const database = stack.use(new AccessDatabase({ file: join(dataDir, ACCESS_FILE) }))
  const revocations = new RevocationStore(database)
  const audit = stack.use(await AuditLog.open({ dir: join(dataDir, 'audit') }))
  const meter = stack.use(new UsageMeter({ file: join(dataDir, 'usage.db'), report: (error) => log.error('usage counts', {}, error) }))
  const personalTokens = new PersonalTokenStore(database)
  const held = stack.move()
  return {
    agreements: new AgreementStore(database),
    personalTokens,
    revocations,
    recorder: new AccessRecorder({ audit, meter }),
    meter,
    withPersonalTokens: (tokens) => acceptPersonalTokens(tokens, personalTokens, revocations),
    [Symbol.asyncDispose]: async () => await held.disposeAsync(),
  }
}
