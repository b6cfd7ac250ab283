import type { GraphQLResolveInfo } from 'graphql'
import type { PromiseReader } from '../promise/index.ts'
import { answerByKeys, answerPages, type Connection, type Edge } from './answer.ts'
import { getProperty, type DomainModel, type ObjectModel } from './domain-model.ts'
import { fetchAggregates } from './fetch-aggregates.ts'
import { RELATED, type Row } from './fetched-row.ts'
import { keyText } from './key-text.ts'
import { PRODUCTS_FIELD, readProductInfos } from './product-info.ts'
import type { QueryRun } from './query-run.ts'
import { SCALARS } from './scalars.ts'
import { readAggregateSelection, readPageSelection, readRowSelection, subSelections, type SelectionContext } from './selection.ts'
import { resolveEntities } from './entities.ts'

/** What every resolver gets; made anew for each request. */
export interface DomainContext {
  readonly run: QueryRun
  /** Results of promises; without it none is known. */
  readonly promises?: PromiseReader | undefined
}

type Resolver = (source: never, args: Record<string, unknown>, context: DomainContext, info: GraphQLResolveInfo) => unknown
type Resolvers = Record<string, Record<string, Resolver>>

/** Resolvers of a domain: the roots answer with everything that is selected below them; the rest only picks. */
export function buildDomainResolvers(model: DomainModel, requirements: SelectionContext['requirements']): Record<string, unknown> {
  const contextOf = (info: GraphQLResolveInfo): SelectionContext => ({
    schema: info.schema,
    model,
    fragments: info.fragments,
    variables: info.variableValues,
    requirements,
  })
  const resolvers: Resolvers = {
    Query: {
      [model.rootField]: () => ({}),
      _entities: (_source, args, context, info) => resolveEntities(context.run, contextOf(info), args['representations'], info.fieldNodes),
    },
    [model.rootType]: { [PRODUCTS_FIELD]: (_source, _args, { run, promises }) => readProductInfos(model, run.call, promises) },
    _Entity: { __resolveType: (source: { readonly __typename: string }) => source.__typename },
  }
  for (const object of model.objects.values()) addObject(resolvers, model, object, contextOf)
  return { ...resolvers, ...SCALARS }
}

type ContextOf = (info: GraphQLResolveInfo) => SelectionContext

function addObject(resolvers: Resolvers, model: DomainModel, object: ObjectModel, contextOf: ContextOf): void {
  const { fields, typeName } = object.object
  const roots = (resolvers[model.rootType] ??= {})
  const prefix = `${model.rootType}.${fields.list}`
  roots[fields.list] = async (_source, args, { run }, info) => {
    const selection = readPageSelection(contextOf(info), object, subSelections(info.fieldNodes))
    return (await answerPages(run, { field: prefix, selection, args }))[0]
  }
  roots[fields.aggregate] = async (_source, args, { run }, info) => {
    const selection = readAggregateSelection(contextOf(info), object, subSelections(info.fieldNodes))
    return (await fetchAggregates(run, { selection, args }))[0]
  }
  if (object.primaryKey !== undefined) roots[fields.byKey] = byKeyResolver(object, object.primaryKey, contextOf)
  const picks: Record<string, Resolver> = {}
  for (const { relationship, aggregateField } of object.relationships.values()) {
    picks[relationship.field] = pickRelated
    if (relationship.cardinality === 'many') picks[aggregateField] = pickRelated
  }
  if (object.relationships.size > 0) resolvers[typeName] = picks
  resolvers[object.names.connection] = {
    nodes: (connection: Connection, _args, _context, info) => connection.nodes.get(String(info.path.key)),
    edges: (connection: Connection, _args, _context, info) => connection.edges.get(String(info.path.key)),
  }
  resolvers[object.names.edge] = { node: (edge: Edge, _args, _context, info) => edge.nodes.get(String(info.path.key)) }
}

function byKeyResolver(object: ObjectModel, key: readonly string[], contextOf: ContextOf): Resolver {
  return async (_source, args, { run }, info) => {
    const selection = readRowSelection(contextOf(info), object, subSelections(info.fieldNodes))
    const tuple = key.map((field) => keyText(object, field, args[field]))
    return (await answerByKeys(run, selection, { properties: key.map((field) => getProperty(object, field)), tuples: [tuple] }))[0]
  }
}

function pickRelated(row: Row, _args: unknown, _context: unknown, info: GraphQLResolveInfo): unknown {
  return row[RELATED].get(String(info.path.key))
}
