import { setTimeout as delay } from 'node:timers/promises'

/** Repeats until it does not throw; the last failure is thrown after the deadline. For what another process or timer brings about. */
export async function eventually<T>(attempt: () => Promise<T>, deadlineMs = 20_000): Promise<T> {
  const deadline = performance.now() + deadlineMs
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await delay(25)
    }
  }
}
