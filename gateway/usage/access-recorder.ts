import type { Principal } from '@polyseme/kit/identity'
import { print } from 'graphql'
import { documentCoordinates, type AuthorizedOperation } from '../access/index.ts'
import type { ParsedOperation } from '../operation/index.ts'
import type { Supergraph } from '../supergraph/index.ts'
import { answerKeys } from './answer-keys.ts'
import type { AuditEntry } from './audit-entry.ts'
import type { AuditSink } from './audit-log.ts'
import { countRows, countRowsAt } from './count-rows.ts'
import { coordinatesInDocument, operationCoordinates } from './operation-coordinates.ts'
import { findProtectedFields } from './protected-fields.ts'
import type { UsageMeter } from './usage-meter.ts'

export interface AccessRecorderOptions {
  readonly audit: AuditSink
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
  /** Whose rows are counted, unless they are known. */
  readonly data?: unknown
  /** By `countRows`, of an answer that was counted before. */
  readonly rows?: { readonly outermost: number; readonly all: number }
  readonly failed: boolean
  /** Nothing of it was answered, because something of it is denied. */
  readonly refused?: true
  readonly durationMs: number
}

/** An operation whose answer is sent while it is made, before anything of it is sent. */
export type BegunOperation = Pick<AnsweredOperation, 'requestId' | 'way' | 'principal' | 'authorized' | 'supergraph'>

/** The record of an answer that is under way. */
export interface AccessRecording {
  /**
   * Records how it ended, once; the end of the answer may be sent when this resolves.
   *
   * @throws AUDIT_UNAVAILABLE the answer must not look complete
   */
  end(ended: { readonly outcome: 'answered' | 'partial' | 'interrupted'; /** As counted by `all`. */ readonly rows: number; readonly durationMs: number }): Promise<void>
}

/** What of an operation does not depend on the call. */
interface OperationFacts {
  readonly name: string
  readonly fields: Readonly<Record<string, string>>
  readonly products: readonly string[]
  /** All that the document names or can show, types among it. */
  readonly coordinates: ReadonlySet<string>
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
  record(answered: AnsweredOperation): Promise<void> {
    const { authorized, supergraph, failed, durationMs } = answered
    const named = operationCoordinates(authorized.original, supergraph.apiSchema)
    const facts = this.#factsOf(authorized.original, named, supergraph)
    this.#count(answered, { named, facts, rows: answered.rows?.outermost ?? countRows(answered.data, 'outermost'), failed, durationMs })
    if (Object.keys(facts.fields).length === 0 && authorized.denied.length === 0) return Promise.resolve()
    const outcome = answered.refused === true || authorized.operation === undefined ? 'refused' : failed ? 'partial' : 'answered'
    return this.#options.audit.append(this.#entryOf(answered, facts, { outcome, rows: answered.rows?.all ?? countRowsAt(answered.data, answerKeys(authorized.original)) }))
  }

  /**
   * Records the begin of an answer that is sent while it is made; it may be sent when this resolves, and its end is to be
   * told. What `record` would only count has no entries, unless `always`.
   *
   * @throws AUDIT_UNAVAILABLE the answer must not be sent (X04)
   */
  async begin(begun: BegunOperation, { always }: { readonly always: boolean }): Promise<AccessRecording> {
    const { authorized, supergraph } = begun
    const named = operationCoordinates(authorized.original, supergraph.apiSchema)
    const facts = this.#factsOf(authorized.original, named, supergraph)
    const isAudited = always || Object.keys(facts.fields).length > 0 || authorized.denied.length > 0
    if (isAudited) await this.#options.audit.append(this.#entryOf(begun, facts, { outcome: 'started' }))
    return {
      end: async ({ outcome, rows, durationMs }) => {
        this.#count(begun, { named, facts, rows, failed: outcome !== 'answered', durationMs })
        if (isAudited) await this.#options.audit.append(this.#entryOf(begun, facts, { outcome, rows }))
      },
    }
  }

  #count({ principal, authorized }: BegunOperation, call: { readonly named: ReadonlySet<string>; readonly facts: OperationFacts; readonly rows: number; readonly failed: boolean; readonly durationMs: number }): void {
    const { named, facts, rows, failed, durationMs } = call
    this.#options.meter.record({
      consumer: principal.clientId ?? principal.subject,
      operationHash: authorized.original.hash,
      operationName: facts.name,
      coordinates: named,
      rows,
      failed,
      durationMs,
    })
  }

  #factsOf(original: ParsedOperation, named: ReadonlySet<string>, supergraph: Supergraph): OperationFacts {
    const inDocument = coordinatesInDocument(original, supergraph.apiSchema)
    let facts = this.#facts.get(original.operation)
    if (facts === undefined) {
      // Fields of interfaces are named by the interface; those who implement it are what is classified.
      const coordinates = inDocument.union(new Set(documentCoordinates(original.document, supergraph)))
      facts = { name: nameOf(original), coordinates, ...findProtectedFields(coordinates, supergraph) }
      this.#facts.set(original.operation, facts)
    }
    // Variables may filter by other fields in each call.
    if (named === inDocument) return facts
    const inThisCall = findProtectedFields(named.difference(inDocument), supergraph)
    const { fields, products } = facts
    if (Object.keys(inThisCall.fields).every((field) => Object.hasOwn(fields, field))) return facts
    return { ...facts, fields: { ...fields, ...inThisCall.fields }, products: [...new Set([...products, ...inThisCall.products])].sort() }
  }

  #entryOf({ requestId, way, principal, authorized }: BegunOperation, { fields, products, coordinates }: OperationFacts, ended: Pick<AuditEntry, 'outcome' | 'rows'>): AuditEntry {
    const { issuer, subject, clientId, tokenId, purpose } = principal
    const denied = [...new Set(authorized.denied.map(({ coordinate }) => coordinate))].sort()
    const { name } = authorized.original.operation
    const rowsLeftOut = Object.keys(authorized.rowRestrictions).filter((type) => coordinates.has(type)).sort()
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
      ...(rowsLeftOut.length === 0 ? {} : { rowsLeftOut }),
      ...ended,
    }
  }
}

const MAX_NAME_LENGTH = 60

function nameOf({ operation }: ParsedOperation): string {
  return operation.name?.value ?? print(operation).replaceAll(/\s+/g, ' ').slice(0, MAX_NAME_LENGTH)
}
