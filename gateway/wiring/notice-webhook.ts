import { setTimeout as delay } from 'node:timers/promises'
import { request } from 'undici'
import type { StepNotice } from '../registry/index.ts'
import type { Log } from '../serve/index.ts'

const ATTEMPTS = 3
const TIMEOUT_MS = 5_000
const RETRY_MS = 1_000

/** Tells an address of the mesh's operator about each step and whom it breaks. What cannot be told is logged; no step waits for it. */
export function createNoticeWebhook(url: string, log: Log): (notice: StepNotice) => void {
  return (notice) => void tell(url, notice).catch((error: unknown) => log.warn('a notice of a step could not be sent', { step: notice.step, reason: error instanceof Error ? error.message : 'unknown' }))
}

async function tell(url: string, notice: StepNotice): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { statusCode, body } = await request(url, { method: 'POST', body: JSON.stringify(notice), headers: { 'content-type': 'application/json' }, signal: AbortSignal.timeout(TIMEOUT_MS) })
      await body.dump()
      if (statusCode < 300) return
      throw new Error(`it answered with HTTP status ${statusCode}`)
    } catch (error) {
      if (attempt === ATTEMPTS) throw error
      await delay(RETRY_MS * attempt * (0.5 + Math.random()), undefined, { ref: false })
    }
  }
}
