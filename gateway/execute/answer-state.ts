import type { CompiledPlan, LeafKind, Program, RunState } from '../plan/index.ts'
import { guardHolds, translateErrorPath } from '../plan/index.ts'
import type { ResponseError } from './outcome.ts'
import { invalidValueError, reportedError } from './response-errors.ts'
import type { SubgraphError } from './subgraph-transport.ts'

type Path = readonly (string | number)[]

/** An error that a subgraph reported for an entity; `rest` is its path within the entity, as the subgraph names it. */
export interface EntityError {
  readonly subgraph: string
  readonly error: SubgraphError
  readonly rest: Path
  reported: boolean
}

const MAX_SCALAR_DEPTH = 200

/** What one operation has so far, and every error on the way. Generated code reads the answers from here. */
export class AnswerState implements RunState {
  readonly roots: (Readonly<Record<string, unknown>> | undefined)[]
  readonly results: (readonly unknown[])[]
  readonly indices: number[] = []
  rows = 0
  readonly guards: readonly boolean[]
  readonly entityErrors: (Map<number, EntityError[]> | undefined)[]
  /** Fetches that failed: what is missing because of them needs no further error. */
  readonly troubled = new Set<number>()
  /** Fetches that reported errors, of which each may explain some of what is missing. */
  readonly complaining = new Set<number>()
  /** Errors of what is missing where a fetch complained: they count where no reported error explains the same null. */
  readonly unexplained: ResponseError[] = []
  /** One error for each subgraph that gave nothing. */
  readonly failures = new Map<string, ResponseError>()
  readonly #program: Program
  readonly #variables: Readonly<Record<string, unknown>>
  readonly #introspect: (key: string) => unknown
  readonly #errors: ResponseError[] = []
  readonly #maxErrors: number
  #dropped = 0

  constructor(plan: CompiledPlan, options: { readonly variables: Readonly<Record<string, unknown>>; readonly introspect: (key: string) => unknown; readonly maxErrors: number }) {
    const { program } = plan
    this.#program = program
    this.#introspect = options.introspect
    this.#variables = options.variables
    this.#maxErrors = options.maxErrors
    this.roots = Array.from({ length: program.rootCount }, () => undefined)
    this.results = Array.from({ length: program.slotCount }, () => NOTHING)
    this.entityErrors = Array.from({ length: program.slotCount }, () => undefined)
    this.guards = program.guards.map((guard) => guardHolds(guard, options.variables))
  }

  /** All errors, failures of whole subgraphs first. */
  errors(): readonly ResponseError[] {
    for (const bySlot of this.entityErrors) {
      for (const errors of bySlot?.values() ?? []) {
        for (const { subgraph, error, reported } of errors) if (!reported) this.add(reportedError(subgraph, error, undefined))
      }
    }
    const errors = [...this.failures.values(), ...this.#errors]
    if (this.#dropped > 0) errors.push({ message: `${this.#dropped} further errors are left out`, extensions: { code: 'SUBGRAPH_ERROR' } })
    return errors
  }

  add(error: ResponseError): void {
    if (this.#errors.length < this.#maxErrors) this.#errors.push(error)
    else this.#dropped++
  }

  fail(subgraph: string, error: ResponseError): void {
    if (!this.failures.has(subgraph)) this.failures.set(subgraph, error)
  }

  missing(index: number): void {
    const site = this.#program.sites[index]
    if (site === undefined || this.#isCausedBy(this.troubled, index)) return
    const message = `Cannot return null for non-nullable field ${site.coordinate}.`
    if (!this.#isCausedBy(this.complaining, index)) this.#report(index, message)
    else if (this.unexplained.length < this.#maxErrors) this.unexplained.push(this.#invalid(index, message))
  }

  wrongShape(site: number): null {
    return this.#report(site, 'the value is not of the kind that the schema promises')
  }

  wrongType(site: number, type: unknown): null {
    const unknown = typeof type !== 'string' || this.#program.types.isAbstract(type)
    // Whoever could have told the type has failed, and that was reported.
    if (unknown && (this.#isCausedBy(this.troubled, site) || this.#isCausedBy(this.complaining, site))) return null
    return this.#report(site, unknown ? 'the type of an object could not be found out' : 'the type of an object is not one that the schema allows here')
  }

  leaf(value: unknown, kind: LeafKind, site: number): unknown {
    if (kind === 'ID' && Number.isSafeInteger(value)) return String(value)
    if (kind === 'scalar' && depthWithin(value, MAX_SCALAR_DEPTH)) return value
    return this.#report(site, kind === 'scalar' ? 'the value is nested too deeply' : `the value is not a valid ${kind === 'enum' ? 'value of the enum' : kind}`)
  }

  reportEntity(slot: number, entity: number, index: number): void {
    const site = this.#program.sites[index]
    if (site === undefined) return
    for (const error of this.entityErrors[slot]?.get(entity) ?? []) {
      const rest = translateErrorPath(this.#program.places, site.position, (source) => source.slot?.index === slot, error.rest)
      // About something that the client does not see: said once, without a place, with what nobody met.
      if (rest === undefined) continue
      error.reported = true
      this.add(reportedError(error.subgraph, error.error, [...this.#pathOf(site.path), ...rest]))
    }
  }

  isOff(unit: number): boolean {
    return this.#program.conditions[unit]?.some(({ variable, value }) => (this.#variables[variable] === true) !== value) ?? false
  }

  introspection(key: string): unknown {
    return this.#introspect(key)
  }

  #report(index: number, message: string): null {
    this.add(this.#invalid(index, message))
    return null
  }

  #invalid(index: number, message: string): ResponseError {
    const site = this.#program.sites[index]
    const [unit] = site?.units ?? []
    return invalidValueError(message, this.#pathOf(site?.path ?? []), unit === undefined ? undefined : this.#program.subgraphs[unit])
  }

  #pathOf(path: readonly (string | null)[]): Path {
    let depth = 0
    return path.map((step) => step ?? this.indices[depth++] ?? 0)
  }

  #isCausedBy(fetches: ReadonlySet<number>, site: number): boolean {
    if (fetches.size === 0) return false
    return this.#program.sites[site]?.units.some((unit) => [...this.#program.causes[unit] ?? []].some((cause) => fetches.has(cause))) ?? false
  }
}

const NOTHING: readonly unknown[] = []

function depthWithin(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return depth > 0 && Object.values(value).every((member) => depthWithin(member, depth - 1))
}
