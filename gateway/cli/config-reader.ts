import { findNearestName, type Diagnostic, type SourcePosition } from '@polyseme/kit/errors'
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node, type YAMLMap } from 'yaml'

export type Environment = Readonly<Record<string, string | undefined>>

/** Reads a YAML configuration key by key and gathers what is wrong, each with its place. */
export class ConfigReader {
  readonly diagnostics: Diagnostic[] = []
  readonly #file: string
  readonly #lines = new LineCounter()
  readonly #env: Environment
  readonly root: ConfigMap

  constructor(file: string, text: string, env: Environment) {
    this.#file = file
    this.#env = env
    const document = parseDocument(text, { lineCounter: this.#lines })
    for (const error of document.errors) this.report({ rule: 'config-syntax', what: error.message.split('\n')[0]?.replace(/ at line.*$/, '') ?? 'not YAML', position: this.#positionAt(error.pos[0]) })
    const contents: unknown = document.contents
    if (document.errors.length === 0 && !isMap(contents)) this.report({ rule: 'config-form', what: 'the file holds no keys', expected: '`issuers: …` and `subgraphs: …`' })
    this.root = new ConfigMap(this, isMap(contents) ? contents : undefined, '')
  }

  report(finding: Omit<Diagnostic, 'severity' | 'position'> & { readonly position?: SourcePosition }): void {
    this.diagnostics.push({ severity: 'error', ...finding })
  }

  positionOf(node: Node | undefined): SourcePosition {
    return this.#positionAt(node?.range?.[0] ?? 0)
  }

  /** Replaces `${NAME}` and `${NAME:-default}` by the environment's value, as Compose does. */
  interpolate(text: string, node: Node | undefined): string {
    return text.replace(/\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}/g, (_, name: string, fallback: string | undefined) => {
      const value = this.#env[name]
      if (value !== undefined && value !== '') return value
      if (fallback !== undefined) return fallback
      this.report({ rule: 'config-environment', what: `the environment has no ${name}`, how: `set ${name}, or write \${${name}:-default}`, position: this.positionOf(node) })
      return ''
    })
  }

  #positionAt(offset: number): SourcePosition {
    const { line, col } = this.#lines.linePos(offset)
    return { file: this.#file, line, column: col }
  }
}

/** One mapping of the file; whoever reads it says at the end which keys it may have. */
export class ConfigMap {
  readonly #reader: ConfigReader
  readonly #map: YAMLMap | undefined
  readonly #path: string
  readonly #read = new Set<string>()

  constructor(reader: ConfigReader, map: YAMLMap | undefined, path: string) {
    this.#reader = reader
    this.#map = map
    this.#path = path
  }

  get position(): SourcePosition {
    return this.#reader.positionOf(this.#map)
  }

  text(key: string): string | undefined {
    const node = this.#node(key)
    if (node === undefined) return undefined
    if (isScalar(node) && ['string', 'number', 'boolean'].includes(typeof node.value)) return this.#reader.interpolate(String(node.value), node)
    this.#wrong(key, node, 'a text')
    return undefined
  }

  requiredText(key: string): string {
    const value = this.text(key)
    if (value === undefined && !this.has(key)) this.missing(key)
    return value ?? ''
  }

  integer(key: string, least: number, most: number): number | undefined {
    const text = this.text(key)
    if (text === undefined) return undefined
    const value = Number(text)
    if (Number.isInteger(value) && value >= least && value <= most && text.trim() !== '') return value
    this.#wrong(key, this.#node(key), `a whole number from ${least} to ${most}`)
    return undefined
  }

  /** Those of the keys that are there, each with the least and the most that it may be. */
  integers<Key extends string>(ranges: Readonly<Record<Key, readonly [least: number, most: number]>>): { readonly [key in Key]?: number } {
    const found: { [key in Key]?: number } = {}
    for (const key in ranges) {
      const [least, most] = ranges[key]
      const value = this.integer(key, least, most)
      if (value !== undefined) found[key] = value
    }
    return found
  }

  flag(key: string): boolean | undefined {
    const text = this.text(key)
    if (text === undefined || text === 'true' || text === 'false') return text === undefined ? undefined : text === 'true'
    this.#wrong(key, this.#node(key), 'true or false')
    return undefined
  }

  oneOf<const T extends string>(key: string, allowed: readonly T[]): T | undefined {
    const text = this.text(key)
    if (text === undefined) return undefined
    const found = allowed.find((value) => value === text)
    if (found === undefined) this.#wrong(key, this.#node(key), `one of ${allowed.join(', ')}`)
    return found
  }

  /** A list of texts; one text stands for a list of one. */
  texts(key: string): readonly string[] | undefined {
    const node = this.#node(key)
    if (node === undefined || !isSeq(node)) return node === undefined ? undefined : [this.requiredText(key)]
    return node.items.flatMap((item) => {
      if (isScalar(item) && typeof item.value === 'string') return [this.#reader.interpolate(item.value, item)]
      this.#wrong(key, node, 'a list of texts')
      return []
    })
  }

  map(key: string): ConfigMap | undefined {
    const node = this.#node(key)
    if (node === undefined) return undefined
    if (!isMap(node)) this.#wrong(key, node, 'keys and values')
    return new ConfigMap(this.#reader, isMap(node) ? node : undefined, `${this.#path}${key}.`)
  }

  maps(key: string): readonly ConfigMap[] {
    const node = this.#node(key)
    if (node === undefined) {
      this.missing(key)
      return []
    }
    if (!isSeq(node) || node.items.length === 0) {
      this.#wrong(key, node, 'a list with at least one entry')
      return []
    }
    return node.items.map((item, index) => {
      if (!isMap(item)) this.#wrong(`${key}[${index}]`, node, 'keys and values')
      return new ConfigMap(this.#reader, isMap(item) ? item : undefined, `${this.#path}${key}[${index}].`)
    })
  }

  keys(): readonly string[] {
    return this.#map?.items.map(({ key }) => (isScalar(key) ? String(key.value) : '')) ?? []
  }

  has(key: string): boolean {
    return this.#map?.has(key) === true
  }

  missing(key: string): void {
    if (this.#map === undefined) return
    this.#reader.report({ rule: 'config-missing-key', what: `\`${this.#path}${key}\` is missing`, position: this.position })
  }

  report(rule: string, what: string, how?: string): void {
    this.#reader.report({ rule, what, position: this.position, ...(how === undefined ? {} : { how }) })
  }

  /** Reports every key that nobody read: a misspelt key must not pass for an absent one. */
  end(): void {
    for (const key of this.keys()) {
      if (this.#read.has(key)) continue
      const nearest = findNearestName(key, [...this.#read])
      this.#reader.report({
        rule: 'config-unknown-key',
        what: `\`${this.#path}${key}\` is no key of the configuration`,
        expected: nearest === undefined ? [...this.#read].join(', ') : nearest,
        position: this.#reader.positionOf(this.#map?.items.find((pair) => isScalar(pair.key) && pair.key.value === key)?.key as Node | undefined),
      })
    }
  }

  #node(key: string): Node | undefined {
    this.#read.add(key)
    const node: unknown = this.#map?.get(key, true)
    return node === undefined || node === null || (isScalar(node) && node.value === null) ? undefined : (node as Node)
  }

  #wrong(key: string, node: Node | undefined, expected: string): void {
    this.#reader.report({ rule: 'config-value', what: `\`${this.#path}${key}\` is not ${expected}`, expected, position: this.#reader.positionOf(node) })
  }
}
