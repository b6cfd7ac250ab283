import { GatewayError } from '@polyseme/kit/errors'
import type { AuditEntry, AuditSink } from '../usage/index.ts'
import { BatchedCalls } from './batched-calls.ts'
import type { Channel, Method } from './channel.ts'

/** Longer than a disk takes that still answers. */
const TIMEOUT_MS = 10_000

/** The audit log as a worker sees it: the primary process alone writes. */
export class RemoteAudit implements AuditSink {
  readonly #calls: BatchedCalls<AuditEntry, boolean>

  constructor(channel: Channel) {
    this.#calls = new BatchedCalls(channel, 'audit', TIMEOUT_MS)
  }

  async append(entry: AuditEntry): Promise<void> {
    const isWritten = await this.#calls.call(entry).catch((cause: unknown) => {
      throw new GatewayError('AUDIT_UNAVAILABLE', 'the process that writes the audit log does not answer', { cause })
    })
    if (isWritten !== true) throw new GatewayError('AUDIT_UNAVAILABLE', 'the audit log could not be written')
  }

  /** Resolves when it is known of each entry so far whether it was written. */
  async settled(): Promise<void> {
    await this.#calls.settled()
  }
}

/** The primary's side: whether each entry is on the disk. */
export function auditMethod(audit: AuditSink): Method {
  return async (input) => {
    const written = await Promise.allSettled((input as readonly AuditEntry[]).map((entry) => audit.append(entry)))
    return written.map(({ status }) => status === 'fulfilled')
  }
}
