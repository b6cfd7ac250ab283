import { setTimeout as delay } from 'node:timers/promises'
import { Client, type ClientConfig } from 'pg'

const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 5_000

export interface NotificationOptions {
  readonly config: ClientConfig
  /** Name of the channel; an identifier, never a caller's text. */
  readonly channel: string
  /** Also called after each new connection: what was said while there was none is lost. */
  readonly onNotice: () => void
  /** Ends it. */
  readonly signal: AbortSignal
}

/** Listens on a connection of its own, and on a new one whenever that is lost. Returns when it listens, or when the first try failed. */
export async function listenForNotifications(options: NotificationOptions): Promise<void> {
  const first = Promise.withResolvers<void>()
  void listenAgainAndAgain(options, first.resolve)
  await first.promise
}

async function listenAgainAndAgain(options: NotificationOptions, onTried: () => void): Promise<void> {
  let retryMs = FIRST_RETRY_MS
  while (!options.signal.aborted) {
    try {
      await listenOnce(options, () => {
        retryMs = FIRST_RETRY_MS
        onTried()
      })
    } catch {
      // The poll goes on meanwhile, and the next statement tells whether the server is really gone.
    }
    onTried()
    // Jittered, so that a server that comes back is not met by every gateway at once (T29).
    await delay(retryMs * (0.5 + Math.random() / 2), undefined, { signal: options.signal, ref: false }).catch(() => undefined)
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)
  }
}

/** Resolves when the connection is gone. */
async function listenOnce({ config, channel, onNotice, signal }: NotificationOptions, onListening: () => void): Promise<void> {
  const client = new Client({ ...config, keepAlive: true })
  const ended = Promise.withResolvers<void>()
  client.on('error', () => ended.resolve())
  client.on('end', () => ended.resolve())
  client.on('notification', onNotice)
  const stop = (): void => ended.resolve()
  signal.addEventListener('abort', stop, { once: true })
  try {
    await client.connect()
    await client.query(`LISTEN ${channel}`)
    onListening()
    onNotice()
    await ended.promise
  } finally {
    signal.removeEventListener('abort', stop)
    await client.end().catch(() => undefined)
  }
}
