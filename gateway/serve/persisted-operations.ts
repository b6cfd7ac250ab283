import { GatewayError } from '@polyseme/kit/errors'
import type { Principal } from '@polyseme/kit/identity'
import { hashOfText, WeightedCache, type SafeList } from '../operation/index.ts'
import type { AskedOperation, GraphqlRequest } from './graphql-request.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'

export interface PersistedOperationsOptions {
  /** `audit` runs operations that are not registered and says so; `enforce` refuses them. Default `off`. */
  readonly mode?: 'off' | 'audit' | 'enforce'
  /** The registered operations in force now; default none. */
  readonly safeList?: () => SafeList | undefined
  /** Who has any of these scopes may run anything: people who explore. Default none. */
  readonly exemptScopes?: readonly string[]
  /** Whether clients may name a document that they sent before by its hash (Apollo's protocol). Default true. */
  readonly automatic?: boolean
  readonly metrics: Metrics
  readonly log: Log
}

/** Who runs something, for the log. */
export interface OperationCaller {
  readonly principal: Principal
  readonly requestId: string
}

/** Documents that are remembered at most, and their characters together (G36). */
const MAX_DOCUMENTS = 2_000
const MAX_CHARACTERS = 4_000_000
/** Operations that are named in the log once, and again when this many others came. */
const MAX_NAMED = 1_000

/**
 * What a client names instead of sending it (automatic persisted queries, registered ids), and the safe list: which documents
 * may run at all. Only the text comes from here; limits, access and cost are judged anew for each request (G35).
 */
export class PersistedOperations {
  readonly #options: PersistedOperationsOptions
  readonly #documents = new WeightedCache<string, string>(MAX_DOCUMENTS, MAX_CHARACTERS)
  readonly #named = new WeightedCache<string, true>(MAX_NAMED)

  constructor(options: PersistedOperationsOptions) {
    this.#options = options
  }

  /**
   * The whole request.
   *
   * @throws PERSISTED_QUERY_NOT_FOUND, PERSISTED_QUERY_NOT_SUPPORTED, OPERATION_NOT_REGISTERED
   * @throws BAD_REQUEST the hash is not that of the document
   */
  resolve(asked: AskedOperation, caller: OperationCaller): GraphqlRequest {
    const { variables, operationName, mutationAllowed } = asked
    const query = this.#textOf(asked, caller)
    this.assertRegistered(query, caller)
    return { query, variables, operationName, mutationAllowed }
  }

  /** Keeps a document that was sent with its hash and was answered: what is not GraphQL takes no place. */
  remember({ hash, query }: AskedOperation): void {
    if (this.#options.automatic === false || hash === undefined || query === undefined) return
    this.#documents.set(hash, query, query.length)
  }

  /** @throws OPERATION_NOT_REGISTERED */
  assertRegistered(text: string, { principal, requestId }: OperationCaller): void {
    const { mode = 'off', safeList, metrics, log } = this.#options
    if (mode === 'off' || safeList?.()?.isRegistered(text) === true || this.#isExempt(principal)) return
    metrics.count('polyseme_operations_unregistered_total', 'Operations that no client registered.', { mode })
    const hash = hashOfText(text)
    if (this.#named.get(hash) === undefined) {
      this.#named.set(hash, true)
      log.warn('an operation that is not registered', { requestId, hash, consumer: principal.clientId ?? principal.subject, mode })
    }
    if (mode === 'enforce') throw notRegistered()
  }

  #textOf({ query, hash, documentId }: AskedOperation, { principal }: OperationCaller): string {
    const { mode = 'off', safeList, automatic = true } = this.#options
    if (documentId !== undefined) {
      const found = safeList?.()?.find(documentId)
      if (found === undefined) throw new GatewayError('OPERATION_NOT_REGISTERED', 'no registered operation has this `documentId`')
      return found
    }
    if (hash === undefined) return query ?? ''
    if (query !== undefined) {
      if (hashOfText(query) !== hash) throw new GatewayError('BAD_REQUEST', 'provided sha does not match query: `sha256Hash` is not the hash of `query`')
      return query
    }
    const found = safeList?.()?.find(hash) ?? this.#documents.get(hash)
    if (found !== undefined) return found
    // To send the whole document would not help.
    if (mode === 'enforce' && !this.#isExempt(principal)) throw notRegistered()
    // The words by which clients know that they have to send it, or never to try again.
    throw automatic ? new GatewayError('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound') : new GatewayError('PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported')
  }

  #isExempt({ scopes }: Principal): boolean {
    return this.#options.exemptScopes?.some((scope) => scopes.has(scope)) === true
  }
}

function notRegistered(): GatewayError {
  return new GatewayError('OPERATION_NOT_REGISTERED', 'this graph runs registered operations only, and this one is not among them')
}
