import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Node, type YAMLMap } from 'yaml'
import type { Diagnostic, SourcePosition } from '../errors/index.ts'
import type { LexiconFile } from './lexicon.ts'

/** Larger files are refused unread. */
const MAX_FILE_CHARS = 2_000_000

/** Reads one YAML file as a mapping; findings go to `diagnostics`, undefined when there is nothing to read. */
export function readYamlFile(file: LexiconFile, diagnostics: Diagnostic[]): ObjectReader | undefined {
  const start: SourcePosition = { file: file.path, line: 1, column: 1 }
  if (file.text.length > MAX_FILE_CHARS) {
    diagnostics.push({
      rule: 'lexicon-file-too-large',
      severity: 'error',
      what: `${file.text.length} characters`,
      expected: `at most ${MAX_FILE_CHARS}`,
      how: 'Split the file.',
      position: start,
    })
    return undefined
  }
  const lines = new LineCounter()
  const positionAt = (offset: number): SourcePosition => {
    const { line, col } = lines.linePos(offset)
    return { file: file.path, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const source: ReaderSource = { positionAt, diagnostics }
  try {
    const document = parseDocument(file.text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
    for (const error of document.errors) {
      diagnostics.push({
        rule: 'lexicon-yaml',
        severity: 'error',
        what: error.message,
        expected: 'a YAML document',
        position: positionAt(error.pos[0]),
      })
    }
    if (document.errors.length > 0) return undefined
    if (isMap(document.contents)) return new ObjectReader(document.contents, '', source)
  } catch (error) {
    // The YAML parser recurses; nesting deep enough to exhaust the stack is an attack or an accident, never a lexicon.
    if (!(error instanceof RangeError)) throw error
  }
  diagnostics.push({
    rule: 'lexicon-yaml',
    severity: 'error',
    what: 'the file is not a mapping of keys to values',
    expected: 'a document that begins with `kind:`',
    position: start,
  })
  return undefined
}

interface ReaderSource {
  readonly positionAt: (offset: number) => SourcePosition
  readonly diagnostics: Diagnostic[]
}

/** Reads the keys of one YAML mapping; reports what is missing, of the wrong form or, on `finish`, unknown. */
export class ObjectReader {
  readonly position: SourcePosition
  readonly #map: YAMLMap
  readonly #path: string
  readonly #source: ReaderSource
  readonly #known = new Set<string>()

  constructor(map: YAMLMap, path: string, source: ReaderSource) {
    this.#map = map
    this.#path = path
    this.#source = source
    this.position = source.positionAt(map.range?.[0] ?? 0)
  }

  /** Scalar as text; undefined and a finding when it is required and absent, or no scalar. */
  text(key: string, required: 'required' | 'optional'): string | undefined {
    const node = this.#value(key)
    if (node === undefined) {
      if (required === 'required')
        this.report('lexicon-missing-key', `\`${this.#at(key)}\` is missing`, 'a text', { how: `Add \`${key}:\`.` })
      return undefined
    }
    const value = scalarText(node)
    if (value === undefined || value.trim() === '') {
      this.report('lexicon-wrong-form', `\`${this.#at(key)}\` is not a text`, 'a text', { at: node })
      return undefined
    }
    return value.trim()
  }

  /** One text or a list of texts. */
  texts(key: string): readonly string[] {
    const node = this.#value(key)
    if (node === undefined) return []
    const items = isSeq(node) ? node.items : [node]
    const values: string[] = []
    for (const item of items) {
      const value = scalarText(item)
      if (value === undefined || value.trim() === '')
        this.report('lexicon-wrong-form', `\`${this.#at(key)}\` holds something that is not a text`, 'a list of texts', {
          at: item as Node,
        })
      else values.push(value.trim())
    }
    return values
  }

  /** One of a list of words. */
  word<const Word extends string>(key: string, words: readonly Word[], fallback?: NoInfer<Word>): Word | undefined {
    if (fallback !== undefined && this.#value(key) === undefined) return fallback
    const value = this.text(key, 'required')
    if (value === undefined) return undefined
    const found = words.find((word) => word === value)
    if (found === undefined)
      this.report('lexicon-unknown-word', `\`${this.#at(key)}\` is \`${value}\``, words.join(' | '), { at: this.#value(key) })
    return found
  }

  /** A number between 0 and 1. */
  share(key: string, fallback: number | undefined): number | undefined {
    const node = this.#value(key)
    if (node === undefined) return fallback
    const value = isScalar(node) ? node.value : undefined
    if (typeof value === 'number' && value >= 0 && value <= 1) return value
    this.report('lexicon-wrong-form', `\`${this.#at(key)}\` is not a share`, 'a number from 0 to 1', { at: node })
    return fallback
  }

  /** An ISO 8601 date or moment, as written. */
  moment(key: string, required: 'required' | 'optional'): string | undefined {
    const value = this.text(key, required)
    if (value === undefined) return undefined
    if (/^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2}))?$/u.test(value) && !Number.isNaN(Date.parse(value))) return value
    this.report('lexicon-wrong-form', `\`${this.#at(key)}\` is \`${value}\``, 'a date `2026-01-31` or a moment `2026-01-31T09:00:00Z`', {
      at: this.#value(key),
    })
    return undefined
  }

  /** A mapping under a key. */
  object(key: string, required: 'required' | 'optional'): ObjectReader | undefined {
    const node = this.#value(key)
    if (isMap(node)) return new ObjectReader(node, this.#at(key), this.#source)
    if (node !== undefined || required === 'required')
      this.report(
        'lexicon-wrong-form',
        `\`${this.#at(key)}\` is ${node === undefined ? 'missing' : 'not a mapping'}`,
        'a mapping of keys to values',
        { at: node },
      )
    return undefined
  }

  /** A list of mappings under a key. */
  objects(key: string): readonly ObjectReader[] {
    const node = this.#value(key)
    if (node === undefined) return []
    if (!isSeq(node)) {
      this.report('lexicon-wrong-form', `\`${this.#at(key)}\` is not a list`, 'a list', { at: node })
      return []
    }
    return node.items.flatMap((item, index) => {
      if (isMap(item)) return [new ObjectReader(item, `${this.#at(key)}[${index}]`, this.#source)]
      this.report('lexicon-wrong-form', `\`${this.#at(key)}[${index}]\` is not a mapping`, 'a mapping of keys to values', {
        at: item as Node,
      })
      return []
    })
  }

  /** Every key of a mapping under a key, each with its own mapping. */
  entries(key: string): readonly { readonly name: string; readonly value: ObjectReader }[] {
    const inner = this.object(key, 'optional')
    return inner === undefined
      ? []
      : inner.#map.items.flatMap((pair) => {
          const name = scalarText(pair.key)
          const value = name === undefined ? undefined : inner.object(name, 'required')
          return name === undefined || value === undefined ? [] : [{ name, value }]
        })
  }

  has(key: string): boolean {
    return this.#value(key) !== undefined
  }

  /** Reports every key that nobody asked for. */
  finish(): void {
    for (const pair of this.#map.items) {
      const name = scalarText(pair.key) ?? '?'
      if (this.#known.has(name)) continue
      this.report('lexicon-unknown-key', `unknown key \`${this.#at(name)}\``, [...this.#known].join(', '), {
        at: pair.key as Node,
        why: 'A misspelled key would be ignored in silence.',
      })
    }
  }

  report(
    rule: string,
    what: string,
    expected: string,
    more: { readonly at?: unknown; readonly why?: string; readonly how?: string } = {},
  ): void {
    const offset = (more.at as Node | undefined)?.range?.[0]
    this.#source.diagnostics.push({
      rule,
      severity: 'error',
      what,
      expected,
      ...(more.why === undefined ? {} : { why: more.why }),
      ...(more.how === undefined ? {} : { how: more.how }),
      position: offset === undefined ? this.position : this.#source.positionAt(offset),
    })
  }

  #at(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`
  }

  #value(key: string): Node | undefined {
    this.#known.add(key)
    const node = this.#map.get(key, true) as Node | undefined | null
    if (node === undefined || node === null || (isScalar(node) && node.value === null)) return undefined
    if (isAlias(node)) {
      this.report('lexicon-wrong-form', `\`${this.#at(key)}\` is an alias`, 'the value itself', {
        at: node,
        why: 'Aliases can blow a small file up to gigabytes.',
      })
      return undefined
    }
    return node
  }
}

function scalarText(node: unknown): string | undefined {
  if (!isScalar(node)) return undefined
  const { value } = node
  if (typeof value === 'string') return value
  // The text as written: 1.10 and 007 are not 1.1 and 7.
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return node.source ?? String(value)
  return undefined
}
