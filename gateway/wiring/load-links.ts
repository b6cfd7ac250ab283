import { formatDiagnostic } from '@polyseme/kit/errors'
import type { Crosswalk } from '../crosswalk/index.ts'
import type { Log } from '../serve/index.ts'

/** A domain that could not be read is asked again after this time. */
const RETRY_MS = 10_000

/** Links that are loaded, and go on being tried while a domain that they come from does not answer. */
export interface LoadedLinks {
  readonly stop: () => void
}

/** Loads every link; what cannot be read yet is logged and tried again until it can. */
export async function loadLinks(crosswalk: Crosswalk, log: Log): Promise<LoadedLinks> {
  const stopped = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const load = async (): Promise<void> => {
    const { diagnostics } = await crosswalk.load({ signal: stopped.signal })
    if (stopped.signal.aborted || diagnostics.length === 0) return
    for (const diagnostic of diagnostics) log.warn('links', { finding: formatDiagnostic(diagnostic) })
    timer = setTimeout(() => void load().catch((error: unknown) => log.error('links', {}, error)), RETRY_MS)
    timer.unref()
  }
  await load()
  return {
    stop: () => {
      stopped.abort()
      clearTimeout(timer)
    },
  }
}
