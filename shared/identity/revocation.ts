/** What of a verified token revocation looks at. */
export interface RevocableToken {
  readonly issuer: string
  readonly subject: string
  readonly tokenId: string | undefined
  readonly issuedAtSec: number | undefined
}

/** Asked on every use of a token, also of a cached one; must answer from memory. */
export interface Revocation {
  isRevoked(token: RevocableToken): boolean
}

/** A revocation that an operator declared. */
export type RevocationEntry =
  | { readonly kind: 'token'; readonly issuer: string; readonly tokenId: string }
  /** Every token of the subject that was issued before `beforeSec` (default: ever), and every one that does not say when. */
  | { readonly kind: 'subject'; readonly issuer: string; readonly subject: string; readonly beforeSec?: number }

/** A revocation list in memory; a change holds from the next request on (J21). */
export class RevocationList implements Revocation {
  #tokens = new Set<string>()
  #subjects = new Map<string, number>()

  constructor(entries: Iterable<RevocationEntry> = []) {
    this.replace(entries)
  }

  add(entry: RevocationEntry): void {
    if (entry.kind === 'token') {
      this.#tokens.add(keyOf(entry.issuer, entry.tokenId))
      return
    }
    const key = keyOf(entry.issuer, entry.subject)
    this.#subjects.set(key, Math.max(this.#subjects.get(key) ?? -Infinity, entry.beforeSec ?? Infinity))
  }

  /** Forgets what it had and takes these entries, at once. */
  replace(entries: Iterable<RevocationEntry>): void {
    this.#tokens = new Set()
    this.#subjects = new Map()
    for (const entry of entries) this.add(entry)
  }

  isRevoked({ issuer, subject, tokenId, issuedAtSec }: RevocableToken): boolean {
    if (tokenId !== undefined && this.#tokens.has(keyOf(issuer, tokenId))) return true
    const beforeSec = this.#subjects.get(keyOf(issuer, subject))
    return beforeSec !== undefined && (issuedAtSec ?? -Infinity) < beforeSec
  }
}

function keyOf(issuer: string, id: string): string {
  return JSON.stringify([issuer, id])
}
