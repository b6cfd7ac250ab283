/**
 * Milliseconds of this thread's processor time that the work takes, the least of several attempts: a bound on it says something
 * about the code and holds on a machine that is busy with other things, which a bound on wall time does not.
 */
export function leastCpuMs(work: () => unknown, attempts = 5): number {
  let least = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const before = process.threadCpuUsage()
    work()
    const { user, system } = process.threadCpuUsage(before)
    least = Math.min(least, (user + system) / 1_000)
  }
  return least
}

/** The same for work that waits for promises of this thread. */
export async function leastCpuMsAsync(work: () => Promise<unknown>, attempts = 5): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const before = process.threadCpuUsage()
    await work()
    const { user, system } = process.threadCpuUsage(before)
    least = Math.min(least, (user + system) / 1_000)
  }
  return least
}
