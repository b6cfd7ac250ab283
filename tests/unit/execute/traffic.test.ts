import { GatewayError } from '@polyseme/kit/errors'
import type { Principal } from '@polyseme/kit/identity'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { AdmissionGate, CircuitBreaker, HttpTransport, SubgraphGuard, type HttpTransportOptions } from '../../../gateway/execute/index.ts'
import { TEST_PRINCIPAL } from '../../testkit/test-mesh.ts'

const NEVER = new AbortController().signal
const down = (): GatewayError => new GatewayError('SUBGRAPH_UNAVAILABLE', 'gone')
const closers: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

describe('circuit breaker', () => {
  it('T04 opens after failures in a row, lets one request try, and closes when that succeeds', () => {
    let now = 0
    const breaker = new CircuitBreaker({ failures: 3, restMs: 100, clock: () => now, random: () => 0.5 })
    for (let index = 0; index < 3; index++) {
      expect(breaker.tryBegin()).toBe(true)
      breaker.failed()
    }
    expect([breaker.state, breaker.tryBegin()]).toEqual(['open', false])
    now = 100
    expect([breaker.state, breaker.tryBegin(), breaker.tryBegin()]).toEqual(['half-open', true, false])
    breaker.failed()
    now = 250
    expect(breaker.state).toBe('open')
    now = 300
    expect(breaker.tryBegin()).toBe(true)
    breaker.succeeded()
    expect(breaker.state).toBe('closed')
  })

  it('T29 rests for different times, so that gateways do not come back together', () => {
    const rests = [0, 0.25, 0.5, 0.75, 0.99].map((random) => {
      let now = 0
      const breaker = new CircuitBreaker({ failures: 1, restMs: 100, clock: () => now, random: () => random })
      breaker.failed()
      while (breaker.state === 'open') now++
      return now
    })
    expect(rests).toEqual([50, 75, 100, 125, 149])
  })

  it('forgets a trial whose client left', () => {
    let now = 0
    const breaker = new CircuitBreaker({ failures: 1, restMs: 10, clock: () => now, random: () => 0.5 })
    breaker.failed()
    now = 10
    expect(breaker.tryBegin()).toBe(true)
    breaker.abandoned()
    expect(breaker.tryBegin()).toBe(true)
  })
})

describe('subgraph guard', () => {
  it('T09 sends a mutation once, whatever happens to it', async () => {
    const guard = new SubgraphGuard('sales')
    let attempts = 0
    const attempt = async (): Promise<never> => {
      attempts++
      throw down()
    }
    await expect(guard.run('mutation', NEVER, attempt)).rejects.toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE' })
    expect(attempts).toBe(1)
  })

  it('sends a query again that could not be delivered', async () => {
    const guard = new SubgraphGuard('sales')
    let attempts = 0
    await expect(guard.run('query', NEVER, async () => {
      if (++attempts === 1) throw down()
      return 'answer'
    })).resolves.toBe('answer')
  })

  it('does not answer an outage with twice the load', async () => {
    const guard = new SubgraphGuard('sales', { breaker: { failures: 10_000 } })
    let attempts = 0
    await Promise.allSettled(Array.from({ length: 200 }, async () => await guard.run('query', NEVER, async () => {
      attempts++
      throw down()
    })))
    expect(attempts).toBeGreaterThan(200)
    expect(attempts).toBeLessThan(240)
  })

  it('F12 stops asking a subgraph that does not answer in time', async () => {
    const guard = new SubgraphGuard('sales', { breaker: { failures: 3, restMs: 60_000 } })
    let attempts = 0
    const attempt = async (): Promise<never> => {
      attempts++
      throw new GatewayError('SUBGRAPH_TIMEOUT', 'late')
    }
    for (let index = 0; index < 3; index++) await expect(guard.run('query', NEVER, attempt)).rejects.toMatchObject({ code: 'SUBGRAPH_TIMEOUT' })
    await expect(guard.run('query', NEVER, attempt)).rejects.toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE', message: 'the domain "sales" is not available' })
    expect([attempts, guard.state]).toEqual([3, 'open'])
  })

  it('does not hold against a subgraph that clients leave', async () => {
    const guard = new SubgraphGuard('sales', { breaker: { failures: 1 } })
    const client = new AbortController()
    await expect(guard.run('query', client.signal, async () => {
      client.abort()
      throw new GatewayError('SUBGRAPH_TIMEOUT', 'late')
    })).rejects.toMatchObject({ code: 'SUBGRAPH_TIMEOUT' })
    expect(guard.state).toBe('closed')
  })

  it('keeps no more requests under way than it may, and refuses when too many wait', async () => {
    const guard = new SubgraphGuard('sales', { maxConcurrent: 2, maxWaiting: 1, retries: 0 })
    const gates = Array.from({ length: 3 }, () => Promise.withResolvers<string>())
    let running = 0
    const runs = gates.map(async (gate) => await guard.run('query', NEVER, async () => {
      running++
      return await gate.promise
    }))
    await expect(guard.run('query', NEVER, async () => 'never')).rejects.toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE' })
    expect(running).toBe(2)
    for (const gate of gates) gate.resolve('done')
    await expect(Promise.all(runs)).resolves.toEqual(['done', 'done', 'done'])
  })
})

describe('coalescing', () => {
  async function start(handler: (request: IncomingMessage, response: ServerResponse) => void, options: Partial<HttpTransportOptions>): Promise<HttpTransport> {
    const server = createServer((request, response) => {
      request.resume().on('end', () => handler(request, response))
    })
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
    const transport = new HttpTransport({
      subgraph: 'sales', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      identityFor: async (_subgraph, principal) => principal.subject, ...options,
    })
    closers.push(async () => {
      await transport.close()
      server.closeAllConnections()
      await new Promise((resolve) => { server.close(resolve) })
    })
    return transport
  }

  function ask(transport: HttpTransport, subject: string, kind: 'query' | 'mutation' = 'query', signal: AbortSignal = NEVER): Promise<unknown> {
    const principal: Principal = { ...TEST_PRINCIPAL, subject }
    const call = { principal, masks: {}, rowRestrictions: {}, accessFingerprint: subject, signal }
    return transport.send({ operation: { text: `${kind} { a }`, name: undefined, kind }, variablesText: '{}' }, call)
  }

  it('F22 shares an answer between equal callers and never between different ones', async () => {
    const answers: (() => void)[] = []
    const arrived = Promise.withResolvers<void>()
    const transport = await start((request, response) => {
      answers.push(() => response.end(JSON.stringify({ data: { who: request.headers['polyseme-identity'] } })))
      if (answers.length === 2) arrived.resolve()
    }, { coalesce: true })
    const asked = [ask(transport, 'ana'), ask(transport, 'ana'), ask(transport, 'bob'), ask(transport, 'ana')]
    await arrived.promise
    for (const answer of answers) answer()
    await expect(Promise.all(asked)).resolves.toEqual(['ana', 'ana', 'bob', 'ana'].map((who) => ({ data: { who }, errors: [] })))
    expect(answers).toHaveLength(2)
    const [first, second] = await Promise.all(asked)
    expect(first).not.toBe(second)
  })

  it('F26 gives each of 200 interleaved users their own answer', async () => {
    const transport = await start((request, response) => {
      setImmediate(() => response.end(JSON.stringify({ data: { who: request.headers['polyseme-identity'] } })))
    }, { coalesce: true })
    const users = Array.from({ length: 200 }, (_none, index) => `user-${index % 50}`)
    await expect(Promise.all(users.map(async (user) => await ask(transport, user)))).resolves.toEqual(users.map((who) => ({ data: { who }, errors: [] })))
  })

  it('holds each caller to its own deadline, and cancels a request when nobody waits for it any more', async () => {
    const arrived = [Promise.withResolvers<ServerResponse>(), Promise.withResolvers<ServerResponse>()]
    const closed = Promise.withResolvers<void>()
    let requests = 0
    const transport = await start((_request, response) => {
      response.on('close', () => response.writableFinished || closed.resolve())
      arrived[requests++]?.resolve(response)
    }, { coalesce: true })
    const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()]
    const asked = [first, second].map(async ({ signal }) => await ask(transport, 'ana', 'query', signal))
    await arrived[0]?.promise
    first.abort()
    await expect(asked[0]).rejects.toMatchObject({ code: 'SUBGRAPH_TIMEOUT' })
    second.abort()
    await expect(asked[1]).rejects.toMatchObject({ code: 'SUBGRAPH_TIMEOUT' })
    await closed.promise
    // Who comes now does not join what was cancelled.
    const late = [third, new AbortController()].map(async ({ signal }) => await ask(transport, 'ana', 'query', signal))
    const response = await arrived[1]?.promise
    third.abort()
    await expect(late[0]).rejects.toMatchObject({ code: 'SUBGRAPH_TIMEOUT' })
    response?.end('{"data":{"who":"ana"}}')
    await expect(late[1]).resolves.toEqual({ data: { who: 'ana' }, errors: [] })
    expect([requests, transport.circuit]).toEqual([2, 'closed'])
  })

  it('never shares a mutation', async () => {
    let requests = 0
    const transport = await start((_request, response) => {
      requests++
      response.end('{"data":{}}')
    }, { coalesce: true })
    await Promise.all([ask(transport, 'ana', 'mutation'), ask(transport, 'ana', 'mutation')])
    expect(requests).toBe(2)
  })
})

describe('admission gate', () => {
  it('T41 lets all in while there is time, and no more than a few while the event loop is busy', async () => {
    const gate = new AdmissionGate({ minRunning: 2, busyAbove: 0, maxWaiting: 2, maxWaitMs: 60_000 })
    expect([gate.enter(), gate.enter(), gate.enter()]).toEqual([undefined, undefined, undefined])
    while (!gate.statistics.busy) await new Promise((resolve) => { setImmediate(resolve) })
    const waiting = [gate.enter(), gate.enter()]
    expect(() => gate.enter()).toThrow(expect.objectContaining({ code: 'OVERLOADED', status: 503 }))
    expect(gate.statistics).toMatchObject({ running: 3, waiting: 2 })
    for (let index = 0; index < 3; index++) gate.leave()
    for (const wait of waiting) await wait
    expect(gate.statistics).toMatchObject({ running: 2, waiting: 0 })
  })

  it('F28 does not count operations that wait for a slow subgraph among those that keep the process busy', async () => {
    const gate = new AdmissionGate({ minRunning: 2, busyAbove: 0, maxWaitMs: 60_000 })
    const stuck = Promise.withResolvers<void>()
    const waiting = Array.from({ length: 5 }, async () => await gate.run(async () => await stuck.promise))
    while (!gate.statistics.busy) await new Promise((resolve) => { setImmediate(resolve) })
    // At first nobody knows that they wait; after some fifty milliseconds others are let in beside them.
    const next = Array.from({ length: 3 }, () => gate.enter())
    for (const entered of next.slice(0, 2)) await entered
    expect(gate.statistics).toMatchObject({ running: 7, waiting: 1 })
    stuck.resolve()
    await Promise.all(waiting)
    expect(gate.statistics).toMatchObject({ running: 2, waiting: 1 })
    gate.leave()
    await next[2]
    expect(gate.statistics).toMatchObject({ running: 2, waiting: 0 })
  })

  it('refuses an operation that waited too long', async () => {
    const gate = new AdmissionGate({ minRunning: 1, busyAbove: 0, maxWaitMs: 1 })
    await gate.enter()
    await gate.enter()
    while (!gate.statistics.busy) await new Promise((resolve) => { setImmediate(resolve) })
    await expect(gate.enter()).rejects.toMatchObject({ code: 'OVERLOADED' })
  })
})
