import { assertNever, findNearestName } from '../errors/index.ts'
import type { Findings } from './findings.ts'
import type { OdcsValue } from './odcs-common.ts'
import type { Places } from './places.ts'
import { describeNode, reportWrongType, shorten } from './wrong-type.ts'
import type { YamlNode } from './yaml-tree.ts'

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
      what: `\`${path}\` is ${describeNode(node)}, read as the text '${node.source}'`,
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
      context.findings.report({
        rule: 'contract-unknown-value',
        at: node.at,
        what: `\`${path}\` is '${shorten(node.source)}'`,
        expected,
        why,
        how,
      })
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

export function isNull(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.value === null
}
