import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { execute, HttpTransport, PROCESS_GATE, type ExecutionOutcome } from '../../../gateway/execute/index.ts'
import { createPlanner } from '../../../gateway/plan/index.ts'
import { leastCpuMsAsync } from '../../testkit/cpu-time.ts'
import { eventually } from '../../testkit/eventually.ts'
import { authorizeAll, composeTestSupergraph, TEST_PRINCIPAL } from '../../testkit/test-mesh.ts'

const PLANNER = createPlanner(composeTestSupergraph({ slow: 'type Query { slow: Int }', quick: 'type Query { quick: Int }' }), { isolation: 'inline' })
/** More than one domain may have under way at once, and than it has connections. */
const STUCK = 700

const held = new AsyncDisposableStack()
let transports: ReadonlyMap<string, HttpTransport>
let waiting = 0

beforeAll(async () => {
  transports = new Map(await Promise.all([
    serve('slow', () => { waiting += 1 }),
    serve('quick', (request, response) => { request.resume().on('end', () => response.setHeader('content-type', 'application/json').end('{"data":{"quick":1}}')) }),
  ]))
})

afterAll(async () => await held.disposeAsync())

async function serve(subgraph: string, answer: RequestListener): Promise<readonly [string, HttpTransport]> {
  const server = createServer(answer)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  held.defer(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => { server.close(resolve) })
  })
  // One that answers slowly, and is not taken for one that hangs.
  const transport = new HttpTransport({ subgraph, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, identityFor: async () => 'x', watch: { silentTicks: 1_000 } })
  held.defer(async () => await transport.close())
  return [subgraph, transport]
}

async function ask(query: string): Promise<ExecutionOutcome> {
  const operation = authorizeAll(query)
  const plan = await PLANNER.plan(operation)
  return await PROCESS_GATE.run(async () => await execute(plan, { operation, principal: TEST_PRINCIPAL, transports, deadlineMs: 120_000 }))
}

const askQuickly = async (): Promise<void> => void (await Promise.all(Array.from({ length: 300 }, async () => await ask('{ quick }'))))

describe('F28 a domain that does not answer', () => {
  it('takes no place, no connection and no processor time from what asks another', { timeout: 60_000 }, async () => {
    await askQuickly()
    const aloneMs = await leastCpuMsAsync(askQuickly, 12)
    let ended = 0
    const stuck = Array.from({ length: STUCK }, async () => {
      const outcome = await ask('{ slow }')
      ended += 1
      return outcome
    })
    await eventually(async () => await Promise.resolve(expect(waiting).toBe(256)))
    expect((await ask('{ quick }')).data).toEqual({ quick: 1 })
    let besideMs = Number.POSITIVE_INFINITY
    // The least that it takes: other work on the machine only adds.
    for (let round = 0; round < 6 && besideMs > aloneMs * 1.1; round++) besideMs = Math.min(besideMs, await leastCpuMsAsync(askQuickly, 12))
    expect(ended).toBe(0)
    expect(besideMs / aloneMs).toBeLessThan(1.1)
    await transports.get('slow')?.close()
    for (const { errors } of await Promise.all(stuck)) expect(errors).toMatchObject([{ extensions: { subgraph: 'slow' } }])
  })
})
