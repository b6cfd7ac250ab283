import { assertNever } from '../errors/index.ts'
import type { Findings } from './findings.ts'
import type { YamlNode } from './yaml-tree.ts'

/** For a reader of one's own: nothing could be read, because something else was expected. */
export function reportWrongType(expected: string, node: YamlNode, path: string, context: { readonly findings: Findings }): undefined {
  context.findings.report({
    rule: 'contract-wrong-type',
    at: node.at,
    what: `\`${path === '' ? 'the contract' : path}\` is ${describeNode(node)}`,
    expected,
    why: 'the standard gives this key one type',
    how: expected.startsWith('a list')
      ? 'begin each entry with `- `, or write `[ ]` around the entries'
      : `write ${expected.replace(/:.*/, '')} here`,
  })
  return undefined
}

/** A node as a message names it: `the text 'x'`, `a list`. */
export function describeNode(node: YamlNode): string {
  switch (node.kind) {
    case 'list':
      return 'a list'
    case 'record':
      return 'a record'
    case 'scalar':
      return node.value === null
        ? 'empty'
        : typeof node.value === 'string'
          ? `the text '${shorten(node.value)}'`
          : `the ${typeof node.value} ${shorten(node.source)}`
    default:
      return assertNever(node)
  }
}

/** Messages quote what is there, but a value of any length may be there. */
export function shorten(value: string): string {
  return value.length <= 60 ? value : `${value.slice(0, 57)}...`
}
