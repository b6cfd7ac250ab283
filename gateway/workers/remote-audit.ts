import { GatewayError } from '@polyseme/kit/errors'
import type { AuditEntry, AuditSink } from '../usage/index.ts'
import type { Channel, Method } from './channel.ts'

/** Longer than a disk takes that still answers. */
const TIMEOUT_MS = 10_000

interface Waiting {
  readonly entry: AuditEntry
  readonly resolve: () => void
  readonly reject: (error: GatewayError) => void
}

/** The audit log as a worker sees it: the primary process alone writes. What comes in one turn of the event loop goes in one message. */
export class RemoteAudit implements AuditSink {
  readonly #channel: Channel
  #waiting: Waiting[] = []
  readonly #underWay = new Set<Promise<void>>()

  constructor(channel: Channel) {
    this.#channel = channel
  }

  append(entry: AuditEntry): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ entry, resolve, reject }) === 1) setImmediate(() => this.#begin())
    })
  }

  /** Resolves when it is known of each entry so far whether it was written. */
  async settled(): Promise<void> {
    while (this.#waiting.length > 0 || this.#underWay.size > 0) {
      await Promise.all(this.#underWay)
      await new Promise(setImmediate)
    }
  }

  #begin(): void {
    const sent = this.#send().finally(() => this.#underWay.delete(sent))
    this.#underWay.add(sent)
  }

  async #send(): Promise<void> {
    const batch = this.#waiting
    this.#waiting = []
    try {
      const written = await this.#channel.call('audit', batch.map(({ entry }) => entry), TIMEOUT_MS) as readonly boolean[]
      batch.forEach(({ resolve, reject }, index) => {
        if (written[index] === true) resolve()
        else reject(new GatewayError('AUDIT_UNAVAILABLE', 'the audit log could not be written'))
      })
    } catch (cause) {
      for (const { reject } of batch) reject(new GatewayError('AUDIT_UNAVAILABLE', 'the process that writes the audit log does not answer', { cause }))
    }
  }
}

/** The primary's side: whether each entry is on the disk. */
export function auditMethod(audit: AuditSink): Method {
  return async (input) => {
    const written = await Promise.allSettled((input as readonly AuditEntry[]).map((entry) => audit.append(entry)))
    return written.map(({ status }) => status === 'fulfilled')
  }
}
