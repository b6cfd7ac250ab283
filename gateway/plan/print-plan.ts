import { parse, print } from 'graphql'
import type { EntityPart, FetchNode, PathSegment, PlanNode, RequiredSelection, Rewrite } from './plan-node.ts'

/** A plan as a person reads it. */
export function printPlan(node: PlanNode | undefined): string {
  return node === undefined ? 'nothing to fetch\n' : `${printNode(node, '').join('\n')}\n`
}

function printNode(node: PlanNode, indent: string): readonly string[] {
  const inner = `${indent}  `
  switch (node.kind) {
    case 'sequence':
    case 'parallel':
      return [`${indent}${node.kind}`, ...node.nodes.flatMap((child) => printNode(child, inner))]
    case 'condition':
      return [
        ...(node.whenTrue === undefined ? [] : [`${indent}if $${node.variable}`, ...printNode(node.whenTrue, inner)]),
        ...(node.whenFalse === undefined ? [] : [`${indent}if not $${node.variable}`, ...printNode(node.whenFalse, inner)]),
      ]
    case 'fetch':
      return printFetch(node, indent)
  }
}

function printFetch(node: FetchNode, indent: string): readonly string[] {
  const inner = `${indent}  `
  return [
    `${indent}${node.operationKind === 'mutation' ? 'mutate' : 'fetch'} ${node.subgraph}${node.path.length === 0 ? '' : ` at ${printPath(node.path)}`}`,
    ...node.parts.flatMap((part) => printPart(part, inner)),
    ...node.outputRewrites.map((rewrite) => `${inner}${printRewrite(rewrite)}`),
    ...print(parse(node.text)).split('\n').map((line) => `${inner}${line}`.trimEnd()),
  ]
}

function printPart(part: EntityPart, indent: string): readonly string[] {
  return [
    ...part.paths.map((path) => `${indent}${part.key} at ${printPath(path)}`),
    `${indent}by ${part.requires.map(printRequired).join(' ')}`,
    ...[...part.inputRewrites, ...part.outputRewrites].map((rewrite) => `${indent}${printRewrite(rewrite)}`),
    ...part.context.map((value) => `${indent}$${value.variable} from ${value.up} above, ${value.path.map((segment) => (segment.kind === 'field' ? segment.name : `(${segment.names.join('|')})`)).join('.')}`),
  ]
}

function printPath(path: readonly PathSegment[]): string {
  return path.map((segment) => (segment.kind === 'field' ? segment.name : segment.kind === 'list' ? '@' : `(${segment.names.join('|')})`)).join('.')
}

function printRequired(selection: RequiredSelection): string {
  const inner = selection.selections === undefined ? '' : ` { ${selection.selections.map(printRequired).join(' ')} }`
  if (selection.kind === 'type') return `${selection.name}${inner}`
  return `${selection.as === selection.key ? '' : `${selection.as}: `}${selection.key}${inner}`
}

function printRewrite(rewrite: Rewrite): string {
  const path = rewrite.path.map((segment) => (segment.kind === 'field' ? segment.name : `(${segment.names.join('|')})`)).join('.')
  return rewrite.kind === 'set' ? `set ${path} to ${JSON.stringify(rewrite.value)}` : `rename ${path} to ${rewrite.to}`
}
