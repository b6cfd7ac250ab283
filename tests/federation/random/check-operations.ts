import { isDeepStrictEqual } from 'node:util'
import { GatewayError } from '@polyseme/kit/errors'
import { visit, type DocumentNode, type ExecutionResult } from 'graphql'
import { createStockExecutor, type ExecutionOutcome } from '../../../gateway/execute/index.ts'
import { answerKeys } from '../../../gateway/usage/answer-keys.ts'
import { countRowsAt } from '../../../gateway/usage/count-rows.ts'
import { Random } from '../../testkit/random.ts'
import { TEST_PRINCIPAL } from '../../testkit/test-mesh.ts'
import { Coverage } from './coverage.ts'
import { expectPart, explainsNull, nullPlaces, tampered } from './compare-answers.ts'
import { RandomMesh } from './differential.ts'
import { makeFaults, NO_FAULTS, type FaultKind } from './faults.ts'
import { makeOperation, type MadeOperation } from './make-operation.ts'

/** Operations on one mesh; composing it and building its planner cost as much as ten of them. */
export const OPERATIONS_PER_MESH = 50
/** Of how many operations one is run by the stock gateway's planner and executor too. */
const STOCK_SHARE = 10
const KINDS: readonly FaultKind[] = ['fields', 'fields', 'fields', 'missing', 'untyped', 'down']

/** What a run of random operations met. */
export class RunReport {
  readonly coverage = new Coverage()
  readonly texts = new Set<string>()
  /** Operations that no plan is right for, by reason. */
  readonly unplanned = new Map<string, number>()
  /** Requests made, ours and the stock gateway's, where its answer was right. */
  readonly requests = { ours: 0, stock: 0, more: [] as string[] }
}

/**
 * Runs random operations on random meshes: without faults, and again with one kind of them. The answer must be, character
 * for character, that of one schema over the same data in which the same values fail.
 *
 * @throws what differs, with the seed and the number of the operation
 */
export async function checkRandomOperations(firstSeed: number, operations: number): Promise<RunReport> {
  const report = new RunReport()
  for (let seed = firstSeed; report.texts.size < operations; seed++) {
    const random = new Random(seed)
    await using mesh = new RandomMesh(random)
    const stock = await createStockExecutor(mesh.supergraph)
    for (let index = 0; index < OPERATIONS_PER_MESH && report.texts.size < operations; index++) {
      const operation = makeOperation(random, mesh.supergraph.apiSchema)
      if (report.texts.has(operation.text)) continue
      try {
        if (!await checkHealthy(mesh, operation, report)) continue
        report.texts.add(operation.text)
        note(mesh, operation, report.coverage)
        await checkFaulty(mesh, operation, { random, report, kind: random.pick(KINDS) })
        if (random.below(8) === 0) await checkTampered(mesh, operation, random, report)
        if (index % STOCK_SHARE === 0) await checkAgainstStock(mesh, operation, { stock, random, report })
      } catch (error) {
        throw new Error(`seed ${seed}, operation ${index}: ${operation.text} ${JSON.stringify(operation.variables)} ${faultsText(mesh)}`, { cause: error })
      } finally {
        mesh.truth.faults = NO_FAULTS
      }
    }
  }
  return report
}

function note(mesh: RandomMesh, { coverage }: MadeOperation, total: Coverage): void {
  const features = new Set<string>()
  for (const name of coverage.names()) {
    if (!name.includes('.')) features.add(name)
    for (const feature of mesh.features.get(name) ?? []) features.add(feature)
  }
  for (const feature of features) total.add(feature)
}

/** False when no planner's plan was right and the gateway refused: that is counted, and never more than a few are. */
async function checkHealthy(mesh: RandomMesh, operation: MadeOperation, report: RunReport): Promise<boolean> {
  const expected = await mesh.monolithic(operation)
  assertEqual(expected.errors, undefined, 'the one schema reports errors')
  let outcome: ExecutionOutcome
  try {
    outcome = await mesh.federated(operation)
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== 'INTERNAL') throw error
    const reason = (error.cause instanceof Error ? error.cause.message : error.message).replaceAll(/\[[\s\S]*|\w+\.\w+/g, '…')
    report.unplanned.set(reason, (report.unplanned.get(reason) ?? 0) + 1)
    return false
  }
  assertEqual(outcome.errors, [], 'errors')
  assertEqual(JSON.stringify(outcome.data), JSON.stringify(expected.data), 'the answer')
  assertEqual(mesh.invalid, [], 'requests that do not fit their subgraph')
  assertRows(mesh, operation, outcome)
  if (outcome.calls.length > 1) report.coverage.add('several requests')
  if (outcome.calls.some((call) => call.entities > 0)) report.coverage.add('entities')
  return true
}

/**
 * The rows that the answer was made with are those that are found in it; one without lists is one row, or none. Where a key has
 * fields below it for one type and is a scalar of another, whose value may hold lists of its own, no more are found by the document.
 */
function assertRows(mesh: RandomMesh, operation: MadeOperation, { data, rows = 0 }: ExecutionOutcome): void {
  if (rows === 0) return
  const { original } = mesh.authorized(operation)
  const found = countRowsAt(data, answerKeys(original))
  assertEqual(hasKeyOfBothKinds(original.document) ? Math.min(rows, found) : found, rows, 'the rows in lists')
}

function hasKeyOfBothKinds(document: DocumentNode): boolean {
  const [leaves, objects] = [new Set<string>(), new Set<string>()]
  visit(document, { Field: ({ alias, name, selectionSet }) => { (selectionSet === undefined ? leaves : objects).add((alias ?? name).value) } })
  return !leaves.isDisjointFrom(objects)
}

interface Faulty {
  readonly random: Random
  readonly report: RunReport
  readonly kind: FaultKind
}

async function checkFaulty(mesh: RandomMesh, operation: MadeOperation, { random, report, kind }: Faulty): Promise<void> {
  mesh.truth.faults = makeFaults(random, mesh.model, kind)
  const { down } = mesh.truth.faults
  const expected = await mesh.monolithic(operation)
  const outcome = await mesh.federated(operation)
  assertRows(mesh, operation, outcome)
  report.coverage.add('run with faults')
  const isHit = expected.errors !== undefined
  if (isHit || outcome.errors.length > 0) report.coverage.add(`fault: ${faultName(mesh, kind)}`)
  if (JSON.stringify(outcome.data) !== JSON.stringify(expected.data)) {
    // Some plans ask the lost subgraph for what others do not: the answer lies between the most and the least there can be.
    const least = await mesh.monolithic(operation, 'lost')
    expectPart(least.data, outcome.data)
    expectPart(outcome.data, expected.data)
    assertEqual(kind === 'down' || kind === 'missing', true, `the answer is ${JSON.stringify(outcome.data)} and not ${JSON.stringify(expected.data)}; it may`)
    report.coverage.add('between the bounds')
    return
  }
  if (down === undefined) {
    compareErrors(outcome, expected)
    return
  }
  const asked = outcome.calls.some((call) => call.outcome === 'failed')
  assertEqual(outcome.errors, asked ? [{ message: 'gone', extensions: { code: 'SUBGRAPH_UNAVAILABLE', subgraph: down } }] : [], 'errors')
}

function faultsText(mesh: RandomMesh): string {
  const { fields, missing, ...rest } = mesh.truth.faults
  return JSON.stringify({ ...rest, fields: Object.fromEntries(fields), missing: missing === undefined ? undefined : { ...missing, ids: [...missing.ids] } })
}

function faultName(mesh: RandomMesh, kind: FaultKind): string {
  const { fields, missing, untyped, down } = mesh.truth.faults
  if (missing !== undefined) return 'missing entities'
  if (untyped !== undefined) return 'wrong __typename'
  if (down !== undefined) return 'subgraph down'
  return fields.size > 0 ? 'values' : kind
}

/**
 * Errors are compared by where the nulls stand that they explain: of several fields below one null, each side may have
 * met another first. No subgraph is named twice for one path.
 */
function compareErrors(outcome: ExecutionOutcome, expected: ExecutionResult): void {
  const ours = outcome.errors.flatMap(({ path }) => (path === undefined ? [] : [path]))
  const theirs = (expected.errors ?? []).map(({ path = [] }) => path)
  const places = nullPlaces(expected.data, theirs)
  const found = nullPlaces(outcome.data, ours)
  // An error without a path is about something that the client did not ask for, and may explain some of the nulls.
  if (ours.length === outcome.errors.length) assertEqual(found, places, 'places of errors')
  else assertEqual(found.filter((place) => !places.includes(place)), [], 'places of errors that one schema has not')
  const texts = outcome.errors.filter(({ path }) => path !== undefined).map(({ path, extensions }) => JSON.stringify([path, extensions.subgraph]))
  assertEqual(new Set(texts).size, texts.length, `one error of a subgraph for each path in ${JSON.stringify(outcome.errors)}; errors`)
}

async function checkTampered(mesh: RandomMesh, operation: MadeOperation, random: Random, report: RunReport): Promise<void> {
  mesh.truth.faults = NO_FAULTS
  const whole = await mesh.federated(operation)
  const [, transport] = random.pick([...mesh.transports])
  transport.tamper = (answer) => ({ ...answer, data: tampered(structuredClone(answer.data), random) as typeof answer.data })
  try {
    const outcome = await mesh.federated(operation)
    const { data } = JSON.parse(outcome.text) as { readonly data: unknown }
    assertEqual(data === null, outcome.data === null, 'the text')
    if (JSON.stringify(outcome.data) === JSON.stringify(whole.data)) return
    report.coverage.add('fault: tampered answers')
    expectPart(outcome.data, whole.data, true)
  } finally {
    transport.tamper = undefined
  }
}

interface BesideStock {
  readonly stock: Awaited<ReturnType<typeof createStockExecutor>>
  readonly random: Random
  readonly report: RunReport
}

/** The stock gateway as a second oracle: where its data is right, ours costs no more requests, and errors stand where its do. */
async function checkAgainstStock(mesh: RandomMesh, made: MadeOperation, { stock, random, report }: BesideStock): Promise<void> {
  const operation = mesh.authorized(made)
  const run = async (): Promise<ExecutionOutcome | undefined> => {
    mesh.truth.reset()
    return stock.execute({ operation, principal: TEST_PRINCIPAL, transports: mesh.transports }).catch(() => undefined)
  }
  mesh.truth.faults = NO_FAULTS
  const ours = await mesh.federated(made)
  const theirs = await run()
  for (const transport of mesh.transports.values()) transport.invalid.length = 0
  report.coverage.add('run by the stock gateway')
  if (theirs === undefined || !isDeepStrictEqual(sortedText(theirs.data), sortedText(ours.data))) {
    report.coverage.add('the stock gateway is wrong')
    return
  }
  report.requests.ours += ours.calls.length
  report.requests.stock += theirs.calls.length
  // Under conditions, the stock gateway leaves out an object's request where it then cannot tell null from empty.
  if (ours.calls.length > theirs.calls.length && !/@(?:skip|include)/.test(made.text)) report.requests.more.push(`${ours.calls.length} for ${theirs.calls.length}: ${made.text}`)
  mesh.truth.faults = makeFaults(random, mesh.model, 'fields')
  const ourFaulty = await mesh.federated(made)
  const theirFaulty = await run()
  for (const transport of mesh.transports.values()) transport.invalid.length = 0
  if (theirFaulty === undefined || !isDeepStrictEqual(sortedText(theirFaulty.data), sortedText(ourFaulty.data))) return
  report.coverage.add('errors beside the stock gateway\'s')
  const reported = nullPlaces(ourFaulty.data, ourFaulty.errors.flatMap(({ path }) => (path === undefined ? [] : [path])))
  // It reports errors of fields that the client did not ask for, too.
  const stockReported = nullPlaces(ourFaulty.data, theirFaulty.errors.flatMap(({ path }) => (path !== undefined && explainsNull(ourFaulty.data, path) ? [path] : [])))
  for (const place of stockReported) assertEqual(reported.includes(place), true, `the stock gateway reports an error at ${place}, ours at ${reported.join(' ')}; it is the same`)
}

/** The stock executor puts keys in another order now and then. */
function sortedText(data: unknown): string {
  return JSON.stringify(data, (_key, value: unknown) => (
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1))) : value
  ))
}

function assertEqual(actual: unknown, expected: unknown, what: string): void {
  if (!isDeepStrictEqual(actual, expected)) throw new Error(`${what}: ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`)
}
