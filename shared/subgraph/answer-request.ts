import { getLocation, getVariableValues, type FieldNode } from 'graphql'
import { answerDirectly, type DirectFailure, type DomainSubgraph, type QueryRun } from '../product/index.ts'
import type { DocumentCache, ValidDocument } from './document-cache.ts'
import { toSafeError } from './safe-error.ts'

/** What answering a request directly takes. */
export interface DirectParts {
  readonly subgraph: DomainSubgraph
  readonly documents: DocumentCache
}

/**
 * The body of the answer to a GraphQL request, made of text that the database wrote.
 *
 * @param body as it came, parsed from JSON
 * @returns undefined where the request is not a plain valid query of the contracts' fields; the executor answers it then.
 */
export async function answerRequest({ subgraph, documents }: DirectParts, run: QueryRun, body: unknown): Promise<string | undefined> {
  const request = readRequest(body)
  const valid = request === undefined ? undefined : documents.find(request.query)
  const operation = valid === undefined ? undefined : findOperation(valid, request?.operationName)
  if (request === undefined || valid === undefined || operation === undefined) return undefined
  const coerced = getVariableValues(subgraph.schema, operation.variableDefinitions ?? [], request.variables)
  if (coerced.coerced === undefined) return undefined
  const context = { schema: subgraph.schema, model: subgraph.model, fragments: valid.fragments, variables: coerced.coerced, requirements: subgraph.requirements }
  const answer = await answerDirectly({ run, context }, operation)
  if (answer === undefined) return undefined
  if (answer.failures.length === 0) return `{"data":${answer.data}}`
  return `{"errors":${JSON.stringify(answer.failures.map(formatFailure))},"data":${answer.data}}`
}

interface GraphqlRequest {
  readonly query: string
  readonly operationName: string | undefined
  readonly variables: Readonly<Record<string, unknown>>
}

function readRequest(body: unknown): GraphqlRequest | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined
  const { query, operationName = null, variables = null, extensions = null } = body as Readonly<Record<string, unknown>>
  if (typeof query !== 'string' || extensions !== null) return undefined
  if (operationName !== null && typeof operationName !== 'string') return undefined
  if (typeof variables !== 'object' || Array.isArray(variables)) return undefined
  return { query, operationName: operationName ?? undefined, variables: (variables ?? {}) as Readonly<Record<string, unknown>> }
}

function findOperation(valid: ValidDocument, name: string | undefined): ValidDocument['operations'][number] | undefined {
  if (name === undefined) return valid.operations.length === 1 ? valid.operations[0] : undefined
  return valid.operations.find((operation) => operation.name?.value === name)
}

function formatFailure({ error, path, node }: DirectFailure): unknown {
  const locations = locationsOf(node)
  return toSafeError({ message: error.message, path, ...(locations === undefined ? {} : { locations }) }, error)
}

function locationsOf(node: FieldNode): readonly { readonly line: number; readonly column: number }[] | undefined {
  return node.loc === undefined ? undefined : [getLocation(node.loc.source, node.loc.start)]
}

