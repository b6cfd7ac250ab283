import { GatewayError } from '../errors/index.ts'
import { MAX_GROUPS, readAggregateRequest, type AggregateRequest } from './aggregate-request.ts'
import { buildAggregateStatement, type AggregateGroup } from './aggregate-statement.ts'
import { BATCH_KEYS, chunksOf, newScope, runStatement, type QueryRun } from './query-run.ts'
import type { KeyBatch } from './rows-statement.ts'
import type { AggregateSelection, FieldArguments } from './selection.ts'

export interface AggregateQuery {
  readonly selection: AggregateSelection
  readonly args: FieldArguments
  /** Aggregates of a relationship: one list of groups for each tuple. */
  readonly parents?: KeyBatch
}

/** The groups of an aggregate field; those of all parents in one statement (per 5,000 of them). */
export async function fetchAggregates(run: QueryRun, query: AggregateQuery): Promise<readonly (readonly AggregateGroup[])[]> {
  const { selection, parents } = query
  const request = readAggregateRequest(selection.object, query.args)
  if (parents !== undefined) assertNotByRow(selection)
  if (parents === undefined) return [await fetchChunk(run, query, request, { start: 0, groups: [] }).then((groups) => groups[0] ?? [])]
  const groups: AggregateGroup[][] = Array.from(parents.tuples, () => [])
  await Promise.all(chunksOf(parents.tuples, BATCH_KEYS).map((tuples, index) =>
    fetchChunk(run, { ...query, parents: { properties: parents.properties, tuples } }, request, { start: index * BATCH_KEYS, groups }),
  ))
  return groups.map((own) => (own.length === 0 ? emptyGroups(selection, request) : own))
}

/** @throws BAD_USER_INPUT aggregates of each row's related ones, where the contract guards differences of aggregates */
function assertNotByRow({ object: { object } }: AggregateSelection): void {
  if (object.aggregateDimensions === undefined) return
  throw new GatewayError('BAD_USER_INPUT', `aggregates of ${object.typeName} are not made for single rows: its contract guards small groups against being told by differences; ask for ${object.fields.aggregate}`)
}

async function fetchChunk(
  run: QueryRun,
  query: AggregateQuery,
  request: AggregateRequest,
  into: { readonly start: number; readonly groups: AggregateGroup[][] },
): Promise<readonly (readonly AggregateGroup[])[]> {
  const built = buildAggregateStatement(newScope(run), query.selection, request, query.parents)
  for (const cells of await runStatement(run, built.statement)) {
    const { ordinal, group } = built.read(cells)
    const own = (into.groups[into.start + ordinal] ??= [])
    own.push(group)
    if (request.first === undefined && own.length > MAX_GROUPS) {
      throw new GatewayError('OPERATION_LIMIT_EXCEEDED', `${query.selection.object.object.typeName}: there are more than ${MAX_GROUPS} groups; ask for the first ones with first and orderBy`)
    }
  }
  return into.groups
}

/** What an aggregate field answers over no rows at all. @throws BAD_USER_INPUT */
export function emptyAggregate(selection: AggregateSelection, args: FieldArguments): AggregateGroup[] {
  return emptyGroups(selection, readAggregateRequest(selection.object, args))
}

// There is still one group, unless groups were asked for: as in SQL, and as without parents.
function emptyGroups(selection: AggregateSelection, request: AggregateRequest): AggregateGroup[] {
  const isSuppressed = request.groupBy.length > 0 || request.having.length > 0 || request.first === 0 || (selection.object.object.minGroupRows ?? 0) > 0
  if (isSuppressed) return []
  const values: Record<string, Record<string, unknown>> = {}
  for (const { name, property } of selection.values) {
    const fields = (values[name] ??= {})
    fields[property.field] = name === 'countDistinct' ? 0 : null
  }
  return [{ ...values, group: null, count: 0 }]
}
