import { setTimeout as delay } from 'node:timers/promises'

/** A request has its turn some four times from its arrival to its answer, and may wait this long at each. */
const SLICE_MS = 2

let before = process.threadCpuUsage()

/**
 * Long work of a thread that answers requests meanwhile calls this between its steps: after two milliseconds of the thread's processor
 * time, whoever took them, it waits as long for the others' turn. Whatever calls it shares these.
 */
export async function giveWay(): Promise<void> {
  const { user, system } = process.threadCpuUsage(before)
  if (user + system < SLICE_MS * 1_000) return
  await delay(SLICE_MS)
  before = process.threadCpuUsage()
}
