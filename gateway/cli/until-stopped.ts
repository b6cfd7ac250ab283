/** Waits until the command is told to stop. */
export async function untilStopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  // An abort listener alone does not keep the process alive.
  const alive = setInterval(() => undefined, 2 ** 30)
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  clearInterval(alive)
}
