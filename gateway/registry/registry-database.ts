/** A value that both databases bind and return. */
export type SqlValue = string | number | null

export type SqlRow = Readonly<Record<string, SqlValue>>

/** Statements inside one transaction; parameters stand as `?`. */
export interface RegistryTransaction {
  readonly all: (sql: string, parameters?: readonly SqlValue[]) => Promise<readonly SqlRow[]>
  readonly run: (sql: string, parameters?: readonly SqlValue[]) => Promise<void>
}

/** What `SqlRegistryStore` needs of a database: durable serialisable transactions and a way to hear of others' commits. */
export interface RegistryDatabase extends RegistryTransaction {
  /** One at a time over all processes, and durable when it returns; a unique key that is taken throws `UniqueViolation` and undoes the transaction. */
  readonly transaction: <T>(work: (transaction: RegistryTransaction) => Promise<T>) => Promise<T>
  /** Tells the others, inside the transaction where the database can. */
  readonly notify: (transaction: RegistryTransaction, sequence: number) => Promise<void>
  /** Calls back when another process may have committed; may call too often. Ends with the signal. */
  readonly listen: (onMaybeChanged: () => void, signal: AbortSignal) => Promise<void>
  /** Checks the database's own structures. @throws REGISTRY_CORRUPT */
  readonly verifyStructure: () => Promise<void>
  readonly close: () => Promise<void>
}

/** A row with this key exists already. */
export class UniqueViolation extends Error {
  override readonly name = 'UniqueViolation'
}
