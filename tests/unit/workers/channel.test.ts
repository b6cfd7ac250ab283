import { GatewayError } from '@polyseme/kit/errors'
import { MessageChannel } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import { Channel, type Method, type Pipe } from '../../../gateway/workers/channel.ts'
import { auditMethod, RemoteAudit } from '../../../gateway/workers/remote-audit.ts'
import type { AuditEntry } from '../../../gateway/usage/index.ts'

const { port1, port2 } = new MessageChannel()
const ENTRY: AuditEntry = { at: '', requestId: 'r', way: 'graphql', issuer: 'i', subject: 's', operation: 'o', products: [], fields: {}, masked: [], denied: [], outcome: 'answered' }

function pipe(port: typeof port1): Pipe {
  return { send: (message) => port.postMessage(message), onMessage: (listener) => void port.on('message', listener) }
}

/** The other side. */
function serve(methods: Readonly<Record<string, Method>>): Channel {
  return new Channel(pipe(port2), methods, {})
}

afterEach(() => {
  port1.removeAllListeners('message')
  port2.removeAllListeners('message')
})

describe('a channel between processes', () => {
  it('answers calls by their ids, and keeps the code of an error', async () => {
    serve({
      slow: async (input) => await new Promise((resolve) => { setTimeout(() => resolve(input), 20) }),
      quick: async (input) => await Promise.resolve(input),
      refuse: async () => await Promise.reject(new GatewayError('OPERATION_LIMIT_EXCEEDED', 'too much')),
    })
    const channel = new Channel(pipe(port1), {}, {})
    const calls = [channel.call('slow', new Map([['a', 1]]), 5_000), channel.call('quick', 2, 5_000)]
    expect(await Promise.all(calls)).toEqual([new Map([['a', 1]]), 2])
    await expect(channel.call('refuse', undefined, 5_000)).rejects.toMatchObject({ code: 'OPERATION_LIMIT_EXCEEDED', message: 'too much' })
    await expect(channel.call('toString', undefined, 5_000)).rejects.toMatchObject({ code: 'INTERNAL' })
  })

  it('waits no longer than the deadline, and not for one that is gone', async () => {
    const channel = new Channel(pipe(port1), {}, {})
    await expect(channel.call('nobody', undefined, 20)).rejects.toMatchObject({ code: 'INTERNAL' })
    const waiting = channel.call('nobody', undefined, 60_000)
    channel.end()
    await expect(waiting).rejects.toMatchObject({ code: 'INTERNAL' })
  })
})

describe('the audit log of another process', () => {
  it('X04 has an entry only when that process has it on the disk', async () => {
    const batches: number[] = []
    const log = auditMethod({ append: async ({ requestId }) => { if (requestId === 'full') throw new GatewayError('AUDIT_UNAVAILABLE', 'disk full') } })
    serve({ audit: async (input) => { batches.push((input as unknown[]).length); return await log(input) } })
    const audit = new RemoteAudit(new Channel(pipe(port1), {}, {}))
    const written = await Promise.allSettled([audit.append(ENTRY), audit.append({ ...ENTRY, requestId: 'full' }), audit.append(ENTRY)])
    expect(written.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(written[1]).toMatchObject({ reason: { code: 'AUDIT_UNAVAILABLE' } })
    expect(batches).toEqual([3])
  })

  it('X04 refuses when that process is gone', async () => {
    const channel = new Channel({ send: (_message, failed) => failed(new Error('closed')), onMessage: () => undefined }, {}, {})
    await expect(new RemoteAudit(channel).append(ENTRY)).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' })
  })
})
