import { MessageChannel } from 'node:worker_threads'
import { afterAll, describe, expect, it } from 'vitest'
import { MemoryCallerBudgets } from '../../../gateway/operation/index.ts'
import { Channel, type Pipe } from '../../../gateway/workers/channel.ts'
import { budgetsMethod, RemoteCallerBudgets } from '../../../gateway/workers/remote-budgets.ts'

const held = new DisposableStack()
afterAll(() => held.dispose())

const SIZE = { cost: 100, windowMs: 60_000 }

/** A worker's view of the primary's budgets, and how many messages it sent. */
function connect(methods: ConstructorParameters<typeof Channel>[1]): { readonly budgets: RemoteCallerBudgets; readonly sent: () => number } {
  const { port1, port2 } = new MessageChannel()
  held.defer(() => port1.close())
  let sent = 0
  const pipe = (port: typeof port1, counted: boolean): Pipe => ({
    send: (message) => {
      if (counted) sent++
      port.postMessage(message)
    },
    onMessage: (listener) => void port.on('message', listener),
  })
  const primary = new Channel(pipe(port2, false), methods, {})
  held.defer(() => primary.end())
  return { budgets: new RemoteCallerBudgets(new Channel(pipe(port1, true), {}, {}), SIZE), sent: () => sent }
}

describe('budgets of callers over several processes', () => {
  it('are one: what one worker spent, another has not got', async () => {
    const methods = { budgets: budgetsMethod(new MemoryCallerBudgets(SIZE)) }
    const [first, second] = [connect(methods).budgets, connect(methods).budgets]
    expect(await first.spend('ann', 70, 0)).toEqual({ kind: 'spent', left: 30 })
    expect(await second.spend('ann', 70, 0)).toEqual({ kind: 'wait', left: 30, waitMs: 24_000 })
    expect(await second.spend('ann', 101, 0)).toMatchObject({ waitMs: Number.POSITIVE_INFINITY })
    expect(await first.correct('ann', -60, 0)).toEqual({ kind: 'spent', left: 90 })
    expect(await second.spend('ann', 70, 0)).toEqual({ kind: 'spent', left: 20 })
  })

  it('are never overdrawn by workers that spend at once, and one turn is one message', async () => {
    const methods = { budgets: budgetsMethod(new MemoryCallerBudgets(SIZE)) }
    const workers = Array.from({ length: 4 }, () => connect(methods))
    const spendings = await Promise.all(workers.flatMap(({ budgets }) => Array.from({ length: 10 }, async () => await budgets.spend('ann', 10, 0))))
    expect(spendings.filter(({ kind }) => kind === 'spent')).toHaveLength(10)
    expect(workers.map(({ sent }) => sent())).toEqual([1, 1, 1, 1])
  })

  it('refuse while nobody keeps them', async () => {
    const { budgets } = connect({})
    await expect(budgets.spend('ann', 1, 0)).rejects.toMatchObject({ code: 'OVERLOADED' })
  })
})
