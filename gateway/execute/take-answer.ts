import { GatewayError } from '@polyseme/kit/errors'
import { translateErrorPath, type EntityFieldText, type EntityMember, type JoinedRequest, type RootWork } from '../plan/index.ts'
import type { EntityError } from './answer-state.ts'
import { reportedError, unavailableError } from './response-errors.ts'
import type { ProgramRun } from './run-program.ts'
import type { SubgraphAnswer, SubgraphError } from './subgraph-transport.ts'

/** Entities of one member that a request asked for. */
export interface AskedEntities {
  readonly member: EntityMember
  /** First value of each representation; undefined where it is not known. */
  readonly keys: readonly unknown[]
  /** Representations, comma-separated. */
  readonly text: string
  readonly field: EntityFieldText
  /** Numbers of these among the member's entities; undefined: they are all of them. */
  readonly indexes: readonly number[] | undefined
  /** Values for variables of its own: members of a JSON object. */
  readonly variablesText: string
}

/** Keeps the answer to root fields, and its errors with the paths that the client knows. */
export function takeRootAnswer(run: Pick<ProgramRun, 'program' | 'state'>, subgraph: string, work: RootWork, answer: SubgraphAnswer): void {
  const { state, program } = run
  state.roots[work.root] = answer.data ?? undefined
  if (answer.errors.length > 0) state.complaining.add(work.unit)
  for (const error of answer.errors) {
    const path = pathOf(error)
    const translated = path === undefined || work.nested ? undefined : translateErrorPath(program.places, program.places.root, (source) => source.unit === work.unit, path)
    state.add(reportedError(subgraph, error, translated))
  }
}

/** Puts entities into their slots after checking that they are the ones asked for; errors go to their entities. */
export function takeEntityAnswer(run: ProgramRun, subgraph: string, request: { readonly asked: readonly AskedEntities[]; readonly joined: JoinedRequest }, answer: SubgraphAnswer): void {
  const { state } = run
  const { asked, joined } = request
  if (answer.errors.length > 0) {
    for (const { member } of asked) for (const unit of member.units) state.complaining.add(unit)
    for (const error of answer.errors) takeError(run, subgraph, request, error)
  }
  const { data } = answer
  if (data === null || data === undefined) return
  asked.forEach(({ member, keys, indexes }, index) => {
    const received = data[joined.parts[index]?.key ?? '']
    const fault = faultOf(received, keys, member.repeatedKey)
    if (fault === undefined) {
      state.results[member.slot] = indexes === undefined ? received as readonly unknown[] : withEntities(state.results[member.slot] ?? [], indexes, received as readonly unknown[])
      return
    }
    for (const unit of member.units) state.troubled.add(unit)
    if (answer.errors.length > 0 && (received === null || received === undefined)) return
    state.fail(subgraph, unavailableError(subgraph, new GatewayError('SUBGRAPH_RESPONSE_INVALID', `the domain "${subgraph}" ${fault}`)))
  })
}

function withEntities(known: readonly unknown[], indexes: readonly number[], received: readonly unknown[]): readonly unknown[] {
  const all = [...known]
  indexes.forEach((index, at) => { all[index] = received[at] })
  return all
}

/** Why entities cannot be the ones that were asked for. */
function faultOf(received: unknown, keys: readonly unknown[], repeatedKey: string | undefined): string | undefined {
  if (!Array.isArray(received)) return 'answered without the entities asked for'
  if (received.length !== keys.length) return 'answered with another number of entities than asked for'
  if (repeatedKey === undefined) return undefined
  for (let index = 0; index < keys.length; index++) {
    const entity: unknown = received[index]
    if (typeof entity !== 'object' || entity === null || keys[index] === undefined) continue
    const key: unknown = (entity as Readonly<Record<string, unknown>>)[repeatedKey]
    // An ID may be sent as a number and come back as text.
    if (key !== undefined && key !== keys[index] && !isSameId(key, keys[index])) return 'answered with other entities than asked for'
  }
  return undefined
}

function isSameId(left: unknown, right: unknown): boolean {
  const isId = (value: unknown): value is string | number => typeof value === 'string' || typeof value === 'number'
  return isId(left) && isId(right) && String(left) === String(right)
}

function takeError(run: ProgramRun, subgraph: string, { asked, joined }: { readonly asked: readonly AskedEntities[]; readonly joined: JoinedRequest }, error: SubgraphError): void {
  const { state } = run
  const [key, entity, ...rest] = pathOf(error) ?? []
  const at = joined.parts.findIndex((part) => part.key === key)
  const member = asked[at]?.member
  if (member === undefined || typeof entity !== 'number') {
    state.add(reportedError(subgraph, error, undefined))
    return
  }
  const bySlot: Map<number, EntityError[]> = state.entityErrors[member.slot] ?? new Map<number, EntityError[]>()
  state.entityErrors[member.slot] = bySlot
  const entry = { subgraph, error, rest, reported: false }
  const number = asked[at]?.indexes?.[entity] ?? entity
  const known = bySlot.get(number)
  if (known === undefined) bySlot.set(number, [entry])
  else known.push(entry)
}

function pathOf(error: SubgraphError): readonly (string | number)[] | undefined {
  const { path } = error
  return Array.isArray(path) && path.every((step) => typeof step === 'string' || typeof step === 'number') ? path : undefined
}
