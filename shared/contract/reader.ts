import { assertNever } from '../errors/index.ts'
import type { Findings } from './findings.ts'
import { findNearestName, isTypo } from './nearest-name.ts'
import type { OdcsValue } from './odcs-common.ts'
import type { YamlNode, YamlRecord } from './yaml-tree.ts'

/** Where values of the parsed contract stand in the text; keys of records and indexes of lists. */
export class Places {
  readonly #nodes = new WeakMap<object, YamlNode>()

  set(value: object, node: YamlNode): void {
    this.#nodes.set(value, node)
  }

  /** Offset of a parsed value, or of one of its keys or items; 0 for a value that no text stands behind. */
  of(value: object, key?: string | number): number {
    const node = this.#nodes.get(value)
    if (node === undefined) return 0
    if (typeof key === 'string' && node.kind === 'record') return node.entries.get(key)?.node.at ?? node.at
    if (typeof key === 'number' && node.kind === 'list') return node.items[key]?.at ?? node.at
    return node.at
  }
}

/** What readers share while they read one document. */
export interface ReadContext {
  readonly findings: Findings
  readonly places: Places
}

/** Turns one YAML node into a typed value; reports what it can't read and then gives undefined. */
export interface Reader<T> {
  /** For the message: `a text`, `one of a, b`. */
  readonly expected: string
  /** Whether null is a value for it; otherwise a null counts as if the key were absent. */
  readonly acceptsNull?: boolean
  readonly read: (node: YamlNode, path: string, context: ReadContext) => T | undefined
}

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

/** A text; a number or boolean without quotes is read as it is written, with a warning. */
export const text: Reader<string> = {
  expected: 'a text',
  read(node, path, context) {
    if (node.kind !== 'scalar') return reportWrongType(this.expected, node, path, context)
    if (typeof node.value === 'string') return node.value
    context.findings.report({
      rule: 'contract-unquoted-text',
      severity: 'warning',
      at: node.at,
      what: `\`${path}\` is ${describe(node)}, read as the text '${node.source}'`,
      expected: this.expected,
      why: 'other readers of the contract may refuse it, or drop digits',
      how: `write '${node.source}' in quotes`,
    })
    return node.source
  },
}

export const boolean: Reader<boolean> = {
  expected: 'true or false',
  read(node, path, context) {
    if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value
    return reportWrongType(this.expected, node, path, context)
  },
}

export const number: Reader<number> = {
  expected: 'a number',
  read(node, path, context) {
    if (node.kind === 'scalar' && typeof node.value === 'number' && Number.isFinite(node.value)) return node.value
    return reportWrongType(this.expected, node, path, context)
  },
}

export const integer: Reader<number> = {
  expected: 'a whole number',
  read(node, path, context) {
    if (node.kind === 'scalar' && Number.isSafeInteger(node.value)) return Number(node.value)
    return reportWrongType(this.expected, node, path, context)
  },
}

/** Any value, kept as it is. */
export const anyValue: Reader<OdcsValue> = {
  expected: 'a value',
  acceptsNull: true,
  read: (node, _path, context) => toValue(node, context),
}

/** A record with keys of the writer's choice. */
export const anyRecord: Reader<{ readonly [key: string]: OdcsValue }> = {
  expected: 'a record',
  read(node, path, context) {
    if (node.kind !== 'record') return reportWrongType(this.expected, node, path, context)
    return toValue(node, context) as { readonly [key: string]: OdcsValue }
  },
}

/** One of some words. */
export function oneOf<const T extends string>(words: readonly T[], why: string): Reader<T> {
  const expected = `one of ${words.join(', ')}`
  return {
    expected,
    read(node, path, context) {
      if (node.kind !== 'scalar') return reportWrongType(expected, node, path, context)
      const found = words.find((word) => word === node.value)
      if (found !== undefined) return found
      const nearest = findNearestName(node.source, words)
      const how = nearest === undefined ? 'write one of them' : `did you mean \`${nearest}\`?`
      context.findings.report({ rule: 'contract-unknown-value', at: node.at, what: `\`${path}\` is '${shorten(node.source)}'`, expected, why, how })
      return undefined
    },
  }
}

export function listOf<T>(item: Reader<T>): Reader<readonly T[]> {
  const expected = `a list, each entry ${item.expected}`
  return {
    expected,
    read(node, path, context) {
      if (node.kind !== 'list') return reportWrongType(expected, node, path, context)
      const values: T[] = []
      node.items.forEach((one, index) => {
        const itemPath = `${path}[${index}]`
        if (isNull(one) && item.acceptsNull !== true) return reportWrongType(item.expected, one, itemPath, context)
        const value = item.read(one, itemPath, context)
        if (value !== undefined) values.push(value)
        return undefined
      })
      context.places.set(values, node)
      return values
    },
  }
}

/** The first reader that takes the kind of node that is there. */
export function either<A, B>(first: { readonly kind: YamlNode['kind']; readonly reader: Reader<A> }, second: Reader<B>): Reader<A | B> {
  return {
    expected: `${first.reader.expected}, or ${second.expected}`,
    read: (node, path, context) => (node.kind === first.kind ? first.reader : second).read(node, path, context),
  }
}

/** Breaks the cycle of a shape that contains itself. */
export function lazy<T>(expected: string, get: () => Reader<T>): Reader<T> {
  return { expected, read: (node, path, context) => get().read(node, path, context) }
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
  { known, path, options }: { known: ReadonlyMap<string, unknown>; path: string; options: Pick<RecordOptions<never>, 'name' | 'renamed' | 'renamedNotes'> },
  context: ReadContext,
): void {
  for (const [key, entry] of node.entries) {
    // `x-` keys are the usual way to park anchors and notes in a YAML file.
    if (known.has(key) || key.startsWith('x-')) continue
    const renamed = options.renamed !== undefined && Object.hasOwn(options.renamed, key) ? options.renamed[key] : undefined
    const nearest = renamed ?? findNearestName(key, known.keys())
    const guards = nearest !== undefined && renamed === undefined && GUARDING_KEYS.has(nearest) && isTypo(key, nearest)
    const note = options.renamedNotes?.[key]
    context.findings.report({
      rule: 'contract-unknown-key',
      severity: guards ? 'error' : 'warning',
      at: entry.keyAt,
      what: `${path === '' ? 'the contract' : `\`${path}\``} has the key \`${shorten(key)}\`, which ${options.name} of the standard doesn't have`,
      expected: nearest === undefined ? `one of ${[...known.keys()].join(', ')}` : `\`${nearest}\``,
      why: guards ? 'what it was meant to protect would be open' : 'what stands under it has no effect',
      how: nearest === undefined ? 'remove it, or write it as an entry of `customProperties`' : `write \`${nearest}\` instead${note === undefined ? '' : `, ${note}`}, or move it to \`customProperties\``,
    })
  }
}

/** Keys that close what would be open without them: one letter wrong, and they would be silently absent. */
const GUARDING_KEYS = new Set(['roles', 'classification', 'customProperties'])

function describeRecord(name: string, table: ReadonlyMap<string, unknown>): string {
  const keys = [...table.keys()]
  return `${name}: a record with ${keys.slice(0, 6).join(', ')}${keys.length > 6 ? ', …' : ''}`
}

/** For a reader of one's own: nothing could be read, because something else was expected. */
export function reportWrongType(expected: string, node: YamlNode, path: string, context: ReadContext): undefined {
  context.findings.report({
    rule: 'contract-wrong-type',
    at: node.at,
    what: `\`${path === '' ? 'the contract' : path}\` is ${describe(node)}`,
    expected,
    why: 'the standard gives this key one type',
    how: expected.startsWith('a list') ? 'begin each entry with `- `, or write `[ ]` around the entries' : `write ${expected.replace(/:.*/, '')} here`,
  })
  return undefined
}

function toValue(node: YamlNode, context: ReadContext): OdcsValue {
  switch (node.kind) {
    case 'scalar':
      return node.value
    case 'list': {
      const list = node.items.map((item) => toValue(item, context))
      context.places.set(list, node)
      return list
    }
    case 'record': {
      const value = Object.fromEntries([...node.entries].map(([key, entry]) => [key, toValue(entry.node, context)]))
      context.places.set(value, node)
      return value
    }
    default:
      return assertNever(node)
  }
}

function isNull(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.value === null
}

function describe(node: YamlNode): string {
  switch (node.kind) {
    case 'list':
      return 'a list'
    case 'record':
      return 'a record'
    case 'scalar':
      return node.value === null ? 'empty' : typeof node.value === 'string' ? `the text '${shorten(node.value)}'` : `the ${typeof node.value} ${shorten(node.source)}`
    default:
      return assertNever(node)
  }
}

/** Messages quote what is there, but a value of any length may be there. */
function shorten(value: string): string {
  return value.length <= 60 ? value : `${value.slice(0, 57)}...`
}
