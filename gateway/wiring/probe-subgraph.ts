import type { Diagnostic } from '@polyseme/kit/errors'
import { createCallSigner, NO_ROW_RESTRICTIONS, type Principal, type SigningKey } from '@polyseme/kit/identity'
import { lookup } from 'node:dns'
import { HttpTransport, type SubgraphAnswer, type SubgraphOperation } from '../execute/index.ts'
import type { SubgraphArtifact } from '../registry/index.ts'

export interface ProbeOptions {
  readonly signingKey: SigningKey
  /** Hosts of subgraphs that may have any address. */
  readonly allowedHosts: readonly string[]
  /** Time for the whole answer; default 3,000. */
  readonly timeoutMs?: number
}

const QUESTION: SubgraphOperation = { text: '{ __typename }', name: undefined, kind: 'query' }
const MAX_ANSWER_BYTES = 64 * 1024

/**
 * Asks at the address of an artefact whether its subgraph answers there, by the way that every later call takes: signed for this
 * subgraph, with no rights at all, no redirect, no address that none may have. A domain may publish before it starts, so what is
 * wrong is a warning.
 */
export function createSubgraphProbe({ signingKey, allowedHosts, timeoutMs = 3_000 }: ProbeOptions): (artifact: SubgraphArtifact) => Promise<readonly Diagnostic[]> {
  const signer = createCallSigner({ privateJwk: signingKey.privateJwk })
  const ask = async ({ subgraph, url }: SubgraphArtifact): Promise<SubgraphAnswer> => {
    const transport = new HttpTransport({
      subgraph, url, timeoutMs, maxResponseBytes: MAX_ANSWER_BYTES, maxConnections: 1, guard: { retries: 0 }, ...(allowedHosts.includes(new URL(url).hostname) ? { lookup } : {}),
      identityFor: async (audience, principal, masks) => await signer.sign(audience, { principal, masks }),
    })
    try {
      return await transport.send({ operation: QUESTION, variablesText: '{}' }, { principal: nobody(), masks: {}, rowRestrictions: NO_ROW_RESTRICTIONS, accessFingerprint: '', signal: AbortSignal.timeout(timeoutMs) })
    } finally {
      await transport.close()
    }
  }
  return async (artifact) => {
    try {
      return judge(artifact.subgraph, await ask(artifact))
    } catch {
      return [warning(`no subgraph answers at the address of "${artifact.subgraph}" now`, 'start it, or publish again with the address where it answers; until then its fields are null with an error')]
    }
  }
}

function judge(subgraph: string, { data, errors }: SubgraphAnswer): readonly Diagnostic[] {
  if (typeof data?.['__typename'] === 'string') return []
  if (errors.some(isRefusal)) return [warning(`what answers at the address of "${subgraph}" does not accept its calls`, `give the address of "${subgraph}" itself, not of another domain, and let it trust this gateway's keys; until then its fields are null with an error`)]
  return [warning(`what answers at the address of "${subgraph}" is no subgraph`, 'give the address where it answers GraphQL; until then its fields are null with an error')]
}

function isRefusal({ extensions }: SubgraphAnswer['errors'][number]): boolean {
  return typeof extensions === 'object' && extensions !== null && 'code' in extensions && extensions.code === 'UNAUTHENTICATED'
}

/** Somebody who may read nothing. */
function nobody(): Principal {
  return { issuer: 'urn:polyseme:gateway', subject: 'registry', scopes: new Set(), roles: [], claims: {}, expiresAtSec: Math.floor(Date.now() / 1_000) + 60 }
}

function warning(what: string, how: string): Diagnostic {
  return { rule: 'subgraph-address', severity: 'warning', what, how }
}
