/** What was seen of data that has no contract yet; `inferContract` drafts one from it. */
export interface DataProfile {
  readonly server: ProfiledServer
  readonly tables: readonly TableProfile[]
}

/** Where the data lies, without any secret. */
export type ProfiledServer =
  | {
      readonly kind: 'files'
      readonly format: 'parquet' | 'csv' | 'json'
      /** With `{object}` for the file's name. */ readonly path: string
    }
  | { readonly kind: 'postgres'; readonly host: string; readonly port: number; readonly database: string; readonly schema: string }

export interface TableProfile {
  /** File stem or table. */
  readonly name: string
  readonly rows: number
  /** Whether the columns were counted on some of the rows only. */
  readonly sampled: boolean
  readonly columns: readonly ColumnProfile[]
  readonly comment?: string
  /** As the database declares it. */
  readonly primaryKey?: readonly string[]
  readonly uniqueKeys?: readonly (readonly string[])[]
  readonly foreignKeys?: readonly ForeignKeyProfile[]
  /** Combinations, out of those that `proposeKeys` names, of which every row has its own. */
  readonly distinctCombinations?: readonly (readonly string[])[]
}

export interface ForeignKeyProfile {
  readonly columns: readonly string[]
  readonly table: string
  readonly references: readonly string[]
  /** `declared` by the database; `observed`: every value was found there. */
  readonly evidence: 'declared' | 'observed'
}

export interface ColumnProfile {
  readonly name: string
  /** As the engine names it: `BIGINT`, `DECIMAL(12,2)`, `timestamp with time zone`. */
  readonly databaseType: string
  /** The format knows only text (CSV), so what a column is has to be seen from its values. */
  readonly untyped: boolean
  readonly nullable?: boolean
  readonly comment?: string
  /** Values of the database's enum type. */
  readonly declaredValues?: readonly string[]
  /** Rows that were counted. */
  readonly rows: number
  readonly nulls: number
  readonly distinct: number
  readonly maxLength: number
  /** The most frequent values as text, at most 41, the most frequent first. */
  readonly values: readonly { readonly value: string; readonly count: number }[]
  /** Only for text: how many values have a form. */
  readonly forms?: Readonly<Record<ValueForm, number>>
}

/** Forms of text that say what a column holds. Each pattern means the same to ECMAScript, RE2 and PostgreSQL. */
export const VALUE_FORMS = {
  integer: '^-?(0|[1-9][0-9]{0,17})$',
  int32: '^-?(0|[1-9][0-9]{0,8})$',
  decimal: '^-?((0|[1-9][0-9]{0,15})([.][0-9]{1,8})?|[.][0-9]{1,8})$',
  leadingZero: '^0[0-9]+$',
  boolean: '^(true|false|TRUE|FALSE|True|False)$',
  date: '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$',
  timestamp: '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?$',
  time: '^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$',
  uuid: '^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$',
  email: '^[^@ ]+@[^@ ]+[.][A-Za-z]{2,}$',
  phone: '^[+]?[0-9(][0-9 ().-]{6,18}[0-9]$',
  iban: '^[A-Z]{2}[0-9]{2} ?[A-Z0-9]{4} ?[A-Z0-9]{4} ?[A-Z0-9 ]{3,26}$',
  socialSecurity: '^[0-9]{3}-[0-9]{2}-[0-9]{4}$',
  ipAddress: '^([0-9]{1,3}[.]){3}[0-9]{1,3}$',
  url: '^https?://',
} as const

export type ValueForm = keyof typeof VALUE_FORMS
