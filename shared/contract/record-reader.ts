import { findNearestName, isTypo } from '../errors/index.ts'
import { isNull, type ReadContext, type Reader } from './reader.ts'
import { reportWrongType, shorten } from './wrong-type.ts'
import type { YamlRecord } from './yaml-tree.ts'

export interface RequiredField<T> {
  readonly required: true
  readonly reader: Reader<T>
}

export interface OptionalField<T> {
  readonly required: false
  readonly reader: Reader<T>
}

/** One field for each key of the type: a key that the type has and the reader lacks doesn't compile. */
export type Fields<T> = {
  readonly [K in keyof T]-?: object extends Pick<T, K> ? OptionalField<Exclude<T[K], undefined>> : RequiredField<T[K]>
}

export function required<T>(reader: Reader<T>): RequiredField<T> {
  return { required: true, reader }
}

export function optional<T>(reader: Reader<T>): OptionalField<T> {
  return { required: false, reader }
}

export interface RecordOptions<T> {
  /** What the record is: `a schema object`. */
  readonly name: string
  /** Names of earlier versions of the standard and of other tools, and what to write instead. */
  readonly renamed?: Readonly<Record<string, string>>
  /** What to heed when a renamed key is mended: `with the opposite value`. */
  readonly renamedNotes?: Readonly<Record<string, string>>
  /** Values of required keys that are missing, so that the rest is checked too; the finding stays an error. */
  readonly fallback?: Partial<T>
  /** Further checks on the record as a whole. */
  readonly check?: (value: T, path: string, context: ReadContext) => void
}

/** A record with the keys of the standard; others are reported with the known key that is most like them. */
export function record<T extends object>(options: RecordOptions<T>, fields: Fields<T>): Reader<T> {
  const table = new Map<string, RequiredField<unknown> | OptionalField<unknown>>(Object.entries(fields))
  return {
    expected: options.name,
    read(node, path, context) {
      if (node.kind !== 'record') return reportWrongType(describeRecord(options.name, table), node, path, context)
      const value: Record<string, unknown> = { ...options.fallback }
      let complete = true
      for (const [key, field] of table) {
        const entry = node.entries.get(key)
        const present = entry !== undefined && (field.reader.acceptsNull === true || !isNull(entry.node))
        if (present) {
          const read = field.reader.read(entry.node, path === '' ? key : `${path}.${key}`, context)
          if (read !== undefined) value[key] = read
          else if (field.required && !Object.hasOwn(value, key)) complete = false
        } else if (field.required) {
          if (!Object.hasOwn(value, key)) complete = false
          reportMissing({ key, owner: options.name, expected: field.reader.expected, at: entry?.keyAt ?? node.at, path }, context)
        }
      }
      reportUnknownKeys(node, { known: table, path, options }, context)
      // A record with missing parts is kept out of the contract; its findings make the parse fail anyway.
      if (!complete) return undefined
      context.places.set(value, node)
      options.check?.(value as T, path, context)
      return value as T
    },
  }
}

function reportMissing(missing: { key: string; owner: string; expected: string; at: number; path: string }, context: ReadContext): void {
  const { key, owner, expected, at, path } = missing
  context.findings.report({
    rule: 'contract-missing-key',
    at,
    what: `${path === '' ? 'the contract' : `\`${path}\``} has no \`${key}\``,
    expected: `\`${key}\`: ${expected}`,
    why: `the standard requires it of ${owner}`,
    how: `add \`${key}: …\``,
  })
}

function reportUnknownKeys(
  node: YamlRecord,
  {
    known,
    path,
    options,
  }: { known: ReadonlyMap<string, unknown>; path: string; options: Pick<RecordOptions<never>, 'name' | 'renamed' | 'renamedNotes'> },
  context: ReadContext,
): void {
  const owner = path === '' ? 'the contract' : `\`${path}\``
  for (const [key, entry] of node.entries) {
    // `x-` keys are the usual way to park anchors and notes in a YAML file.
    if (known.has(key) || key.startsWith('x-')) continue
    const renamed = own(options.renamed, key)
    const nearest = renamed ?? findNearestName(key, known.keys())
    const guards = nearest !== undefined && renamed === undefined && GUARDING_KEYS.has(nearest) && isTypo(key, nearest)
    const note = own(options.renamedNotes, key)
    context.findings.report({
      rule: 'contract-unknown-key',
      severity: guards ? 'error' : 'warning',
      at: entry.keyAt,
      what: `${owner} has the key \`${shorten(key)}\`, which ${options.name} of the standard doesn't have`,
      expected: nearest === undefined ? `one of ${[...known.keys()].join(', ')}` : `\`${nearest}\``,
      why: guards ? 'what it was meant to protect would be open' : 'what stands under it has no effect',
      how:
        nearest === undefined
          ? 'remove it, or write it as an entry of `customProperties`'
          : `write \`${nearest}\` instead${note === undefined ? '' : `, ${note}`}, or move it to \`customProperties\``,
    })
  }
}

/** Keys come from the file, so `constructor` is one like any other. */
function own(table: Readonly<Record<string, string>> | undefined, key: string): string | undefined {
  return table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined
}

/** Keys that close what would be open without them: one letter wrong, and they would be silently absent. */
const GUARDING_KEYS = new Set(['roles', 'classification', 'customProperties'])

function describeRecord(name: string, table: ReadonlyMap<string, unknown>): string {
  const keys = [...table.keys()]
  return `${name}: a record with ${keys.slice(0, 6).join(', ')}${keys.length > 6 ? ', …' : ''}`
}
