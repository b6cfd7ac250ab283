import { GatewayError } from '../errors/index.ts'
import type { JwksTimes } from './issuer-config.ts'
import { parseJwkSet, type RefusedKey, type VerificationKey } from './jwk-set.ts'
import type { LoadJwks } from './load-jwks.ts'

/** What an operator should know about an issuer's keys; never sent to a client. */
export type KeySourceNotice =
  | { readonly kind: 'keys-refused'; readonly issuer: string; readonly refused: readonly RefusedKey[] }
  | { readonly kind: 'keys-unavailable'; readonly issuer: string; readonly why: string; readonly ageMs: number | undefined }

export interface KeySourceOptions {
  /** For notices only. */
  readonly issuer: string
  readonly load: LoadJwks
  readonly times: JwksTimes
  /** Epoch milliseconds. */
  readonly clock: () => number
  readonly report: (notice: KeySourceNotice) => void
}

/** Keys are fetched again in the background from this share of their maximum age on, so that no caller waits for it. */
const REFRESH_AHEAD = 0.8

/**
 * One issuer's keys: fetched when first needed, kept, renewed, and at most one fetch per cool-down whatever comes in.
 *
 * A set that cannot be fetched, is no key set or has no usable key changes nothing: the last good one stays until
 * `maxStaleMs`. An issuer that wants to withdraw its last key must replace it, not publish an empty set.
 */
export class KeySource {
  readonly #options: KeySourceOptions
  readonly #closing = new AbortController()
  #keys: readonly VerificationKey[] = []
  #loadedAtMs: number | undefined
  #attemptedAtMs: number | undefined
  #lastAttemptFailed = false
  #loading: Promise<void> | undefined

  constructor(options: KeySourceOptions) {
    this.#options = options
  }

  /**
   * The key with this id that may verify this algorithm; a token without `kid` gets the only such key there is.
   * At most one fetch is waited for.
   *
   * @throws ISSUER_UNAVAILABLE when there are no keys young enough, or the key is unknown and the issuer cannot be asked
   */
  async find(kid: string | undefined, algorithm: string): Promise<VerificationKey | undefined> {
    if (this.#isDue(1)) await this.#refresh()
    let key = this.#pick(kid, algorithm)
    if (key === undefined && this.#isCooledDown()) {
      await this.#refresh()
      key = this.#pick(kid, algorithm)
    }
    const usable = this.#keys.length > 0 && this.#ageMs() < this.#options.times.maxStaleMs
    if (!usable || (key === undefined && this.#lastAttemptFailed)) {
      throw new GatewayError('ISSUER_UNAVAILABLE', `no keys of issuer ${this.#options.issuer} are to be had`)
    }
    return key
  }

  /** Whether a key that `find` gave may still be used without asking `find` again; starts a renewal when one is near. */
  isCurrent(key: VerificationKey): boolean {
    if (this.#isDue(REFRESH_AHEAD)) void this.#refresh()
    return !this.#isDue(1) && this.#ageMs() < this.#options.times.maxStaleMs && this.#keys.includes(key)
  }

  /** Ends a fetch that is under way; the source is not to be used afterwards. */
  close(): void {
    this.#closing.abort()
  }

  #pick(kid: string | undefined, algorithm: string): VerificationKey | undefined {
    const fitting = this.#keys.filter(key => (kid === undefined || key.kid === kid) && key.algorithms.some(name => name === algorithm))
    return fitting.length === 1 ? fitting[0] : undefined
  }

  #ageMs(): number {
    return this.#loadedAtMs === undefined ? Infinity : this.#options.clock() - this.#loadedAtMs
  }

  #isDue(share: number): boolean {
    return this.#ageMs() >= this.#options.times.maxAgeMs * share && this.#isCooledDown()
  }

  #isCooledDown(): boolean {
    // A fetch that is under way is joined, so it counts as cooled down: callers wait for it instead of failing.
    if (this.#loading !== undefined || this.#attemptedAtMs === undefined) return true
    return this.#options.clock() - this.#attemptedAtMs >= this.#options.times.cooldownMs
  }

  #refresh(): Promise<void> {
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined
    })
    return this.#loading
  }

  async #load(): Promise<void> {
    const { load, times, clock, report, issuer } = this.#options
    this.#attemptedAtMs = clock()
    try {
      const signal = AbortSignal.any([AbortSignal.timeout(times.timeoutMs), this.#closing.signal])
      const { keys, refused } = parseJwkSet(JSON.parse(await load({ maxBytes: times.maxBytes, signal })))
      if (refused.length > 0) report({ kind: 'keys-refused', issuer, refused })
      if (keys.length === 0) throw new Error('the key set has no usable key')
      // A key that is still there stays the same object, by which cached tokens recognise it.
      this.#keys = keys.map(key => this.#keys.find(known => known.text === key.text) ?? key)
      this.#loadedAtMs = clock()
      this.#lastAttemptFailed = false
    } catch (error) {
      this.#lastAttemptFailed = true
      const ageMs = this.#loadedAtMs === undefined ? undefined : clock() - this.#loadedAtMs
      report({ kind: 'keys-unavailable', issuer, why: error instanceof Error ? error.message : 'unknown', ageMs })
    }
  }
}
