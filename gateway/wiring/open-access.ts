import type { TokenVerifier } from '@polyseme/kit/identity'
import { join } from 'node:path'
import { acceptPersonalTokens, AccessDatabase, AgreementStore, PersonalTokenStore, RevocationStore } from '../access/index.ts'
import type { Log } from '../serve/index.ts'
import { AccessRecorder, AuditLog, UsageMeter, type AuditSink } from '../usage/index.ts'
import { ACCESS_FILE } from './explain-query.ts'
import type { GatewayConfig } from './gateway-config.ts'

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

export interface OpenAccessOptions {
  /** The issuer whose people are named by their subject alone; absent: a bare name is nobody's. */
  readonly peopleIssuer: string | undefined
  /** The audit log of a gateway with several processes; absent: it is opened here. */
  readonly sharedAudit?: AuditSink | undefined
}

/** @throws DATA_DIR_CORRUPT, CONFIG_INVALID when another gateway writes to the same data directory */
export async function openAccess(dataDir: string, log: Log, { peopleIssuer, sharedAudit }: OpenAccessOptions): Promise<AccessRecords> {
  await using stack = new AsyncDisposableStack()
  const database = stack.use(new AccessDatabase({ file: join(dataDir, ACCESS_FILE) }))
  const revocations = new RevocationStore(database)
  const audit = sharedAudit ?? stack.use(await openAudit(dataDir))
  const meter = stack.use(new UsageMeter({ file: join(dataDir, 'usage.db'), report: (error) => log.error('usage counts', {}, error) }))
  const personalTokens = new PersonalTokenStore(database)
  const agreements = new AgreementStore(database)
  agreements.usePeopleIssuer(peopleIssuer)
  const held = stack.move()
  return {
    agreements,
    personalTokens,
    revocations,
    recorder: new AccessRecorder({ audit, meter }),
    meter,
    withPersonalTokens: (tokens) => acceptPersonalTokens(tokens, personalTokens, revocations),
    [Symbol.asyncDispose]: async () => await held.disposeAsync(),
  }
}

/** The only issuer is that of the people, unless the configuration says otherwise. */
export function peopleIssuerOf({ peopleIssuer, issuers }: Pick<GatewayConfig, 'peopleIssuer' | 'issuers'>): string | undefined {
  return peopleIssuer ?? (issuers.length === 1 ? issuers[0]?.issuer : undefined)
}

/** One process writes it. */
export async function openAudit(dataDir: string): Promise<AuditLog> {
  return await AuditLog.open({ dir: join(dataDir, 'audit') })
}
