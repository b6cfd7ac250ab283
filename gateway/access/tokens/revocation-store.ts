import { RevocationList, type RevocableToken, type Revocation, type RevocationEntry } from '@polyseme/kit/identity'
import type { AccessDatabase } from '../store/index.ts'

/** The revocation list of an operator: tokens and subjects that their issuer has not stopped, or not yet (J21). */
export class RevocationStore implements Revocation {
  readonly #database: AccessDatabase
  readonly #list = new RevocationList()
  #version: number | undefined

  constructor(database: AccessDatabase) {
    this.#database = database
  }

  /** Holds from the next request on, in other processes within the database's bound. */
  add(entry: RevocationEntry, { actor, reason }: { readonly actor: string; readonly reason?: string }): void {
    const id = entry.kind === 'token' ? entry.tokenId : entry.subject
    const before = entry.kind === 'subject' ? (entry.beforeSec ?? null) : null
    const at = new Date(this.#database.clock()).toISOString()
    this.#database.change(() => this.#database.run('INSERT OR REPLACE INTO revocations VALUES (?, ?, ?, ?, ?, ?, ?)', entry.kind, entry.issuer, id, before, actor, at, reason ?? null))
  }

  /** Takes a revocation back; whether there was one. */
  remove(kind: RevocationEntry['kind'], issuer: string, id: string): boolean {
    const had = this.#database.all('SELECT 1 FROM revocations WHERE kind = ? AND issuer = ? AND id = ?', kind, issuer, id).length > 0
    this.#database.change(() => this.#database.run('DELETE FROM revocations WHERE kind = ? AND issuer = ? AND id = ?', kind, issuer, id))
    return had
  }

  list(): readonly RevocationEntry[] {
    return this.#database.all('SELECT * FROM revocations ORDER BY at, kind, issuer, id').map((row): RevocationEntry => {
      const issuer = String(row['issuer'])
      const id = String(row['id'])
      if (row['kind'] === 'token') return { kind: 'token', issuer, tokenId: id }
      return { kind: 'subject', issuer, subject: id, ...(row['before_sec'] === null ? {} : { beforeSec: Number(row['before_sec']) }) }
    })
  }

  isRevoked(token: RevocableToken): boolean {
    const version = this.#database.version()
    if (version !== this.#version) {
      this.#list.replace(this.list())
      this.#version = version
    }
    return this.#list.isRevoked(token)
  }
}
