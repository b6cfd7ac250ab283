import { readFile } from 'node:fs/promises'
import { GatewayError } from '@polyseme/kit/errors'
import type { MeshGovernance } from '../registry/index.ts'
import type { Log } from '../serve/index.ts'
import { loadGovernance } from './load-mesh.ts'

const POLL_MS = 500

export interface LiveGovernanceOptions {
  readonly file: string
  readonly environment: string
  readonly log: Log
}

/**
 * The mesh's rules for what is published, kept up to date with their file: a change holds for the next check. A file that is not right
 * changes nothing: the last good rules stay, and the log says why.
 */
export class LiveGovernance implements Disposable {
  readonly #options: LiveGovernanceOptions
  readonly #timer: NodeJS.Timeout
  #current: MeshGovernance
  /** What was read last, right or not: each content is judged once. */
  #seen: string
  #reading: Promise<void> | undefined

  private constructor(options: LiveGovernanceOptions, current: MeshGovernance, seen: string) {
    this.#options = options
    this.#current = current
    this.#seen = seen
    this.#timer = setInterval(() => void this.refresh(), POLL_MS)
    this.#timer.unref()
  }

  /** @throws CONFIG_INVALID when the file is not right at the start */
  static async open(options: LiveGovernanceOptions): Promise<LiveGovernance> {
    const { file, environment } = options
    const governance = await loadGovernance(file, environment)
    return new LiveGovernance(options, governance, await readFile(file, 'utf8'))
  }

  get current(): MeshGovernance {
    return this.#current
  }

  /** Looks at the file now. */
  refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => { this.#reading = undefined })
    return this.#reading
  }

  async #read(): Promise<void> {
    const { file, environment, log } = this.#options
    const text = await readFile(file, 'utf8').catch(() => '')
    if (text === this.#seen) return
    this.#seen = text
    try {
      // An empty file, and one that is being replaced, would take every rule of the mesh away.
      if (text.trim() === '') throw new GatewayError('CONFIG_INVALID', 'the governance file is empty or gone')
      this.#current = await loadGovernance(file, environment)
      log.info('governance: the new rules hold from now on', {})
    } catch (error) {
      log.error('governance: the file is not right; the rules before stay', {}, error)
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}
