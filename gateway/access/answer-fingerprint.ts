import { hash } from 'node:crypto'
import type { DataProduct, RowFilter } from '@polyseme/kit/contract'
import type { Principal } from '@polyseme/kit/identity'
import type { Supergraph } from '../supergraph/index.ts'
import type { AuthorizedOperation } from './authorized-operation.ts'
import { documentCoordinates } from './document-coordinates.ts'

/**
 * Who may be given an answer that was made for this caller, for whoever keeps answers: callers with the same fingerprint, for the
 * same document and variables, over the same data.
 *
 * `caller` tells apart everything that a subgraph is told of a caller. `shared` is for answers made of contracts only, whose owner
 * says that callers with equal rights get equal ones: it tells apart decisions, masks, hash keys, and the claims and scopes that row
 * filters go by. Where a part of the document belongs to a subgraph without contracts (the crosswalk, a foreign one, the gateway's
 * own about access) or is introspection, `shared` is `caller`.
 */
export function answerFingerprint(authorized: AuthorizedOperation, principal: Principal, { supergraph, scope }: { readonly supergraph: Supergraph; readonly scope: 'caller' | 'shared' }): string {
  const whose = scope === 'shared' && isOfContractsOnly(authorized, supergraph) ? rightsOf(authorized, principal, supergraph) : identityOf(principal)
  return hash('sha256', JSON.stringify([authorized.accessFingerprint, whose]), 'base64url')
}

/** All that a signed call says of a caller, but for what changes with each token. */
function identityOf({ issuer, subject, clientId, scopes, roles, claims, purpose }: Principal): unknown {
  return ['caller', issuer, subject, clientId, [...scopes].sort(), [...roles].sort(), claims, purpose]
}

function rightsOf({ masks, rowRestrictions }: AuthorizedOperation, principal: Principal, supergraph: Supergraph): unknown {
  const claimOf = (name: string): unknown => (Object.hasOwn(principal.claims, name) ? principal.claims[name] : undefined)
  const ofContracts = rowFiltersOf(supergraph).map(({ claim, unlessScopes }) => (unlessScopes.some((scope) => principal.scopes.has(scope)) ? 'all' : [claim, claimOf(claim)]))
  const ofPolicies = Object.values(rowRestrictions).flatMap((restrictions) => restrictions.flatMap(({ anyOf }) => anyOf.map(({ claim }) => [claim, claimOf(claim)])))
  // Hashes are equal for one consumer only.
  const consumer = Object.values(masks).some(({ kind }) => kind === 'hash') ? [principal.issuer, principal.clientId ?? ['subject', principal.subject]] : null
  return ['shared', ofContracts, ofPolicies, consumer]
}

// Rather all row filters of the graph than those of the document: a plan may pass through a type that it does not show.
const rowFilters = new WeakMap<Supergraph, readonly RowFilter[]>()

function rowFiltersOf(supergraph: Supergraph): readonly RowFilter[] {
  let filters = rowFilters.get(supergraph)
  if (filters === undefined) {
    const products: readonly DataProduct[] = [...supergraph.subgraphs.values()].flatMap((subgraph) => subgraph.products)
    rowFilters.set(supergraph, (filters = products.flatMap(({ objects }) => objects.flatMap((object) => object.rowFilters))))
  }
  return filters
}

const ofContractsOnly = new WeakMap<object, WeakMap<Supergraph, boolean>>()

function isOfContractsOnly({ original }: AuthorizedOperation, supergraph: Supergraph): boolean {
  let byGraph = ofContractsOnly.get(original.operation)
  if (byGraph === undefined) ofContractsOnly.set(original.operation, (byGraph = new WeakMap()))
  let known = byGraph.get(supergraph)
  if (known === undefined) {
    const builtOfContracts = (subgraph: string): boolean => {
      const definition = supergraph.subgraphs.get(subgraph)
      return definition !== undefined && definition.products.length > 0 && definition.foreignNames === undefined
    }
    const fields = documentCoordinates(original.document, supergraph).filter((coordinate) => coordinate.includes('.'))
    const introspects = original.document.definitions.some((definition) => /"value":"__(?:schema|type)"/.test(JSON.stringify(definition)))
    known = !introspects && fields.length > 0 && fields.every((field) => supergraph.owners.get(field)?.every(builtOfContracts) === true)
    byGraph.set(supergraph, known)
  }
  return known
}
