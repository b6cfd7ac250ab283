import { isAlias, isMap, isScalar, isSeq, parseDocument, type Node, type ParsedNode, type YAMLMap, type YAMLSeq } from 'yaml'
import { invalid, ok, type Diagnostic, type Result, type SourcePosition } from '../errors/index.ts'
import { duplicateKey, forbiddenKey, syntaxError, tooDeep, tooLarge } from './yaml-findings.ts'

/** A YAML document as plain nodes, each with its offset; aliases and merge keys are resolved, nodes they name are shared. */
export type YamlNode = YamlScalar | YamlList | YamlRecord

export interface YamlScalar {
  readonly kind: 'scalar'
  readonly at: number
  readonly value: string | number | boolean | null
  /** As written, so that `1.10` read as text stays `1.10`. */
  readonly source: string
}

export interface YamlList {
  readonly kind: 'list'
  readonly at: number
  readonly items: readonly YamlNode[]
}

export interface YamlRecord {
  readonly kind: 'record'
  readonly at: number
  readonly entries: ReadonlyMap<string, YamlEntry>
}

export interface YamlEntry {
  readonly keyAt: number
  readonly node: YamlNode
}

export interface YamlTree {
  readonly root: YamlNode
  readonly positionAt: (offset: number) => SourcePosition
}

export interface YamlLimits {
  /** Characters of the text. */
  readonly maxLength: number
  /** Nodes with every alias counted as often as it is used, which is what defuses alias bombs. */
  readonly maxNodes: number
  readonly maxDepth: number
}

/** A 5,000-line contract has about 300,000 characters and 20,000 nodes. */
export const YAML_LIMITS: YamlLimits = { maxLength: 2_000_000, maxNodes: 400_000, maxDepth: 60 }

/** After one mistake the parser reports what follows from it, so the first few say all. */
const MAX_SYNTAX_ERRORS = 20

/** Parses YAML 1.2 (core schema) from an untrusted text; never throws, whatever the text is. */
export function readYamlTree(text: string, file: string, limits: YamlLimits = YAML_LIMITS): Result<YamlTree> {
  const positionAt = positionsIn(text, file)
  const start = { file, line: 1, column: 1 }
  if (text.length > limits.maxLength) {
    return invalid([tooLarge(`the file has ${text.length} characters`, `at most ${limits.maxLength} characters`, start)])
  }
  let document
  try {
    // Duplicate keys are found below: the parser's own check compares every pair of keys.
    document = parseDocument(text, { uniqueKeys: false, prettyErrors: false, logLevel: 'error', version: '1.2' })
  } catch {
    return invalid([syntaxError('the text cannot be parsed', start)])
  }
  if (document.errors.length > 0) {
    return invalid(document.errors.slice(0, MAX_SYNTAX_ERRORS).map((error) => syntaxError(error.message, positionAt(error.pos[0]))))
  }
  const { contents } = document
  if (contents === null) return invalid([syntaxError('the file is empty', start)])
  const conversion = new Conversion(positionAt, limits)
  const root = conversion.convert(contents, 0)
  if (conversion.findings.length > 0) return invalid(conversion.findings)
  return ok({ root: root.node, positionAt })
}

/** Places by offset. The parser's own line counter misses the lines after a mistake. */
function positionsIn(text: string, file: string): (offset: number) => SourcePosition {
  let starts: number[] | undefined
  return (offset) => {
    starts ??= findLineStarts(text)
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return { file, line: low + 1, column: Math.min(offset, text.length) - (starts[low] ?? 0) + 1 }
  }
}

function findLineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** A node with its size, every alias in it counted as often as it is used. */
interface Sized {
  readonly node: YamlNode
  readonly size: number
}

class Conversion {
  readonly findings: Diagnostic[] = []
  readonly #positionAt: (offset: number) => SourcePosition
  readonly #limits: YamlLimits
  readonly #anchors = new Map<string, Sized | 'open'>()
  /** Too much has been read; what holds it is too much as well, and need not be said again. */
  #isOver = false

  constructor(positionAt: (offset: number) => SourcePosition, limits: YamlLimits) {
    this.#positionAt = positionAt
    this.#limits = limits
  }

  convert(node: Node | null, depth: number, fallbackAt = 0): Sized {
    const at = node?.range?.[0] ?? fallbackAt
    const empty: Sized = { node: { kind: 'scalar', at, value: null, source: '' }, size: 1 }
    if (node === null || this.#isOver || this.findings.length >= 100) return empty
    if (depth > this.#limits.maxDepth) return this.#refuse(tooDeep(this.#positionAt(at), this.#limits.maxDepth), empty)
    if (isAlias(node)) return this.#resolve(node.source, at, empty)
    const anchor = 'anchor' in node ? node.anchor : undefined
    if (anchor !== undefined) this.#anchors.set(anchor, 'open')
    const sized = this.#convertPlain(node, depth, at)
    if (anchor !== undefined) this.#anchors.set(anchor, sized)
    if (sized.size <= this.#limits.maxNodes || this.#isOver) return sized
    this.#isOver = true
    const what = 'the file has too many values, each use of an alias counted'
    return this.#refuse(tooLarge(what, `at most ${this.#limits.maxNodes} values`, this.#positionAt(at)), empty)
  }

  #convertPlain(node: Node, depth: number, at: number): Sized {
    if (isMap(node)) return this.#convertRecord(node, depth, at)
    if (isSeq(node)) return this.#convertList(node, depth, at)
    const value: unknown = isScalar(node) ? node.value : null
    const source = isScalar(node) && typeof node.source === 'string' ? node.source : String(value)
    return { node: { kind: 'scalar', at, value: isPlainScalar(value) ? value : source, source }, size: 1 }
  }

  #convertList(list: YAMLSeq, depth: number, at: number): Sized {
    let size = 1
    const items = list.items.map((item) => {
      const sized = this.convert(item as ParsedNode | null, depth + 1, at)
      size += sized.size
      return sized.node
    })
    return { node: { kind: 'list', at, items }, size }
  }

  #convertRecord(record: YAMLMap, depth: number, at: number): Sized {
    const entries = new Map<string, YamlEntry>()
    const merged = new Map<string, YamlEntry>()
    let size = 1
    for (const pair of record.items) {
      const key = pair.key as ParsedNode | null
      const keyAt = key?.range[0] ?? at
      const sized = this.convert(pair.value as ParsedNode | null, depth + 1, keyAt)
      size += sized.size
      if (!isScalar(key)) {
        this.findings.push(syntaxError('a key is not a plain text', this.#positionAt(keyAt)))
        continue
      }
      const name = typeof key.source === 'string' ? key.source : String(key.value)
      if (name === '<<') this.#merge(sized.node, merged, keyAt)
      else if (name === '__proto__') this.findings.push(forbiddenKey(name, this.#positionAt(keyAt)))
      else if (entries.has(name)) this.findings.push(duplicateKey(name, this.#positionAt(keyAt)))
      else entries.set(name, { keyAt, node: sized.node })
    }
    for (const [name, entry] of merged) if (!entries.has(name)) entries.set(name, entry)
    return { node: { kind: 'record', at, entries }, size }
  }

  /** YAML's merge key: earlier sources win over later ones, the record's own keys over all. */
  #merge(source: YamlNode, into: Map<string, YamlEntry>, at: number): void {
    const sources = source.kind === 'list' ? source.items : [source]
    for (const one of sources) {
      if (one.kind !== 'record') {
        this.findings.push(syntaxError('`<<` merges something that is not a record', this.#positionAt(at)))
        continue
      }
      for (const [name, entry] of one.entries) if (!into.has(name)) into.set(name, entry)
    }
  }

  #resolve(anchor: string, at: number, empty: Sized): Sized {
    const target = this.#anchors.get(anchor)
    if (target === 'open') return this.#refuse(syntaxError(`the alias \`*${anchor}\` contains itself`, this.#positionAt(at)), empty)
    if (target === undefined) return this.#refuse(syntaxError(`the alias \`*${anchor}\` names no anchor`, this.#positionAt(at)), empty)
    return target
  }

  #refuse(finding: Diagnostic, instead: Sized): Sized {
    this.findings.push(finding)
    return instead
  }
}

function isPlainScalar(value: unknown): value is string | number | boolean | null {
  return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
