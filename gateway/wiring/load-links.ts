import { formatDiagnostic } from '@polyseme/kit/errors'
import type { Crosswalk } from '../crosswalk/index.ts'
import type { Log } from '../serve/index.ts'

/** A domain that could not be read is asked again after this time. */
const RETRY_MS = 10_000

/** Link tables and values are read anew after this time; an unchanged table costs its checksum. */
const REFRESH_MS = 600_000

/** Links that are loaded, and go on being tried while a domain that they come from does not answer. */
export interface LoadedLinks {
  readonly stop: () => void
}

/**
 * Loads every link, and again every ten minutes; what cannot be read is logged and tried again sooner. What the links
 * are at odds with (declared cardinality, known differences) is logged once.
 */
export async function loadLinks(crosswalk: Crosswalk, log: Log): Promise<LoadedLinks> {
  const stopped = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const logged = new Set<string>()
  const load = async (): Promise<void> => {
    let isComplete = false
    try {
      const { diagnostics, findings } = await crosswalk.load({ signal: stopped.signal })
      if (stopped.signal.aborted) return
      for (const diagnostic of diagnostics) log.warn('links', { finding: formatDiagnostic(diagnostic) })
      for (const finding of findings.map(formatDiagnostic).filter((text) => !logged.has(text))) {
        logged.add(finding)
        log.warn('links', { finding })
      }
      isComplete = diagnostics.length === 0
    } finally {
      if (!stopped.signal.aborted) {
        timer = setTimeout(() => void load().catch((error: unknown) => log.error('links', {}, error)), isComplete ? REFRESH_MS : RETRY_MS)
        timer.unref()
      }
    }
  }
  const stop = (): void => {
    stopped.abort()
    clearTimeout(timer)
  }
  try {
    await load()
  } catch (error) {
    stop()
    throw error
  }
  return { stop }
}
