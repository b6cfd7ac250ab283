import { assertNever } from '@polyseme/kit/errors'
import type {
  FetchDataRewrite,
  FetchNode as ApolloFetchNode,
  PlanNode as ApolloPlanNode,
  QueryPlan,
  QueryPlanSelectionNode,
  ResponsePath,
} from '@apollo/query-planner'
import { OperationTypeNode } from 'graphql'
import type { ContextValue, EntityPart, FetchNode, PathSegment, PlanNode, RequiredSelection, Rewrite, RewriteSegment } from '../plan-node.ts'

const FRAGMENT_PREFIX = '... on '

/** Turns a plan of `@apollo/query-planner` into ours: flatten paths move into the fetches. */
export function normaliseApolloPlan(plan: QueryPlan): PlanNode | undefined {
  if (plan.node === undefined) return undefined
  if (plan.node.kind === 'Subscription') throw new TypeError('subscriptions are not planned')
  return normaliseNode(plan.node, [])
}

function normaliseNode(node: ApolloPlanNode, path: readonly PathSegment[]): PlanNode {
  switch (node.kind) {
    case 'Sequence':
      return { kind: 'sequence', nodes: node.nodes.map((child) => normaliseNode(child, path)) }
    case 'Parallel':
      return { kind: 'parallel', nodes: node.nodes.map((child) => normaliseNode(child, path)) }
    case 'Flatten':
      return normaliseNode(node.node, [...path, ...normalisePath(node.path)])
    case 'Condition':
      return {
        kind: 'condition',
        variable: node.condition,
        whenTrue: node.ifClause === undefined ? undefined : normaliseNode(node.ifClause, path),
        whenFalse: node.elseClause === undefined ? undefined : normaliseNode(node.elseClause, path),
      }
    case 'Fetch':
      return normaliseFetch(node, path)
    case 'Defer':
      throw new TypeError('@defer is not planned')
    default:
      return assertNever(node)
  }
}

function normaliseFetch(node: ApolloFetchNode, path: readonly PathSegment[]): FetchNode {
  const outputRewrites = (node.outputRewrites ?? []).map(normaliseRewrite)
  const parts: readonly EntityPart[] = node.requires === undefined
    ? []
    : [{
        key: '_entities',
        variable: 'representations',
        paths: [path],
        requires: node.requires.map(normaliseRequired),
        inputRewrites: (node.inputRewrites ?? []).map(normaliseRewrite),
        outputRewrites,
        context: (node.contextRewrites ?? []).map(normaliseContext),
      }]
  const context = new Set(parts.flatMap((part) => part.context.map((value) => value.variable)))
  return {
    kind: 'fetch',
    subgraph: node.serviceName,
    operationKind: node.operationKind === OperationTypeNode.MUTATION ? 'mutation' : 'query',
    operationName: node.operationName,
    text: node.operation,
    variables: (node.variableUsages ?? []).filter((name) => !context.has(name)),
    parts,
    path: parts.length === 0 ? path : [],
    outputRewrites: parts.length === 0 ? outputRewrites : [],
  }
}

function normalisePath(path: ResponsePath): PathSegment[] {
  return path.map((segment) => (segment === '@' ? { kind: 'list' } : { kind: 'field', name: String(segment) }))
}

function normaliseRequired(node: QueryPlanSelectionNode): RequiredSelection {
  if (node.kind === 'Field') {
    const key = node.alias ?? node.name
    return { kind: 'field', key, as: key, name: node.name, selections: node.selections?.map(normaliseRequired) }
  }
  return { kind: 'type', name: node.typeCondition ?? '', selections: node.selections.map(normaliseRequired) }
}

function normaliseRewrite(rewrite: FetchDataRewrite): Rewrite {
  const path = rewrite.path.map(normaliseRewriteSegment)
  return rewrite.kind === 'ValueSetter'
    ? { kind: 'set', path, value: rewrite.setValueTo as unknown }
    : { kind: 'rename', path, to: rewrite.renameKeyTo }
}

function normaliseContext(rewrite: { readonly path: readonly string[]; readonly renameKeyTo: string }): ContextValue {
  const up = rewrite.path.filter((segment) => segment === '..').length
  return { variable: rewrite.renameKeyTo, up, path: rewrite.path.filter((segment) => segment !== '..').map(normaliseRewriteSegment) }
}

function normaliseRewriteSegment(segment: string): RewriteSegment {
  return segment.startsWith(FRAGMENT_PREFIX)
    ? { kind: 'type', names: [segment.slice(FRAGMENT_PREFIX.length)] }
    : { kind: 'field', name: segment }
}
