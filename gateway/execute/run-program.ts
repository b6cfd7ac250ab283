import { GatewayError } from '@polyseme/kit/errors'
import { joinEntityFields, withSuffixedVariables, type EntityMember, type EntityWork, type JoinedRequest, type Program, type ProgramRequest, type RepresentationCollector, type RequestText, type RootWork } from '../plan/index.ts'
import type { AnswerState } from './answer-state.ts'
import { isLarge, type LargeAnswer, type LargeWanted } from './large/large-answer.ts'
import { takeEntityAnswer, takeRootAnswer, type AskedEntities } from './take-answer.ts'
import type { SubgraphCall } from './outcome.ts'
import { unavailableError } from './response-errors.ts'
import type { SubgraphAnswer, SubgraphCallContext, SubgraphTransport } from './subgraph-transport.ts'

/** What running a program needs beside the program. */
export interface ProgramRun {
  readonly program: Program
  readonly state: AnswerState
  readonly variables: Readonly<Record<string, unknown>>
  readonly transports: ReadonlyMap<string, SubgraphTransport>
  readonly call: SubgraphCallContext
  readonly calls: SubgraphCall[]
  /** Takes the answer to root fields while it comes, when it is large; absent: every answer is awaited. */
  readonly large?: { readonly wanted: LargeWanted; readonly take: (taken: TakenLarge) => void }
}

/** A large answer, and which request it answers. */
export interface TakenLarge {
  readonly answer: LargeAnswer
  readonly subgraph: string
  readonly work: RootWork
}

/** Sends each request as soon as those it waits for are answered; settles when all are. Never rejects for a subgraph's fault. */
export async function runProgram(run: ProgramRun): Promise<void> {
  const { requests } = run.program
  const waiting = requests.map((request) => request.waitsFor)
  const start = async (request: ProgramRequest): Promise<void> => {
    await runRequest(run, request)
    const ready: ProgramRequest[] = []
    for (const index of request.next) {
      const left = (waiting[index] ?? 0) - 1
      waiting[index] = left
      const next = requests[index]
      if (left === 0 && next !== undefined) ready.push(next)
    }
    await startAll(ready)
  }
  const startAll = async (ready: readonly ProgramRequest[]): Promise<void> => {
    const [only] = ready
    if (only === undefined) return
    await (ready.length === 1 ? start(only) : Promise.all(ready.map(start)))
  }
  await startAll(requests.filter((request) => request.waitsFor === 0))
}

function runRequest(run: ProgramRun, request: ProgramRequest): Promise<void> {
  return request.work.kind === 'root' ? fetchRoot(run, request.subgraph, request.work) : fetchEntities(run, request, request.work)
}

async function fetchRoot(run: ProgramRun, subgraph: string, work: RootWork): Promise<void> {
  if (!holds(run, work.when)) return
  const answer = await send(run, subgraph, { operation: work.operation, variablesText: `{${variablesText(run, work.variables)}}`, units: [work.unit], entities: 0 })
  if (answer === undefined) return
  if (isLarge(answer)) run.large?.take({ answer, subgraph, work })
  else takeRootAnswer(run, subgraph, work, answer)
}

async function fetchEntities(run: ProgramRun, request: ProgramRequest, work: EntityWork): Promise<void> {
  const asked: AskedEntities[] = []
  let entities = 0
  let mask = ''
  for (const member of work.members) {
    if (!holds(run, member.when)) continue
    const collector = new Representations()
    member.gather(run.state, collector)
    if (collector.texts.length === 0) continue
    entities += collector.texts.length
    if (member.contextVariables.length > 0) {
      const groups = collector.inContext(member)
      asked.push(...groups)
      mask += `${member.slot}x${groups.length} `
      continue
    }
    mask += `${member.slot} `
    asked.push({ member, keys: collector.firsts, text: collector.texts.join(','), field: member.field, indexes: undefined, variablesText: '' })
  }
  if (asked.length === 0) return
  const joined = joinedRequest(work, mask, asked)
  let text = variablesText(run, joined.variables)
  asked.forEach(({ text: representations, variablesText: own }, index) => {
    text = `"${joined.parts[index]?.variable ?? ''}":[${representations}]${own === '' ? '' : `,${own}`}${text === '' ? '' : `,${text}`}`
  })
  const answer = await send(run, request.subgraph, {
    operation: joined.operation,
    variablesText: `{${text}}`,
    units: asked.flatMap(({ member }) => member.units),
    entities,
  })
  if (answer !== undefined && !isLarge(answer)) takeEntityAnswer(run, request.subgraph, { asked, joined }, answer)
}

class Representations implements RepresentationCollector {
  readonly texts: string[] = []
  readonly first = new Map<unknown, number>()
  readonly next: (number | undefined)[] = []
  readonly values: unknown[] = []
  /** First values, by number. */
  readonly firsts: unknown[] = []

  /** Apart from `first`: a caller's value must not pass for another representation's text. */
  readonly #byText = new Map<string, number>()

  add(text: string): number {
    let index = this.#byText.get(text)
    if (index === undefined) {
      index = this.texts.push(text) - 1
      this.next.push(undefined)
      this.firsts.push(undefined)
      this.#byText.set(text, index)
    }
    return index
  }

  readonly #contexts: (readonly string[])[] = []

  addInContext(text: string, ...values: readonly string[]): number {
    const known = this.texts.length
    const index = this.add(`${text}\n${values.join('\n')}`)
    if (index === known) {
      this.texts[index] = text
      this.#contexts[index] = values
    }
    return index
  }

  /** One part of a request for each set of values that entities take from their ancestors. */
  inContext(member: EntityMember): readonly AskedEntities[] {
    const groups = Map.groupBy(this.texts.keys(), (index) => this.#contexts[index]?.join('\n') ?? '')
    return [...groups.values()].map((indexes, group): AskedEntities => {
      const suffix = `_${member.slot}_${group}`
      const values = this.#contexts[indexes[0] ?? 0] ?? []
      return {
        member,
        keys: indexes.map(() => undefined),
        text: indexes.map((index) => this.texts[index] ?? '').join(','),
        field: withSuffixedVariables(member.field, member.contextVariables, suffix),
        indexes,
        variablesText: member.contextVariables.map((name, at) => `"${name}${suffix}":${values[at] ?? 'null'}`).join(','),
      }
    })
  }

  insert(first: unknown, text: string, ...others: readonly unknown[]): number {
    const index = this.texts.push(text) - 1
    this.next.push(this.first.get(first))
    this.first.set(first, index)
    this.firsts.push(first)
    this.values.push(...others)
    return index
  }
}

const joinedRequests = new WeakMap<EntityWork, Map<string, JoinedRequest>>()

/** The request for those members that have entities this time; kept, since the same ones recur. */
function joinedRequest(work: EntityWork, mask: string, asked: readonly AskedEntities[]): JoinedRequest {
  let known = joinedRequests.get(work)
  if (known === undefined) {
    known = new Map()
    joinedRequests.set(work, known)
  }
  let joined = known.get(mask)
  if (joined === undefined) {
    joined = joinEntityFields(work.name, asked.map(({ field }) => field))
    if (known.size >= MAX_JOINED_REQUESTS) known.clear()
    known.set(mask, joined)
  }
  return joined
}

const MAX_JOINED_REQUESTS = 64

interface Sent {
  readonly operation: RequestText
  readonly variablesText: string
  readonly units: readonly number[]
  readonly entities: number
}

async function send(run: ProgramRun, subgraph: string, sent: Sent): Promise<SubgraphAnswer | LargeAnswer | undefined> {
  const startedAt = performance.now()
  let outcome: SubgraphCall['outcome'] = 'failed'
  try {
    const transport = run.transports.get(subgraph)
    if (transport === undefined) throw new GatewayError('SUBGRAPH_UNAVAILABLE', `the domain "${subgraph}" is not available`)
    const request = { operation: sent.operation, variablesText: sent.variablesText }
    const answer = await (run.large === undefined || transport.sendLarge === undefined ? transport.send(request, run.call) : transport.sendLarge(request, run.call, run.large.wanted))
    outcome = 'answered'
    return answer
  } catch (error) {
    for (const unit of sent.units) run.state.troubled.add(unit)
    run.state.fail(subgraph, unavailableError(subgraph, error))
    return undefined
  } finally {
    run.calls.push({ subgraph, durationMs: performance.now() - startedAt, entities: sent.entities, outcome })
  }
}

function holds(run: ProgramRun, when: RootWork['when']): boolean {
  for (const { variable, value } of when) if ((run.variables[variable] === true) !== value) return false
  return true
}

/** Members of a JSON object, without braces; variables that the client left out stay out. */
function variablesText(run: ProgramRun, names: readonly string[]): string {
  let text = ''
  for (const name of names) {
    if (!Object.hasOwn(run.variables, name)) continue
    const value = JSON.stringify(run.variables[name])
    if (value !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${value}`
  }
  return text
}
