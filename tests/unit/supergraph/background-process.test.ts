import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { availableParallelism, getPriority, loadavg } from 'node:os'
import { describe, expect, it, vi } from 'vitest'
import { runInBackground, type BackgroundBounds } from '../../../gateway/supergraph/index.ts'
import { eventually } from '../../testkit/eventually.ts'

const BOUNDS: BackgroundBounds = { timeoutMs: 60_000, maxHeapMb: 256, stackMb: 8 }

/** Work to be done there. */
function moduleOf(body: string): URL {
  return new URL(`data:text/javascript,${encodeURIComponent(`import { availableParallelism, getPriority, loadavg } from 'node:os'\nlet runs = 0\nexport async function run(task, post) { ${body} }`)}`)
}

const NEVER_ENDS = moduleOf('post(process.pid); await new Promise(() => setInterval(() => {}, 1_000))')

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('work in the background', () => {
  it('gives way to this process, with the thread that does it', async () => {
    const parts: unknown[] = []
    await runInBackground(moduleOf('post(getPriority())'), undefined, { bounds: BOUNDS, onPart: (part) => void parts.push(part) })
    expect(parts).toEqual([Math.min(19, getPriority() + 10)])
  })

  it.runIf(process.platform === 'linux')('gets the processor only when nothing else wants it, on a machine that is not busy', async () => {
    const [running = 0] = loadavg()
    const parts: unknown[] = []
    await runInBackground(moduleOf("const { readFileSync } = await import('node:fs'); post(readFileSync('/proc/thread-self/stat', 'utf8').split(') ')[1].split(' ')[38])"), undefined, { bounds: { ...BOUNDS, stackMb: 9 }, onPart: (part) => void parts.push(part) })
    // On the border it may be either.
    const [idle, other] = ['5', '0']
    const expected = running < availableParallelism() - 0.2 ? [idle] : running > availableParallelism() + 0.2 ? [other] : [idle, other]
    expect(expected).toContain(parts[0])
  })

  it('is done where everything is busy all the time, all its parts again from the first where it starved', { timeout: 60_000 }, async () => {
    const burners = Array.from({ length: availableParallelism() }, () => spawn(process.execPath, ['--eval', 'for (;;) {}'], { stdio: 'ignore' }))
    try {
      const parts: unknown[] = []
      await runInBackground(moduleOf('for (const part of task) { const until = performance.now() + 20; while (performance.now() < until); post(part) }'), ['a', 'b'], { bounds: { ...BOUNDS, stackMb: 10 }, onPart: (part) => void parts.push(part) })
      expect(parts.slice(-2)).toEqual(['a', 'b'])
      expect(parts.slice(0, -2)).toEqual(['a', 'b'].slice(0, parts.length - 2))
    } finally {
      for (const burner of burners) burner.kill('SIGKILL')
    }
  })

  it('hands its parts over in order, the next one when the one before is done with', async () => {
    const told: string[] = []
    await runInBackground(moduleOf('for (const part of task) post(part)'), ['a', 'b', 'c'], {
      bounds: BOUNDS,
      onPart: async (part) => {
        told.push(`${String(part)} begins`)
        await new Promise((resolve) => { setTimeout(resolve, 5) })
        told.push(`${String(part)} ends`)
      },
    })
    expect(told).toEqual(['a', 'b', 'c'].flatMap((part) => [`${part} begins`, `${part} ends`]))
  })

  it('is done one after the other in the same process while there is more of it, and at once in several', async () => {
    const module = moduleOf('runs += 1; post([process.pid, runs])')
    const told: [number, number][] = []
    const once = async (): Promise<void> => await runInBackground(module, undefined, { bounds: BOUNDS, onPart: (part) => void told.push(part as [number, number]) })
    await once()
    await once()
    await Promise.all([once(), once()])
    const [first] = told.map(([pid]) => pid)
    expect(told.slice(0, 2)).toEqual([[first, 1], [first, 2]])
    expect(new Set(told.slice(2).map(([pid]) => pid)).size).toBe(2)
  })

  it('is not given to a process that has ended meanwhile', async () => {
    const module = moduleOf('post(process.pid)')
    const pids: number[] = []
    const once = async (): Promise<void> => await runInBackground(module, undefined, { bounds: BOUNDS, onPart: (part) => void pids.push(Number(part)) })
    await once()
    process.kill(pids[0]!, 'SIGKILL')
    await eventually(async () => await Promise.resolve(expect(isAlive(pids[0]!)).toBe(false)))
    await new Promise((resolve) => { setImmediate(resolve) })
    await once()
    expect(pids[1]).not.toBe(pids[0])
  })

  it('is not given to the process that is ended for want of work at this moment', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const module = moduleOf('post(process.pid)')
      const pids: unknown[] = []
      const once = async (): Promise<void> => await runInBackground(module, undefined, { bounds: BOUNDS, onPart: (part) => void pids.push(part) })
      await once()
      vi.advanceTimersByTime(10_000)
      await once()
      expect(pids[1]).not.toBe(pids[0])
    } finally {
      vi.useRealTimers()
    }
  })

  it('fails as whoever takes a part fails, and is ended', async () => {
    let pid = 0
    const running = runInBackground(NEVER_ENDS, undefined, { bounds: BOUNDS, onPart: (part) => {
      pid = Number(part)
      throw new TypeError('not this one')
    } })
    await expect(running).rejects.toThrow('not this one')
    expect(isAlive(pid)).toBe(false)
  })

  it.each([
    ['timeout', { ...BOUNDS, timeoutMs: 300 }, 'for (;;) {}'],
    ['memory', { ...BOUNDS, maxHeapMb: 16 }, 'const all = []; for (;;) all.push({ all: [] })'],
    ['stack', BOUNDS, 'const deeper = () => 1 + deeper(); deeper()'],
    ['failed', BOUNDS, "throw new TypeError('wrong')"],
    ['failed', BOUNDS, 'process.kill(process.pid, "SIGKILL")'],
  ] as const)('R05 says why it ended: %s', async (reason, bounds, body) => {
    await expect(runInBackground(moduleOf(body), undefined, { bounds, onPart: () => {} })).rejects.toMatchObject({ reason })
  })

  it('ends with the process that asked for it', async () => {
    const asking = `
      import { runInBackground } from ${JSON.stringify(new URL('../../../gateway/supergraph/index.ts', import.meta.url).href)}
      await runInBackground(new URL(${JSON.stringify(NEVER_ENDS.href)}), undefined, { bounds: ${JSON.stringify(BOUNDS)}, onPart: (pid) => console.log(pid) })`
    const parent = spawn(process.execPath, ['--input-type=module-typescript', '--eval', asking], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = await once(createInterface(parent.stdout), 'line') as [string]
    const pid = Number(line)
    expect(isAlive(pid)).toBe(true)
    parent.kill('SIGKILL')
    await eventually(async () => await Promise.resolve(expect(isAlive(pid)).toBe(false)))
  })
})
