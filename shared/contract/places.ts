import type { YamlNode } from './yaml-tree.ts'

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
