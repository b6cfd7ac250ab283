import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

const CHRT_TIMEOUT_MS = 1_000

/**
 * Gives this process the processor only when nothing else wants it (`SCHED_IDLE`): whatever wakes beside it goes on at once, and does not
 * wait for the end of its time as it does for a process of low priority. On Linux, where `chrt` is at hand; elsewhere nothing changes.
 * Nobody without privileges can take it back, so such a process is to be watched.
 */
export function becomeIdle(): void {
  if (process.platform !== 'linux') return
  spawnSync('chrt', ['-a', '-i', '-p', '0', String(process.pid)], { stdio: 'ignore', timeout: CHRT_TIMEOUT_MS })
}

/** What a process's threads together had of the processors and how long they waited for them, nanoseconds since it began. */
export interface ProcessTimes {
  readonly ran: number
  readonly waited: number
}

/** Undefined where the system does not tell, or there is no such process any more. */
export function findTimes(pid: number): ProcessTimes | undefined {
  try {
    const threads = readdirSync(`/proc/${pid}/task`).map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ').map(Number))
    const sum = (column: number): number => threads.reduce((all, times) => all + (times[column] ?? Number.NaN), 0)
    return { ran: sum(0), waited: sum(1) }
  } catch {
    return undefined
  }
}

/** Less than this share of the time in which it wanted a processor is what a process of low priority always gets. */
const LEAST_SHARE = 0.1

/** Whether a process that wanted a processor for most of a time got next to nothing of it. */
export function isStarved(before: ProcessTimes, after: ProcessTimes, passedMs: number): boolean {
  const [ran, wanted] = [after.ran - before.ran, after.ran + after.waited - before.ran - before.waited]
  return wanted > passedMs * 1e6 * 0.8 && ran < wanted * LEAST_SHARE
}
