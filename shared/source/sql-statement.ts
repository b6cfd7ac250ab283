/** What a statement binds. Everything else (dates, decimals, big integers) is bound as text and cast in the statement. */
export type SqlValue = string | number | boolean | null | readonly (string | null)[]

/** One statement with numbered placeholders (`$1`, `$2`, …); its text holds no value that came from a caller. */
export interface SqlStatement {
  readonly text: string
  readonly values: readonly SqlValue[]
}

/** Collects the bound values of a statement while its text is being written. */
export class SqlValues {
  readonly #values: SqlValue[] = []

  /** The placeholder that stands for the value. */
  bind(value: SqlValue): string {
    this.#values.push(value)
    return `$${this.#values.length}`
  }

  /** The statement made of a text that was written with these placeholders. */
  statement(text: string): SqlStatement {
    return { text, values: this.#values }
  }
}

/** A text as a literal; only texts from a contract or a configuration get here, what a caller sends is bound. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** An identifier in double quotes, which both engines read alike; only names from a contract get here. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
