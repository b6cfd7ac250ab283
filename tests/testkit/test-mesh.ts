import { composeServices } from '@apollo/composition'
import { Supergraph as ApolloSupergraph } from '@apollo/federation-internals'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { createHash } from 'node:crypto'
import { graphql, Kind, parse, type DocumentNode, type GraphQLSchema } from 'graphql'
import type { AuthorizedOperation, DeniedField, ResponseShape } from '../../gateway/access/index.ts'
import type { ParsedOperation } from '../../gateway/operation/index.ts'
import type { SubgraphAnswer, SubgraphCallContext, SubgraphRequest, SubgraphTransport } from '../../gateway/execute/index.ts'
import type { Supergraph } from '../../gateway/supergraph/index.ts'
import type { Principal } from '@polyseme/kit/identity'

type SchemaModule = Exclude<Exclude<Parameters<typeof buildSubgraphSchema>[0], DocumentNode>[number], DocumentNode>

/** One subgraph of a test: its SDL and how its fields resolve. */
export interface TestSubgraph {
  readonly sdl: string
  readonly resolvers: NonNullable<SchemaModule['resolvers']>
}

export const TEST_PRINCIPAL: Principal = {
  issuer: 'https://issuer.test',
  subject: 'someone',
  scopes: new Set(),
  roles: [],
  claims: {},
  expiresAtSec: 4_000_000_000,
}

/** Composes SDLs with Apollo's composition; throws with every composition error. */
export function composeTestSupergraph(sdls: Readonly<Record<string, string>>): Supergraph {
  const result = composeServices(Object.entries(sdls).map(([name, sdl]) => ({ name, url: `inprocess:${name}`, typeDefs: parse(sdl) })))
  if (result.errors !== undefined) throw new Error(result.errors.map((error) => error.message).join('\n'))
  const sdl = result.supergraphSdl
  return {
    id: createHash('sha256').update(sdl).digest('hex'),
    sdl,
    apiSchema: ApolloSupergraph.buildForTests(sdl, false).apiSchema().toGraphQLJSSchema(),
    subgraphs: new Map(Object.entries(sdls).map(([name, sdl]) => [name, { name, url: `inprocess:${name}`, sdl, products: [] }])),
    access: new Map(),
    requires: new Map(),
    owners: new Map(),
    costs: { weights: new Map(), listSizes: new Map() },
  }
}

/** An operation that `authorize` would have let through whole, or with `allowed` left of it. */
export function authorizeAll(text: string, variables: Readonly<Record<string, unknown>> = {}, restricted?: { readonly allowed: string; readonly denied: readonly DeniedField[]; readonly shape: ResponseShape }): AuthorizedOperation {
  const parsed = parsedOperation(text, variables)
  const document: DocumentNode = restricted === undefined ? parsed.document : parse(restricted.allowed)
  return {
    original: parsed,
    document,
    operation: document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION),
    planKey: `${parsed.hash}:${restricted?.allowed ?? ''}`,
    denied: restricted?.denied ?? [],
    ...(restricted === undefined ? {} : { shape: restricted.shape }),
    masks: {},
    rowRestrictions: {},
    accessFingerprint: 'test',
    variables,
  } as unknown as AuthorizedOperation
}

function parsedOperation(text: string, variables: Readonly<Record<string, unknown>>): ParsedOperation {
  const document = parse(text)
  return {
    document,
    operation: document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION),
    hash: createHash('sha256').update(text).digest('hex'),
    variables,
  } as unknown as ParsedOperation
}

/** A subgraph executed in this thread; keeps what it was asked, and can be told to fail or to lie. */
export class RecordingTransport implements SubgraphTransport {
  readonly requests: { readonly query: string; readonly variables: Record<string, unknown> }[] = []
  readonly #schema: GraphQLSchema
  /** Replaces an answer before it is returned; may throw. */
  tamper: ((answer: SubgraphAnswer, request: SubgraphRequest) => SubgraphAnswer) | undefined

  constructor(subgraph: TestSubgraph) {
    this.#schema = buildSubgraphSchema([{ typeDefs: parse(subgraph.sdl), resolvers: subgraph.resolvers }])
  }

  async send(request: SubgraphRequest, _call: SubgraphCallContext): Promise<SubgraphAnswer> {
    const variables = JSON.parse(request.variablesText) as Record<string, unknown>
    this.requests.push({ query: request.operation.text, variables })
    const result = await graphql({ schema: this.#schema, source: request.operation.text, variableValues: variables })
    // Over the wire, so that nothing is shared and undefined disappears.
    const wire = JSON.parse(JSON.stringify(result)) as { data?: Record<string, unknown> | null; errors?: SubgraphAnswer['errors'] }
    const answer: SubgraphAnswer = { data: wire.data, errors: wire.errors ?? [] }
    return this.tamper === undefined ? answer : this.tamper(answer, request)
  }

  async close(): Promise<void> {}
}
