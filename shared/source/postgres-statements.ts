import { createHash } from 'node:crypto'
import { DatabaseError, type PoolClient, type QueryArrayResult } from 'pg'
import type { SqlStatement } from './sql-statement.ts'

/** Texts that are remembered to find out which come again. */
const TEXTS_REMEMBERED = 1_000
/** Longer ones are never prepared. */
const MAX_TEXT_LENGTH = 20_000

/** A statement that the server no longer knows, or whose table has other types since it was prepared. */
const STALE: ReadonlySet<string | undefined> = new Set(['26000', '0A000'])

/** Part of a connection that `pg` does not declare: which statements it takes for prepared, by name. */
type NamedClient = PoolClient & { readonly connection: { readonly parsedStatements: Record<string, string> } }

/**
 * Runs statements, prepared under a name once they come a second time: what callers ask once costs the server no memory,
 * and what they ask often is parsed once. Each connection keeps the latest used and gives up the longest unused.
 */
export class PostgresStatements {
  readonly #maxPrepared: number
  readonly #texts = new Set<string>()
  readonly #prepared = new WeakMap<PoolClient, Map<string, string>>()

  /** @param maxPrepared statements that one connection keeps */
  constructor(maxPrepared: number) {
    this.#maxPrepared = maxPrepared
  }

  async run(client: PoolClient, { text, values }: SqlStatement): Promise<QueryArrayResult<unknown[]>> {
    const query = { text, values: [...values], rowMode: 'array' as const }
    const name = await this.#nameOn(client, text)
    if (name === undefined) return await client.query<unknown[]>(query)
    try {
      return await client.query<unknown[]>({ ...query, name })
    } catch (error) {
      if (!(error instanceof DatabaseError) || !STALE.has(error.code)) throw error
      await this.#drop(client, text, name)
      return await client.query<unknown[]>(query)
    }
  }

  async #nameOn(client: PoolClient, text: string): Promise<string | undefined> {
    if (text.length > MAX_TEXT_LENGTH) return undefined
    const isKnown = this.#remember(text)
    const prepared = this.#prepared.get(client) ?? new Map<string, string>()
    this.#prepared.set(client, prepared)
    const name = prepared.get(text) ?? (isKnown ? nameOf(text) : undefined)
    if (name === undefined) return undefined
    prepared.delete(text)
    prepared.set(text, name)
    const [oldest] = prepared
    if (prepared.size > this.#maxPrepared && oldest !== undefined) await this.#drop(client, ...oldest)
    return name
  }

  /** Whether the text was there before. */
  #remember(text: string): boolean {
    const isKnown = this.#texts.delete(text)
    this.#texts.add(text)
    const [oldest] = this.#texts
    if (this.#texts.size > TEXTS_REMEMBERED && oldest !== undefined) this.#texts.delete(oldest)
    return isKnown
  }

  async #drop(client: PoolClient, text: string, name: string): Promise<void> {
    this.#prepared.get(client)?.delete(text)
    const { parsedStatements } = (client as NamedClient).connection
    if (parsedStatements[name] === undefined) return
    delete parsedStatements[name]
    await client.query(`DEALLOCATE ${name}`).catch((error: unknown) => {
      // It is gone, which is what was wanted.
      if (!(error instanceof DatabaseError && error.code === '26000')) throw error
    })
  }
}

function nameOf(text: string): string {
  return `polyseme_${createHash('sha256').update(text).digest('hex').slice(0, 40)}`
}
