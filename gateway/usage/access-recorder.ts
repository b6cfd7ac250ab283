import type { Principal } from '@polyseme/kit/identity'
import { print } from 'graphql'
import { documentCoordinates, type AuthorizedOperation } from '../access/index.ts'
import type { ParsedOperation } from '../operation/index.ts'
import type { Supergraph } from '../supergraph/index.ts'
import type { AuditEntry } from './audit-entry.ts'
import type { AuditLog } from './audit-log.ts'
import { countRows } from './count-rows.ts'
import { operationCoordinates } from './operation-coordinates.ts'
import { findProtectedFields } from './protected-fields.ts'
import type { UsageMeter } from './usage-meter.ts'

export interface AccessRecorderOptions {
  readonly audit: AuditLog
  readonly meter: UsageMeter
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: () => number
}

/** An operation that was answered, before its answer is sent. */
export interface AnsweredOperation {
  readonly requestId: string
  /** Way in: `graphql`, … */
  readonly way: string
  readonly principal: Principal
  readonly authorized: AuthorizedOperation
  readonly supergraph: Supergraph
  readonly data: unknown
  readonly failed: boolean
  readonly durationMs: number
}

/** What of an operation does not depend on the call. */
interface OperationFacts {
  readonly name: string
  readonly fields: Readonly<Record<string, string>>
  readonly products: readonly string[]
}

/** Remembers accesses: every one in the counts, those to protected data in the audit log. */
export class AccessRecorder {
  readonly #options: AccessRecorderOptions
  readonly #facts = new WeakMap<ParsedOperation['operation'], OperationFacts>()

  constructor(options: AccessRecorderOptions) {
    this.#options = options
  }

  /**
   * Records an answer; it may be sent when this resolves. An operation that names no field above `internal` and of which
   * nothing was denied is only counted, and never waits for the disk.
   *
   * @throws AUDIT_UNAVAILABLE the answer must not be sent (X04)
   */
  async record(answered: AnsweredOperation): Promise<void> {
    const { authorized, principal, supergraph, failed, durationMs } = answered
    const { original } = authorized
    const named = operationCoordinates(original, supergraph.apiSchema)
    const facts = this.#factsOf(original, named, supergraph)
    this.#options.meter.record({
      consumer: principal.clientId ?? principal.subject,
      operationHash: original.hash,
      operationName: facts.name,
      coordinates: named,
      rows: countRows(answered.data, 'outermost'),
      failed,
      durationMs,
    })
    if (Object.keys(facts.fields).length === 0 && authorized.denied.length === 0) return
    await this.#options.audit.append(this.#entryOf(answered, facts))
  }

  #factsOf(original: ParsedOperation, named: ReadonlySet<string>, supergraph: Supergraph): OperationFacts {
    let facts = this.#facts.get(original.operation)
    if (facts === undefined) {
      // Fields of interfaces are named by the interface; those who implement it are what is classified.
      facts = { name: nameOf(original), ...findProtectedFields(named.union(new Set(documentCoordinates(original.document, supergraph))), supergraph) }
      this.#facts.set(original.operation, facts)
    }
    // Variables may filter by other fields in each call.
    const inThisCall = findProtectedFields(named, supergraph)
    const { name, fields, products } = facts
    if (Object.keys(inThisCall.fields).every((field) => Object.hasOwn(fields, field))) return facts
    return { name, fields: { ...fields, ...inThisCall.fields }, products: [...new Set([...products, ...inThisCall.products])].sort() }
  }

  #entryOf({ requestId, way, principal, authorized, failed, data }: AnsweredOperation, { fields, products }: OperationFacts): AuditEntry {
    const { issuer, subject, clientId, tokenId, purpose } = principal
    const denied = [...new Set(authorized.denied.map(({ coordinate }) => coordinate))].sort()
    const { name } = authorized.original.operation
    return {
      at: new Date((this.#options.clock ?? Date.now)()).toISOString(),
      requestId,
      way,
      issuer,
      subject,
      ...(clientId === undefined ? {} : { clientId }),
      ...(tokenId === undefined ? {} : { tokenId }),
      ...(purpose === undefined ? {} : { purpose }),
      operation: authorized.original.hash,
      ...(name === undefined ? {} : { operationName: name.value }),
      products,
      fields,
      masked: Object.keys(fields).filter((coordinate) => Object.hasOwn(authorized.masks, coordinate) && !denied.includes(coordinate)),
      denied,
      outcome: authorized.operation === undefined ? 'refused' : failed ? 'partial' : 'answered',
      rows: countRows(data, 'all'),
    }
  }
}

const MAX_NAME_LENGTH = 60

function nameOf({ operation }: ParsedOperation): string {
  return operation.name?.value ?? print(operation).replaceAll(/\s+/g, ' ').slice(0, MAX_NAME_LENGTH)
}
