import { OperationTypeNode, type FieldNode, type GraphQLObjectType, type OperationDefinitionNode } from 'graphql'
import { GatewayError } from '../errors/index.ts'
import { aggregateTexts, entitiesText, keyTexts, pageTexts, type TextRun } from './answer-text.ts'
import { findRootField, getProperty } from './domain-model.ts'
import { keyText } from './key-text.ts'
import { NotDirectError } from './not-direct.ts'
import { collectFields, getObjectType, readAggregateSelection, readArguments, readPageSelection, readRowSelection, subSelections } from './selection.ts'

/** A field that failed; its value is null. */
export interface DirectFailure {
  readonly error: GatewayError
  readonly path: readonly string[]
  readonly node: FieldNode
}

/** An answer whose rows are text that the database wrote. */
export interface DirectAnswer {
  /** JSON; `null` where a field that must not be null failed. */
  readonly data: string
  readonly failures: readonly DirectFailure[]
}

/**
 * Answers an operation without resolving a field for each value: the database writes the rows as JSON, and what is left is
 * to put texts together. Gives what graphql-js gives for the same operation.
 *
 * @returns undefined where only graphql-js can answer: a domain's own resolvers, introspection, data that break a promise
 *   of the schema. Nothing was changed then, and the operation can be answered anew.
 */
export async function answerDirectly(text: TextRun, operation: OperationDefinitionNode): Promise<DirectAnswer | undefined> {
  const query = text.context.schema.getQueryType()
  if (query === null || query === undefined || operation.operation !== OperationTypeNode.QUERY || (operation.directives?.length ?? 0) > 0) return undefined
  const failures: DirectFailure[] = []
  try {
    const fields = [...collectFields(text.context, query, [operation.selectionSet])]
    const members = await Promise.all(fields.map(([responseKey, nodes]) => answerRootField(text, query, { responseKey, nodes, failures })))
    // `_entities` must not be null, so its failure takes everything with it.
    return { data: members.every((member) => member !== undefined) ? `{${members.join(',')}}` : 'null', failures }
  } catch (error) {
    if (error instanceof NotDirectError) return undefined
    throw error
  }
}

interface SelectedField {
  readonly responseKey: string
  readonly nodes: readonly FieldNode[]
  readonly failures: DirectFailure[]
}

async function answerRootField(text: TextRun, query: GraphQLObjectType, field: SelectedField): Promise<string | undefined> {
  const { responseKey, nodes } = field
  const name = nodes[0]?.name.value
  if (name === '__typename') return `"${responseKey}":"${query.name}"`
  if (name === text.run.model.rootField) return `"${responseKey}":${await answerDomain(text, field)}`
  if (name !== '_entities') throw new NotDirectError()
  const args = readArguments(text.context, query, nodes)
  const answer = await attempt(field, [responseKey], () => entitiesText(text, args['representations'], nodes))
  return answer === undefined ? undefined : `"${responseKey}":${answer}`
}

async function answerDomain(text: TextRun, domain: SelectedField): Promise<string> {
  const { rootType } = text.run.model
  const type = getObjectType(text.context, rootType)
  const fields = [...collectFields(text.context, type, subSelections(domain.nodes))]
  const members = await Promise.all(fields.map(async ([responseKey, nodes]) => {
    const field = { responseKey, nodes, failures: domain.failures }
    if (nodes[0]?.name.value === '__typename') return `"${responseKey}":"${rootType}"`
    const answer = await attempt(field, [domain.responseKey, responseKey], () => answerDomainField(text, type, nodes))
    return `"${responseKey}":${answer ?? 'null'}`
  }))
  return `{${members.join(',')}}`
}

async function answerDomainField(text: TextRun, type: GraphQLObjectType, nodes: readonly FieldNode[]): Promise<string> {
  const { context, run } = text
  const found = findRootField(run.model, nodes[0]?.name.value ?? '')
  if (found === undefined) throw new NotDirectError()
  const { object, kind } = found
  const args = readArguments(context, type, nodes)
  const sets = subSelections(nodes)
  const [answer = 'null'] = await (async (): Promise<readonly string[]> => {
    if (kind === 'list') return pageTexts(text, { field: `${type.name}.${object.object.fields.list}`, selection: readPageSelection(context, object, sets), args })
    if (kind === 'aggregate') return aggregateTexts(text, { selection: readAggregateSelection(context, object, sets), args })
    const key = object.primaryKey ?? []
    const tuple = key.map((field) => keyText(object, field, args[field]))
    return keyTexts(text, readRowSelection(context, object, sets), { properties: key.map((field) => getProperty(object, field)), tuples: [tuple] })
  })()
  return answer
}

async function attempt(field: SelectedField, path: readonly string[], work: () => Promise<string>): Promise<string | undefined> {
  try {
    return await work()
  } catch (error) {
    const [node] = field.nodes
    // What is not ours to explain is left to graphql-js, which meets it again and reports it.
    if (!(error instanceof GatewayError) || node === undefined) throw new NotDirectError()
    field.failures.push({ error, path, node })
    return undefined
  }
}
