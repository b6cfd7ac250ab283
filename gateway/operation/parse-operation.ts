import { GatewayError } from '@polyseme/kit/errors'
import { GraphQLError, Kind, NoFragmentCyclesRule, KnownFragmentNamesRule, KnownTypeNamesRule, NoSchemaIntrospectionCustomRule, NoUnusedFragmentsRule, OperationTypeNode, parse, specifiedRules, UniqueFragmentNamesRule, validate } from 'graphql'
import type { DocumentNode, GraphQLSchema, OperationDefinitionNode, ValidationRule } from 'graphql'
import { hash } from 'node:crypto'
import type { Supergraph } from '../supergraph/index.ts'
import { coerceVariables } from './coerce-variables.ts'
import { knownTypeNamesRule } from './known-type-names.ts'
import { assertWithinLimits } from './measure-document.ts'
import { OperationErrors } from './operation-errors.ts'
import type { OperationLimits } from './operation-limits.ts'
import type { ParsedOperation } from './parsed-operation.ts'
import { scanSource } from './scan-source.ts'
import { literalRule, reservedNameRule } from './value-rules.ts'
import { WeightedCache } from './weighted-cache.ts'

/** An operation as a client sends it. */
export interface OperationRequest {
  readonly query: string
  readonly operationName?: string | null | undefined
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined
}

/**
 * Turns a request into an operation that is within the limits, valid against what clients see, and ready to be
 * authorized. Limits are checked first, cheapest first, so that nothing expensive is done for what will be refused.
 *
 * A document that was parsed before, for the same graph and limits, costs a look-up and its variables.
 *
 * @throws GatewayError OPERATION_LIMIT_EXCEEDED, OPERATION_RESOLUTION_FAILURE, BAD_REQUEST
 * @throws OperationErrors GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, BAD_USER_INPUT
 */
export function parseOperation(request: OperationRequest, supergraph: Supergraph, limits: OperationLimits): ParsedOperation {
  const { query, operationName, variables } = request
  if (typeof query !== 'string' || query === '') throw new GatewayError('BAD_REQUEST', 'The request has no "query" text.')
  if (operationName !== undefined && operationName !== null && typeof operationName !== 'string') throw new GatewayError('BAD_REQUEST', '"operationName" must be a text.')
  if (variables !== undefined && variables !== null && (typeof variables !== 'object' || Array.isArray(variables))) throw new GatewayError('BAD_REQUEST', '"variables" must be an object.')
  const { operation, document, hash } = findOperation(query, operationName ?? undefined, supergraph, limits)
  const coerced = coerceVariables(supergraph.apiSchema, operation, variables ?? {}, limits)
  // The only cast to this type: everything that its description promises was checked above.
  return { document, operation, hash, variables: coerced } as ParsedOperation
}

/** How well the documents of a supergraph are cached. */
export function documentCacheStatistics(supergraph: Supergraph, limits: OperationLimits): WeightedCache<string, CachedDocument>['statistics'] {
  return cacheFor(supergraph, limits).statistics
}

interface NamedOperation {
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
  readonly hash: string
}

interface CachedDocument {
  readonly document: DocumentNode
  readonly operations: readonly OperationDefinitionNode[]
  /** Found so far, by `operationName`; at most one per operation and one for no name. */
  readonly named: Map<string | undefined, NamedOperation>
}

const MAX_DOCUMENTS = 2_000
/** Characters of source; the parsed document weighs some fifty times as much. */
const MAX_DOCUMENT_CHARACTERS = 2_000_000

// Validity depends on the graph and on the limits, so each pair has a cache, which goes when either goes.
const caches = new WeakMap<GraphQLSchema, WeakMap<OperationLimits, WeightedCache<string, CachedDocument>>>()

function cacheFor(supergraph: Supergraph, limits: OperationLimits): WeightedCache<string, CachedDocument> {
  let byLimits = caches.get(supergraph.apiSchema)
  if (byLimits === undefined) caches.set(supergraph.apiSchema, (byLimits = new WeakMap()))
  let cache = byLimits.get(limits)
  if (cache === undefined) byLimits.set(limits, (cache = new WeightedCache(MAX_DOCUMENTS, MAX_DOCUMENT_CHARACTERS)))
  return cache
}

function findOperation(query: string, operationName: string | undefined, supergraph: Supergraph, limits: OperationLimits): NamedOperation {
  const cache = cacheFor(supergraph, limits)
  let cached = cache.get(query)
  if (cached === undefined) {
    const document = parseDocument(query, supergraph.apiSchema, limits)
    cached = { document, operations: document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION), named: new Map() }
    cache.set(query, cached, query.length)
  }
  let named = cached.named.get(operationName)
  if (named === undefined) {
    const operation = selectOperation(cached.operations, operationName)
    named = { document: cached.document, operation, hash: hash('sha256', `${query}\0${operationName ?? ''}`) }
    cached.named.set(operationName, named)
  }
  return named
}

function selectOperation(operations: readonly OperationDefinitionNode[], operationName: string | undefined): OperationDefinitionNode {
  const candidates = operationName === undefined ? operations : operations.filter(({ name }) => name?.value === operationName)
  const [operation, ...others] = candidates
  if (operation === undefined) throw new GatewayError('OPERATION_RESOLUTION_FAILURE', operationName === undefined ? 'The document has no operation.' : 'The document has no operation of the name that "operationName" gives.')
  if (others.length > 0) throw new GatewayError('OPERATION_RESOLUTION_FAILURE', 'The document has several operations; say which in "operationName".')
  if (operation.operation === OperationTypeNode.SUBSCRIPTION) throw new GatewayError('OPERATION_RESOLUTION_FAILURE', 'Subscriptions are not served.')
  return operation
}

/** These come first: the measuring that bounds the other rules follows fragments, and must be able to. */
const FRAGMENT_RULES: readonly ValidationRule[] = [UniqueFragmentNamesRule, KnownFragmentNamesRule, NoFragmentCyclesRule, NoUnusedFragmentsRule]
const DOCUMENT_RULES: readonly ValidationRule[] = specifiedRules.map((rule) => rule === KnownTypeNamesRule ? knownTypeNamesRule : rule)

function parseDocument(query: string, schema: GraphQLSchema, limits: OperationLimits): DocumentNode {
  scanSource(query, limits)
  // Without locations a document weighs a third; one that is refused is read again, for the places in its messages.
  const document = parseText(query, limits, true)
  const rules: readonly ValidationRule[] = [...DOCUMENT_RULES, reservedNameRule, literalRule(limits.maxIdLength), ...(limits.introspection ? [] : [NoSchemaIntrospectionCustomRule])]
  assertValid(query, document, schema, FRAGMENT_RULES, limits)
  assertWithinLimits(document, limits)
  assertValid(query, document, schema, rules, limits)
  return document
}

function parseText(query: string, limits: OperationLimits, noLocation: boolean): DocumentNode {
  try {
    return parse(query, { noLocation, maxLexicalTokens: limits.maxTokens })
  } catch (error) {
    if (error instanceof GraphQLError) throw new OperationErrors('GRAPHQL_PARSE_FAILED', [error])
    throw error
  }
}

function assertValid(query: string, document: DocumentNode, schema: GraphQLSchema, rules: readonly ValidationRule[], limits: OperationLimits): void {
  const options = { maxErrors: limits.maxErrors - 1, hideSuggestions: !limits.suggestions }
  if (validate(schema, document, rules, options).length === 0) return
  throw new OperationErrors('GRAPHQL_VALIDATION_FAILED', validate(schema, parseText(query, limits, false), rules, options))
}
