import { rootFieldOf } from '@polyseme/kit/contract'
import { GatewayError } from '@polyseme/kit/errors'
import { NO_ROW_RESTRICTIONS, type Principal } from '@polyseme/kit/identity'
import type { Lexicon } from '@polyseme/kit/lexicon'
import { explainCoordinate, type Agreement, type AgreementStore, type Decider, type LivePolicies } from '../access/index.ts'
import type { CatalogMesh, CatalogPromise, CatalogView } from '../catalog/index.ts'
import type { SubgraphOperation, SubgraphTransport } from '../execute/index.ts'
import type { Supergraph } from '../supergraph/index.ts'
import { hasPart, mayKnow } from './consumers-of.ts'

/** Time for a domain to say how its promises stand: it reads them from its store. */
const PROMISES_TIMEOUT_MS = 5_000

export interface CatalogMeshOptions {
  readonly supergraph: Supergraph
  readonly lexicon: Lexicon | undefined
  readonly transports: ReadonlyMap<string, SubgraphTransport>
  readonly policies: LivePolicies
  readonly agreements: AgreementStore
}

/** The graph as the catalogue speaks about it: to each caller what its token, the policies and its agreements let it see. */
export function catalogMeshOf(options: CatalogMeshOptions): CatalogMesh {
  const { supergraph, lexicon } = options
  const domains = [...supergraph.subgraphs.values()].filter(({ url }) => !url.startsWith('inprocess:'))
  return {
    domains: domains.map(({ name, products }) => ({ name, products })),
    lexicon,
    typeOf: (coordinate) => typeOf(coordinate, supergraph),
    viewOf: (principal) => viewOf(principal, options),
    readPromises: async (domain, principal) => await readPromises(domain, principal, options),
  }
}

function typeOf(coordinate: string, { apiSchema }: Supergraph): string | undefined {
  const [typeName = '', field = ''] = coordinate.split('.')
  const type = apiSchema.getType(typeName)
  if (type === undefined || !('getFields' in type)) return undefined
  return type.getFields()[field]?.type.toString()
}

function viewOf(principal: Principal, { supergraph, policies, agreements }: CatalogMeshOptions): CatalogView {
  const decider = policies.accessDecider(supergraph)
  const policyDecider = policies.decider(supergraph)
  return {
    decisionOf: (coordinate) => decisionOf(coordinate, principal, { supergraph, decider }),
    mayKnow: (coordinate) => mayKnow(coordinate, principal, { supergraph, decider }),
    isGone: (coordinate) => !hasPart(supergraph, coordinate),
    needsFor: (coordinate) => explainCoordinate(coordinate, principal, supergraph, policyDecider)?.change ?? '',
    agreementOn: (product) => agreements.list({ product }).findLast((agreement) => concerns(agreement, principal))?.state,
    mayChange: (domain) => policyDecider.mayChange('publish', { domain }, principal) || policyDecider.mayChange('approve', { domain }, principal),
  }
}

/** A field is seen by who may read it and the type that it belongs to; what the graph does not have, by nobody. */
function decisionOf(coordinate: string, principal: Principal, { supergraph, decider }: { readonly supergraph: Supergraph; readonly decider: Decider }): 'clear' | 'masked' | 'denied' {
  const [typeName = ''] = coordinate.split('.')
  if (supergraph.apiSchema.getType(typeName) === undefined) return 'denied'
  const decisions = [typeName, ...(coordinate === typeName ? [] : [coordinate])].filter((one) => decider.concerns(one)).map((one) => decider.decide(one, principal).kind)
  return decisions.includes('deny') ? 'denied' : decisions.includes('mask') ? 'masked' : 'clear'
}

function concerns({ issuer, people, consumer, history }: Agreement, principal: Principal): boolean {
  if (issuer !== undefined && issuer !== principal.issuer) return false
  return people.includes(principal.subject) || history[0]?.actor === principal.subject || (people.length === 0 && consumer === principal.clientId)
}

/** What a domain of the kit answers this caller: numbers about rows or values that it is not shown are left out there. */
async function readPromises(domain: string, principal: Principal, { supergraph, transports, policies }: CatalogMeshOptions): Promise<ReadonlyMap<string, readonly CatalogPromise[]> | undefined> {
  const definition = supergraph.subgraphs.get(domain)
  const transport = transports.get(domain)
  const [product] = definition?.products ?? []
  if (definition === undefined || transport === undefined || product === undefined || !/^ {2}_products: \[ProductInfo!\]/m.test(definition.sdl)) return undefined
  const types = definition.products.flatMap(({ objects }) => objects.map(({ typeName }) => typeName))
  const decider = policies.accessDecider(supergraph)
  const { data, errors } = await transport.send({ operation: promisesOperation(domain), variablesText: '{}' }, {
    principal,
    masks: decider.masksAround?.(types, principal) ?? {},
    rowRestrictions: decider.rowRestrictionsAround?.(types, principal) ?? NO_ROW_RESTRICTIONS,
    accessFingerprint: 'gateway',
    signal: AbortSignal.timeout(PROMISES_TIMEOUT_MS),
  })
  const infos = (data as Readonly<Record<string, { readonly _products: readonly { readonly urn: string; readonly promises: readonly CatalogPromise[] }[] | null } | null>> | null | undefined)?.['products']?._products
  if (infos === undefined || infos === null) throw new GatewayError('SUBGRAPH_ERROR', `the domain "${domain}" does not say how its promises stand`, { details: { subgraph: domain }, cause: errors })
  return new Map(infos.map(({ urn, promises }) => [urn, promises]))
}

function promisesOperation(domain: string): SubgraphOperation {
  const known = operations.get(domain)
  if (known !== undefined) return known
  const operation: SubgraphOperation = {
    kind: 'query', name: 'CatalogPromises',
    text: `query CatalogPromises { products: ${rootFieldOf(domain)} { _products { urn promises { id name description kind target severity state measured unit measuredAt since reason } } } }`,
  }
  operations.set(domain, operation)
  return operation
}

const operations = new Map<string, SubgraphOperation>()
