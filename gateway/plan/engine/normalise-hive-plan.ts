import { assertNever } from '@polyseme/kit/errors'
import type {
  BatchFetchNode,
  FetchNode as HiveFetchNode,
  FetchNodePathSegment,
  FetchRewrite,
  FlattenNodePathSegment,
  PlanNode as HivePlanNode,
  QueryPlan,
  RequiresSelection,
} from '@graphql-hive/router-query-planner'
import type { FetchNode, PathSegment, PlanNode, RequiredSelection, Rewrite, RewriteSegment } from '../plan-node.ts'

/** Turns a plan of `@graphql-hive/router-query-planner` into ours. */
export function normaliseHivePlan(plan: QueryPlan): PlanNode | undefined {
  return plan.node === undefined || plan.node === null ? undefined : normaliseNode(plan.node, [])
}

function normaliseNode(node: HivePlanNode, path: readonly PathSegment[]): PlanNode {
  switch (node.kind) {
    case 'Sequence':
      return { kind: 'sequence', nodes: node.nodes.map((child) => normaliseNode(child, path)) }
    case 'Parallel':
      return { kind: 'parallel', nodes: node.nodes.map((child) => normaliseNode(child, path)) }
    case 'Flatten':
      return normaliseNode(node.node, [...path, ...node.path.map(normaliseSegment)])
    case 'Condition':
      return {
        kind: 'condition',
        variable: node.condition,
        whenTrue: normaliseBranch(node.ifClause, path),
        whenFalse: normaliseBranch(node.elseClause, path),
      }
    case 'Fetch':
      return normaliseFetch(node, path)
    case 'BatchFetch':
      return normaliseBatch(node, path)
    case 'Subscription':
    case 'Defer':
      throw new TypeError(`${node.kind} is not planned`)
    default:
      return assertNever(node)
  }
}

/** An absent branch comes as null. */
function normaliseBranch(node: HivePlanNode | null | undefined, path: readonly PathSegment[]): PlanNode | undefined {
  return node === undefined || node === null ? undefined : normaliseNode(node, path)
}

function normaliseFetch(node: HiveFetchNode, path: readonly PathSegment[]): FetchNode {
  const outputRewrites = (node.outputRewrites ?? []).map(normaliseRewrite)
  const isEntity = node.requires !== undefined && node.requires !== null
  return {
    ...commonOf(node),
    path: isEntity ? [] : path,
    outputRewrites: isEntity ? [] : outputRewrites,
    parts: isEntity
      ? [{
          key: '_entities',
          variable: 'representations',
          paths: [path],
          requires: (node.requires ?? []).map(normaliseRequired),
          inputRewrites: (node.inputRewrites ?? []).map(normaliseRewrite),
          outputRewrites,
          context: [],
        }]
      : [],
  }
}

function normaliseBatch(node: BatchFetchNode, path: readonly PathSegment[]): FetchNode {
  return {
    ...commonOf(node),
    path: [],
    outputRewrites: [],
    parts: node.entityBatch.aliases.map((alias) => ({
      key: alias.alias,
      variable: alias.representationsVariableName,
      paths: alias.paths.map((own) => [...path, ...own.map(normaliseSegment)]),
      requires: alias.requires.map(normaliseRequired),
      inputRewrites: (alias.inputRewrites ?? []).map(normaliseRewrite),
      outputRewrites: (alias.outputRewrites ?? []).map(normaliseRewrite),
      context: [],
    })),
  }
}

function commonOf(node: HiveFetchNode | BatchFetchNode): Pick<FetchNode, 'kind' | 'subgraph' | 'operationKind' | 'operationName' | 'text' | 'variables'> {
  return {
    kind: 'fetch',
    subgraph: node.serviceName,
    operationKind: node.operationKind === 'mutation' ? 'mutation' : 'query',
    operationName: node.operationName,
    text: node.operation,
    variables: node.variableUsages ?? [],
  }
}

function normaliseSegment(segment: FlattenNodePathSegment): PathSegment {
  if (segment === '@') return { kind: 'list' }
  return 'Field' in segment ? { kind: 'field', name: segment.Field } : { kind: 'type', names: segment.TypeCondition }
}

/** Here `name` is where the value stands and `alias` what the representation calls it. */
function normaliseRequired(selection: RequiresSelection): RequiredSelection {
  switch (selection.kind) {
    case 'Field': {
      const as = selection.alias ?? selection.name
      return { kind: 'field', key: selection.name, as, name: as, selections: selection.selections?.length === 0 ? undefined : selection.selections?.map(normaliseRequired) }
    }
    case 'InlineFragment':
      return { kind: 'type', name: selection.typeCondition, selections: selection.selections.map(normaliseRequired) }
    case 'FragmentSpread':
      throw new TypeError('a representation made of fragment spreads is not known')
    default:
      return assertNever(selection)
  }
}

function normaliseRewrite(rewrite: FetchRewrite): Rewrite {
  if ('KeyRenamer' in rewrite) return { kind: 'rename', path: rewrite.KeyRenamer.path.map(normaliseRewriteSegment), to: rewrite.KeyRenamer.renameKeyTo }
  const setter = 'ValueSetter' in rewrite ? rewrite.ValueSetter : rewrite
  return { kind: 'set', path: setter.path.map(normaliseRewriteSegment), value: setter.setValueTo }
}

function normaliseRewriteSegment(segment: FetchNodePathSegment): RewriteSegment {
  return 'Key' in segment ? { kind: 'field', name: segment.Key } : { kind: 'type', names: segment.TypenameEquals }
}
