/** The outcome of the work, or `reason()` as soon as the signal aborts; what comes of the work then is dropped. */
export function untilAborted<T>(work: T | Promise<T>, signal: AbortSignal, reason: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(reason())
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    Promise.resolve(work).then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
