import type { LinkStatement } from '@polyseme/kit/lexicon'
import type { LinkSide } from './link-store.ts'

/** Statements added since the last segment, in memory by either key. */
export class Journal {
  readonly #statements: LinkStatement[] = []
  readonly #byKey: Readonly<Record<LinkSide, Map<string, LinkStatement[]>>> = { from: new Map(), to: new Map() }

  get rows(): number {
    return this.#statements.length
  }

  get statements(): readonly LinkStatement[] {
    return this.#statements
  }

  find(side: LinkSide, key: string): readonly LinkStatement[] {
    return this.#byKey[side].get(key) ?? NONE
  }

  add(statements: readonly LinkStatement[]): void {
    for (const statement of statements) {
      this.#statements.push(statement)
      this.#index('from', statement.from, statement)
      if (statement.to !== undefined) this.#index('to', statement.to, statement)
    }
  }

  /** One entry as text; JSON has no infinities, so unbounded moments are null. */
  static format(statements: readonly LinkStatement[]): string {
    return JSON.stringify(statements)
  }

  static parse(text: string): readonly LinkStatement[] {
    return (JSON.parse(text) as readonly StoredStatement[]).map((stored) => ({
      ...stored,
      to: stored.to,
      validFromMs: stored.validFromMs ?? -Infinity,
      validToMs: stored.validToMs ?? Infinity,
    }))
  }

  #index(side: LinkSide, key: string, statement: LinkStatement): void {
    const known = this.#byKey[side].get(key)
    if (known === undefined) this.#byKey[side].set(key, [statement])
    else known.push(statement)
  }
}

interface StoredStatement extends Omit<LinkStatement, 'validFromMs' | 'validToMs'> {
  readonly validFromMs: number | null
  readonly validToMs: number | null
}

const NONE: readonly LinkStatement[] = []
