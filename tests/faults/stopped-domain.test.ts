import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDemoMesh } from '../testkit/demo-mesh.ts'
import { eventually } from '../testkit/eventually.ts'
import type { GatewayMesh, MeshAnswer } from '../testkit/gateway-mesh.ts'

const log: string[] = []
let mesh: GatewayMesh

beforeAll(async () => {
  mesh = await startDemoMesh({ separate: ['billing'], onLog: (line) => log.push(line) })
}, 120_000)

afterAll(async () => await mesh[Symbol.asyncDispose]())

const ask = async (): Promise<MeshAnswer> => await mesh.ask('{ sales { customers(first: 2) { nodes { name asBillingCustomer { legalName } } } } }', { as: 'analyst' })

describe('a domain whose process is stopped', () => {
  it('T05 costs users no deadline: they get the rest, and at once from the second time on, until it goes on', { timeout: 120_000 }, async () => {
    expect((await ask()).errors).toEqual([])
    const pid = mesh.domains.get('billing')?.pid
    if (pid === undefined) throw new TypeError('billing has no process of its own')
    process.kill(pid, 'SIGSTOP')
    try {
      // Not SUBGRAPH_TIMEOUT, which is what they would get at the deadline.
      const rest = { status: 200, data: { sales: { customers: { nodes: [{ asBillingCustomer: null }, { asBillingCustomer: null }] } } }, errors: [{ extensions: { code: 'SUBGRAPH_UNAVAILABLE', subgraph: 'billing' } }] }
      const first = await Promise.all(Array.from({ length: 4 }, ask))
      for (const answer of first) expect(answer).toMatchObject(rest)
      for (let times = 0; times < 20; times++) expect(await ask()).toMatchObject(rest)
      expect(log.filter((line) => line.includes('a domain hangs'))).toHaveLength(1)
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    await eventually(async () => expect((await ask()).errors).toEqual([]), 60_000)
    expect(log.filter((line) => line.includes('a domain that hung answers again'))).toHaveLength(1)
  })
})
