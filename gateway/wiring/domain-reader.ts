import { GatewayError } from '@polyseme/kit/errors'
import { NO_ROW_RESTRICTIONS, type Principal, type RowRestrictions } from '@polyseme/kit/identity'
import type { DataProduct } from '@polyseme/kit/contract'
import type { SenseReader, VisibilityReader } from '../crosswalk/index.ts'
import type { SubgraphCallContext, SubgraphOperation, SubgraphTransport } from '../execute/index.ts'

/** Time for one page of records, or for one question about visibility. */
const READ_TIMEOUT_MS = 30_000

/** How the crosswalk reads the domains, over the same transports as every operation. */
export interface DomainReaderOptions {
  readonly transports: ReadonlyMap<string, SubgraphTransport>
  readonly products: readonly DataProduct[]
}

/** Reads all records of a sense as the gateway itself: with every scope that the domain's contracts name, so unfiltered. */
export function createSenseReader({ transports, products }: DomainReaderOptions): SenseReader {
  return async function* readSense({ domain, typeName, fields, signal }) {
    const object = products.flatMap((product) => product.objects).find((candidate) => candidate.typeName === typeName)
    if (object === undefined) throw new GatewayError('CONFIG_INVALID', `no contract describes ${typeName}, so its records cannot be listed`)
    const list = object.fields.list
    const operation: SubgraphOperation = {
      kind: 'query',
      name: 'ReadSense',
      text: `query ReadSense($after: String) { ${domainField(domain)} { ${list}(first: ${object.page.maxRows}, after: $after) { nodes { ${fields.join(' ')} } pageInfo { hasNextPage endCursor } } } }`,
    }
    const context = callContext(gatewayPrincipal(domain, products), NO_ROW_RESTRICTIONS, signal)
    let after: string | undefined
    do {
      const page = await readPage(transports, domain, operation, { variables: { after }, list, context })
      yield page.nodes
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : undefined
    } while (after !== undefined)
  }
}

/** Asks a domain, as the caller, which records it shows: those that it resolves as entities. */
export function createVisibilityReader({ transports }: Pick<DomainReaderOptions, 'transports'>): VisibilityReader {
  const operations = new Map<string, SubgraphOperation>()
  return async ({ domain, typeName, keys, context }) => {
    const keyFields = Object.keys(keys[0] ?? {})
    const operation = operations.get(typeName) ?? {
      kind: 'query',
      name: 'FindVisible',
      text: `query FindVisible($representations: [_Any!]!) { _entities(representations: $representations) { ... on ${typeName} { ${keyFields.join(' ')} } } }`,
    }
    operations.set(typeName, operation)
    const variables = { representations: keys.map((key) => ({ __typename: typeName, ...key })) }
    const data = await send(transports, domain, operation, variables, callContext(context.principal, context.rowRestrictionsAround(typeName), AbortSignal.timeout(READ_TIMEOUT_MS)))
    const entities = data['_entities']
    if (!Array.isArray(entities) || entities.length !== keys.length) throw new GatewayError('SUBGRAPH_RESPONSE_INVALID', `the domain "${domain}" answered about other records than were asked`, { details: { subgraph: domain } })
    return entities.map((entity) => entity !== null)
  }
}

interface Page {
  readonly nodes: readonly Readonly<Record<string, unknown>>[]
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string }
}

interface PageRequest {
  readonly variables: Readonly<Record<string, unknown>>
  readonly list: string
  readonly context: SubgraphCallContext
}

async function readPage(transports: ReadonlyMap<string, SubgraphTransport>, domain: string, operation: SubgraphOperation, { variables, list, context }: PageRequest): Promise<Page> {
  const data = await send(transports, domain, operation, variables, context)
  const root = data[domainField(domain)] as Readonly<Record<string, Page | null>> | null | undefined
  const page = root?.[list]
  if (page === undefined || page === null) throw new GatewayError('SUBGRAPH_RESPONSE_INVALID', `the domain "${domain}" gave no records`, { details: { subgraph: domain } })
  return page
}

async function send(transports: ReadonlyMap<string, SubgraphTransport>, domain: string, operation: SubgraphOperation, variables: Readonly<Record<string, unknown>>, context: SubgraphCallContext): Promise<Readonly<Record<string, unknown>>> {
  const transport = transports.get(domain)
  if (transport === undefined) throw new GatewayError('SUBGRAPH_UNAVAILABLE', `there is no subgraph "${domain}"`, { details: { subgraph: domain } })
  const { data, errors } = await transport.send({ operation, variablesText: JSON.stringify(variables) }, context)
  if (data === null || data === undefined || errors.length > 0) throw new GatewayError('SUBGRAPH_ERROR', `the domain "${domain}" refused to be read`, { details: { subgraph: domain }, cause: errors })
  return data
}

function callContext(principal: Principal, rowRestrictions: RowRestrictions, signal: AbortSignal): SubgraphCallContext {
  return { principal, masks: {}, rowRestrictions, accessFingerprint: 'gateway', signal: AbortSignal.any([signal, AbortSignal.timeout(READ_TIMEOUT_MS)]) }
}

function gatewayPrincipal(domain: string, products: readonly DataProduct[]): Principal {
  const own = products.filter((product) => product.domain === domain)
  const scopes = own.flatMap((product) => [
    ...product.readScopes,
    ...product.objects.flatMap((object) => [...object.rowFilters.flatMap((filter) => filter.unlessScopes), ...object.properties.flatMap((property) => property.readScopes)]),
  ])
  return { issuer: 'polyseme-gateway', subject: 'crosswalk', scopes: new Set(scopes), roles: [], claims: {}, expiresAtSec: Number.MAX_SAFE_INTEGER }
}

function domainField(domain: string): string {
  return domain.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
