import { buildSubgraphSchema } from '@apollo/subgraph'
import { GatewayError } from '@polyseme/kit/errors'
import type { Principal } from '@polyseme/kit/identity'
import { GraphQLError, parse, type GraphQLSchema } from 'graphql'
import type { Supergraph } from '../../supergraph/index.ts'
import { personOf, type Agreement, type AgreementRequest, type AgreementState, type AgreementStore } from '../agreements/index.ts'
import { explainCoordinate, type AccessExplanation } from '../explain/index.ts'
import type { PolicyDecider } from '../policies/index.ts'
import type { PersonalToken, PersonalTokenStore } from '../tokens/index.ts'
import { ACCESS_SDL } from './access-sdl.ts'

export interface AccessSubgraphOptions {
  readonly agreements: AgreementStore
  readonly tokens: PersonalTokenStore
  /** The graph that this subgraph is part of, and the policies in force for it. */
  readonly current: () => { readonly supergraph: Supergraph; readonly policies: PolicyDecider }
}

/** Context of its resolvers; the gateway's in-process transport gives more. */
export interface AccessContext {
  readonly principal: Principal
}

type Resolver<Arguments> = (source: unknown, args: Arguments, context: AccessContext) => unknown

const MAX_COORDINATES = 200

/** The schema of the gateway's own subgraph about access, to be executed in this process. */
export function createAccessSubgraph(options: AccessSubgraphOptions): GraphQLSchema {
  const { agreements, tokens } = options
  const resolvers = {
    Query: { access: resolve(() => ({})) },
    AccessQuery: {
      caller: resolve((_, __, { principal }) => describeCaller(principal)),
      explain: resolve<{ coordinates: readonly string[] }>((_, { coordinates }, { principal }) => explain(coordinates, principal, options)),
      agreements: resolve<{ product?: string | null; state?: AgreementState | null }>((_, { product, state }, { principal }) =>
        agreements
          .list(typeof product === 'string' ? { product } : {})
          .filter((agreement) => (state ?? agreement.state) === agreement.state && mayLookAt(agreement, principal, options))
          .map((agreement) => describeAgreement(agreement, agreements)),
      ),
      tokens: resolve((_, __, { principal }) => tokens.list(principal)),
    },
    Mutation: {
      requestAccess: resolve<{ request: Omit<AgreementRequest, 'people'> & { people?: readonly string[] | null } }>((_, { request }, { principal }) =>
        describeAgreement(agreements.request({ ...request, people: request.people ?? [principal.subject], issuer: principal.issuer }, personOf(principal)), agreements),
      ),
      approveAccess: decision('approved', options),
      rejectAccess: decision('rejected', options),
      revokeAccess: decision('revoked', options),
      createAccessToken: resolve<{ name: string; scopes: readonly string[]; days: number }>((_, request, { principal }) => tokens.create(principal, request)),
      revokeAccessToken: resolve<{ id: string }>((_, { id }, { principal }) => revokeToken(id, principal, tokens)),
    },
  }
  return buildSubgraphSchema([{ typeDefs: parse(ACCESS_SDL), resolvers }])
}

/** What went wrong for the caller, as GraphQL says it; the transport takes the code from `extensions`. */
function resolve<Arguments = Record<string, never>>(resolver: Resolver<Arguments>): Resolver<Arguments> {
  return (source, args, context) => {
    try {
      return resolver(source, args, context)
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      throw new GraphQLError(error.clientMessage, { extensions: { code: error.code }, originalError: error })
    }
  }
}

function decision(step: 'approved' | 'rejected' | 'revoked', options: AccessSubgraphOptions): Resolver<{ id: string; reason?: string | null }> {
  const { agreements, current } = options
  return resolve((_, { id, reason }, { principal }) => {
    const agreement = agreements.get(id)
    // Who may not look at it is told what somebody is told who made the id up.
    if (!mayLookAt(agreement, principal, options)) throw new GatewayError('NOT_FOUND', `There is no agreement ${id}.`)
    const mayApprove = current().policies.mayChange('approve', { domain: domainOf(agreement), product: agreement.product }, principal)
    return describeAgreement(agreements.decide(id, step, { actor: personOf(principal), mayApprove, ...(typeof reason === 'string' ? { reason } : {}) }), agreements)
  })
}

/** An agreement is the business of who asked, who may use it, and who decides about it. */
function mayLookAt(agreement: Agreement, principal: Principal, { agreements, current }: AccessSubgraphOptions): boolean {
  const { subject, issuer, clientId } = principal
  const person = personOf(principal)
  if (agreements.owns(person, agreement.product) || agreements.asked(person, agreement)) return true
  if (current().policies.mayChange('approve', { domain: domainOf(agreement), product: agreement.product }, principal)) return true
  if (agreement.issuer !== issuer) return false
  return agreement.people.includes(subject) || (agreement.people.length === 0 && clientId === agreement.consumer)
}

function domainOf({ product }: Agreement): string {
  return product.split('/')[0] ?? ''
}

function describeAgreement(agreement: Agreement, agreements: AgreementStore): Agreement & { readonly owners: readonly string[] } {
  return { ...agreement, owners: agreements.ownersOf(agreement.product) }
}

function describeCaller({ issuer, subject, clientId, scopes, roles, purpose }: Principal): Record<string, unknown> {
  return { issuer, subject, client: clientId ?? null, scopes: [...scopes].sort(), roles, purpose: purpose ?? null }
}

function explain(coordinates: readonly string[], principal: Principal, { current }: AccessSubgraphOptions): readonly AccessExplanation[] {
  if (coordinates.length > MAX_COORDINATES) throw new GatewayError('BAD_USER_INPUT', `At most ${MAX_COORDINATES} coordinates are explained at once.`)
  const { supergraph, policies } = current()
  return [...new Set(coordinates)].flatMap((coordinate) => explainCoordinate(coordinate, principal, supergraph, policies) ?? [])
}

function revokeToken(id: string, owner: Principal, tokens: PersonalTokenStore): PersonalToken | undefined {
  tokens.revoke(id, owner)
  return tokens.list(owner).find((token) => token.id === id)
}
