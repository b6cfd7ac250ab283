import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { HttpTransport, type HttpTransportOptions, type SubgraphAnswer } from '../../../gateway/execute/index.ts'
import { NO_ROW_RESTRICTIONS } from '@polyseme/kit/identity'
import { eventually } from '../../testkit/eventually.ts'
import { TEST_PRINCIPAL } from '../../testkit/test-mesh.ts'

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

/** Far beyond what a test waits: only a hang that is noticed ends a request before. */
const NOT_REACHED_MS = 120_000

function transportTo(url: string, options: Partial<HttpTransportOptions> = {}): HttpTransport {
  const transport = new HttpTransport({ subgraph: 'sales', url, identityFor: async () => 'signed', timeoutMs: NOT_REACHED_MS, watch: { tickMs: 30 }, ...options })
  open.push(async () => await transport.close())
  return transport
}

async function ask(transport: HttpTransport, query = '{ a }', kind: 'query' | 'mutation' = 'query'): Promise<SubgraphAnswer> {
  const call = { principal: TEST_PRINCIPAL, masks: {}, rowRestrictions: NO_ROW_RESTRICTIONS, accessFingerprint: 'test', signal: new AbortController().signal }
  return await transport.send({ operation: { text: query, name: undefined, kind }, variablesText: '{}' }, call)
}

async function codeOf(answer: Promise<SubgraphAnswer>): Promise<unknown> {
  return await answer.then(() => 'answered', (error: unknown) => error instanceof Error && 'code' in error ? error.code : error)
}

/** Answers what `handle` answers; keeps the queries that came. */
async function serve(handle: (query: string, response: ServerResponse) => void): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = []
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { query } = JSON.parse(await text(request)) as { query: string }
    asked.push(query)
    handle(query, response)
  }
  const server = createServer((request, response) => void answer(request, response))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  open.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => { server.close(resolve) })
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`, asked }
}

const json = (response: ServerResponse): void => void response.setHeader('content-type', 'application/json').end('{"data":{"a":1}}')

describe('a subgraph that hangs', () => {
  it('F12 fails what waits for it long before the deadline, then nobody waits, until it answers again', async () => {
    let hangs = false
    const { url, asked } = await serve((_query, response) => { if (!hangs) json(response) })
    const told: boolean[] = []
    const transport = transportTo(url, { onHung: (isHung) => told.push(isHung) })
    expect(await codeOf(ask(transport))).toBe('answered')
    hangs = true
    expect(await Promise.all(Array.from({ length: 5 }, async () => await codeOf(ask(transport))))).toEqual(Array.from({ length: 5 }, () => 'SUBGRAPH_UNAVAILABLE'))
    const users = asked.filter((query) => query === '{ a }').length
    expect([await codeOf(ask(transport)), await codeOf(ask(transport)), transport.circuit, told]).toEqual(['SUBGRAPH_UNAVAILABLE', 'SUBGRAPH_UNAVAILABLE', 'open', [true]])
    // Neither tried again nor asked by a user's request.
    expect(asked.filter((query) => query === '{ a }')).toHaveLength(users)
    hangs = false
    await eventually(async () => expect(await codeOf(ask(transport))).toBe('answered'))
    expect([transport.circuit, told]).toEqual(['closed', [true, false]])
  })

  it('T09 sends a mutation that it hangs on once', async () => {
    const { url, asked } = await serve(() => undefined)
    expect(await codeOf(ask(transportTo(url), 'mutation { a }', 'mutation'))).toBe('SUBGRAPH_UNAVAILABLE')
    expect(asked.filter((query) => query.startsWith('mutation'))).toHaveLength(1)
  })

  it('is not one that is slow: as long as it answers a trivial question, it has all its time', async () => {
    const { url, asked } = await serve((query, response) => {
      if (query === '{ a }') setTimeout(() => json(response), 600)
      else json(response)
    })
    expect(await codeOf(ask(transportTo(url)))).toBe('answered')
    expect(asked.filter((query) => query === '{ __typename }').length).toBeGreaterThan(1)
  })

  it('is not one that answers with errors', async () => {
    const { url } = await serve((query, response) => {
      if (query === '{ a }') setTimeout(() => json(response), 600)
      else response.writeHead(500).end('busy')
    })
    expect(await codeOf(ask(transportTo(url)))).toBe('answered')
  })

  it('is asked nothing while nothing is wanted of it', async () => {
    const { url, asked } = await serve((_query, response) => json(response))
    const transport = transportTo(url, { watch: { tickMs: 5 } })
    expect(await codeOf(ask(transport))).toBe('answered')
    await delay(200)
    expect(asked).toEqual(['{ a }'])
  })

  it('T05 is a process that is stopped, and is taken back when it goes on', { timeout: 30_000 }, async () => {
    const child = spawn(process.execPath, ['-e', `
      const server = require('node:http').createServer((request, response) => { request.resume().on('end', () => response.setHeader('content-type', 'application/json').end('{"data":{"a":1}}')) })
      server.listen(0, '127.0.0.1', () => console.log(server.address().port))
    `], { stdio: ['ignore', 'pipe', 'ignore'] })
    open.push(async () => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    })
    const [port] = await once(child.stdout, 'data') as [Buffer]
    const transport = transportTo(`http://127.0.0.1:${port.toString().trim()}/graphql`)
    expect(await codeOf(ask(transport))).toBe('answered')
    child.kill('SIGSTOP')
    // On a connection that is open, and on one that the kernel opens for the stopped process.
    expect(await Promise.all([codeOf(ask(transport)), codeOf(ask(transport))])).toEqual(['SUBGRAPH_UNAVAILABLE', 'SUBGRAPH_UNAVAILABLE'])
    child.kill('SIGCONT')
    await eventually(async () => expect(await codeOf(ask(transport))).toBe('answered'))
  })
})
