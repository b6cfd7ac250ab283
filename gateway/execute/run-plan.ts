import { GatewayError } from '@polyseme/kit/errors'
import { isAbstractType, isObjectType, type GraphQLSchema } from 'graphql'
import type { EntityPart, FetchNode, PathSegment, PlanNode, RequiredSelection, Rewrite, RewriteSegment } from '../plan/index.ts'
import type { ResponseError, SubgraphCall } from './outcome.ts'
import { reportedError, unavailableError } from './response-errors.ts'
import type { SubgraphAnswer, SubgraphCallContext, SubgraphOperation, SubgraphTransport } from './subgraph-transport.ts'

export type Tree = Record<string, unknown>
type Path = readonly (string | number)[]

/** What a plan writes into while it runs. */
export interface PlanRun {
  readonly schema: GraphQLSchema
  readonly variables: Readonly<Record<string, unknown>>
  readonly transports: ReadonlyMap<string, SubgraphTransport>
  readonly call: SubgraphCallContext
  readonly data: Tree
  readonly errors: ResponseError[]
  readonly failed: Map<string, ResponseError>
  readonly calls: SubgraphCall[]
}

const operations = new WeakMap<FetchNode, SubgraphOperation>()

export async function runPlan(run: PlanRun, node: PlanNode): Promise<void> {
  switch (node.kind) {
    case 'sequence':
      for (const child of node.nodes) await runPlan(run, child)
      return
    case 'parallel':
      await Promise.all(node.nodes.map((child) => runPlan(run, child)))
      return
    case 'condition': {
      const chosen = run.variables[node.variable] === true ? node.whenTrue : node.whenFalse
      if (chosen !== undefined) await runPlan(run, chosen)
      return
    }
    case 'fetch':
      await runFetch(run, node)
  }
}

interface Found {
  readonly value: Tree
  readonly path: Path
}

async function runFetch(run: PlanRun, node: FetchNode): Promise<void> {
  const variables: Tree = {}
  for (const name of node.variables) if (Object.hasOwn(run.variables, name)) variables[name] = run.variables[name]
  const targets = node.parts.map((part) => representationsOf(run, part))
  if (node.parts.length > 0 && targets.every((target) => target.representations.length === 0)) return
  node.parts.forEach((part, index) => { variables[part.variable] = targets[index]?.representations ?? [] })
  const answer = await send(run, node, variables, targets.reduce((sum, target) => sum + target.representations.length, 0))
  if (answer === undefined) return
  for (const error of answer.errors) {
    run.errors.push(...pathsOf(error.path, node, targets).map((path) => reportedError(node.subgraph, error, path)))
  }
  const data = answer.data ?? {}
  if (node.parts.length === 0) {
    applyRewrites(run.schema, node.outputRewrites, data)
    merge(run.data, data)
    return
  }
  node.parts.forEach((part, index) => {
    const target = targets[index]
    if (target !== undefined) mergeEntities(run, node, part, { ...target, received: data[part.key] })
  })
}

interface Target {
  readonly representations: readonly unknown[]
  /** Places of each representation. */
  readonly places: readonly (readonly Found[])[]
}

function representationsOf(run: PlanRun, part: EntityPart): Target {
  const found: Found[] = []
  for (const path of part.paths) collect(run, { value: run.data, path: [] }, path, found)
  const representations: unknown[] = []
  const places: Found[][] = []
  const known = new Map<string, Found[]>()
  for (const place of found) {
    const representation = represent(run.schema, place.value, part.requires)
    if (representation === null || typeof representation['__typename'] !== 'string') continue
    applyRewrites(run.schema, part.inputRewrites, representation)
    const key = JSON.stringify(representation)
    const same = known.get(key)
    if (same !== undefined) {
      same.push(place)
      continue
    }
    const list = [place]
    known.set(key, list)
    representations.push(representation)
    places.push(list)
  }
  return { representations, places }
}

function collect(run: PlanRun, at: { readonly value: unknown; readonly path: Path }, path: readonly PathSegment[], found: Found[]): void {
  const { value } = at
  if (value === null || typeof value !== 'object') return
  const [segment, ...rest] = path
  if (segment === undefined) {
    if (!Array.isArray(value)) found.push({ value: value as Tree, path: at.path })
    return
  }
  if (segment.kind === 'list') {
    if (Array.isArray(value)) value.forEach((element: unknown, index) => collect(run, { value: element, path: [...at.path, index] }, rest, found))
  } else if (segment.kind === 'field') {
    if (Object.hasOwn(value, segment.name)) collect(run, { value: (value as Tree)[segment.name], path: [...at.path, segment.name] }, rest, found)
  } else if (segment.names.some((name) => isOfType(run.schema, value as Tree, name, true))) {
    collect(run, at, rest, found)
  }
}

function represent(schema: GraphQLSchema, source: Tree, selections: readonly RequiredSelection[]): Tree | null {
  const result: Tree = {}
  for (const selection of selections) {
    if (selection.kind === 'type') {
      if (!isOfType(schema, source, selection.name, false)) continue
      const part = represent(schema, source, selection.selections)
      if (part === null) return null
      merge(result, part)
      continue
    }
    const value = Object.hasOwn(source, selection.key) ? source[selection.key] : undefined
    if (value === undefined) return null
    result[selection.key] = representValue(schema, value, selection.selections)
  }
  return result
}

function representValue(schema: GraphQLSchema, value: unknown, selections: readonly RequiredSelection[] | undefined): unknown {
  if (selections === undefined || value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((element) => representValue(schema, element, selections))
  return represent(schema, value as Tree, selections)
}

async function send(run: PlanRun, node: FetchNode, variables: Tree, entities: number): Promise<SubgraphAnswer | undefined> {
  let operation = operations.get(node)
  if (operation === undefined) {
    operation = { text: node.text, name: node.operationName, kind: node.operationKind }
    operations.set(node, operation)
  }
  const { subgraph } = node
  const startedAt = performance.now()
  let outcome: SubgraphCall['outcome'] = 'failed'
  try {
    const transport = run.transports.get(subgraph)
    if (transport === undefined) throw new GatewayError('SUBGRAPH_UNAVAILABLE', `the domain "${subgraph}" is not available`)
    const answer = await transport.send({ operation, variablesText: JSON.stringify(variables) }, run.call)
    outcome = 'answered'
    return answer
  } catch (error) {
    if (!run.failed.has(subgraph)) run.failed.set(subgraph, unavailableError(subgraph, error))
    return undefined
  } finally {
    run.calls.push({ subgraph, durationMs: performance.now() - startedAt, entities, outcome })
  }
}

function mergeEntities(run: PlanRun, node: FetchNode, part: EntityPart, target: Target & { readonly received: unknown }): void {
  const { received, places, representations } = target
  if (representations.length === 0) return
  if (received === null || received === undefined) return
  if (!Array.isArray(received) || received.length !== representations.length) {
    const error = new GatewayError('SUBGRAPH_RESPONSE_INVALID', `the domain "${node.subgraph}" answered with another number of entities than asked for`)
    if (!run.failed.has(node.subgraph)) run.failed.set(node.subgraph, unavailableError(node.subgraph, error))
    return
  }
  received.forEach((entity: unknown, index) => {
    if (entity === null || typeof entity !== 'object') return
    applyRewrites(run.schema, part.outputRewrites, entity)
    for (const place of places[index] ?? []) merge(place.value, structuredClone(entity) as Tree)
  })
}

/** Where an error of a subgraph belongs in the client's answer: every place of its entity. */
function pathsOf(path: unknown, node: FetchNode, targets: readonly Target[]): readonly (Path | undefined)[] {
  if (!Array.isArray(path) || !path.every((step) => typeof step === 'string' || typeof step === 'number')) return [undefined]
  if (node.parts.length === 0) return [path]
  const [key, index, ...rest] = path
  const target = targets[node.parts.findIndex((part) => part.key === key)]
  const places = typeof index === 'number' ? target?.places[index] : undefined
  return places === undefined ? [undefined] : places.map((place) => [...place.path, ...rest])
}

/** Adds what is new; objects and lists of equal length are merged, everything else is replaced. */
export function merge(target: Tree, source: Tree): void {
  for (const key of Object.keys(source)) {
    const incoming = source[key]
    const present = Object.hasOwn(target, key) ? target[key] : undefined
    Object.defineProperty(target, key, { value: mergedValue(present, incoming), writable: true, enumerable: true, configurable: true })
  }
}

function mergedValue(present: unknown, incoming: unknown): unknown {
  if (typeof present !== 'object' || present === null) return incoming === undefined ? present : incoming
  if (typeof incoming !== 'object' || incoming === null) return present
  if (Array.isArray(present) && Array.isArray(incoming)) {
    return present.length === incoming.length ? present.map((element, index) => mergedValue(element, incoming[index])) : incoming
  }
  merge(present as Tree, incoming as Tree)
  return present
}

function applyRewrites(schema: GraphQLSchema, rewrites: readonly Rewrite[], value: unknown): void {
  for (const rewrite of rewrites) rewriteAt(schema, rewrite, rewrite.path, value)
}

function rewriteAt(schema: GraphQLSchema, rewrite: Rewrite, path: readonly RewriteSegment[], value: unknown): void {
  if (Array.isArray(value)) {
    for (const element of value) rewriteAt(schema, rewrite, path, element)
    return
  }
  if (typeof value !== 'object' || value === null) return
  const [segment, ...rest] = path
  if (segment === undefined) return
  const object = value as Tree
  if (segment.kind === 'type') {
    if (segment.names.some((name) => isOfType(schema, object, name, true))) rewriteAt(schema, rewrite, rest, object)
  } else if (rest.length > 0) {
    if (Object.hasOwn(object, segment.name)) rewriteAt(schema, rewrite, rest, object[segment.name])
  } else if (rewrite.kind === 'set') {
    object[segment.name] = rewrite.value
  } else if (Object.hasOwn(object, segment.name)) {
    object[rewrite.to] = object[segment.name]
    delete object[segment.name]
  }
}

function isOfType(schema: GraphQLSchema, value: Tree, condition: string, whenUnknown: boolean): boolean {
  const name = Object.hasOwn(value, '__typename') ? value['__typename'] : undefined
  if (typeof name !== 'string') return whenUnknown
  if (name === condition) return true
  const type = schema.getType(name)
  const wanted = schema.getType(condition)
  return isObjectType(type) && isAbstractType(wanted) && schema.isSubType(wanted, type)
}
