import { execute, Kind, parse, validate, type OperationDefinitionNode } from 'graphql'
import { afterEach, describe, expect, it } from 'vitest'
import { ALLOW, allOf, authorize, completeDenied, deniedErrors, federationDecider, maskAnswer, planAnswer, type Decider } from '../../gateway/access/index.ts'
import { DEFAULT_OPERATION_LIMITS, OperationErrors, parseOperation, type ParsedOperation } from '../../gateway/operation/index.ts'
import { AccessGraph } from '../testkit/access-case.ts'
import { caller } from '../testkit/access-graph.ts'
import { NaiveEvaluator, type NaiveCaller } from './differential/naive-evaluator.ts'
import { randomModel, type Model } from './differential/random-graph.ts'
import { randomQuery } from './differential/random-query.ts'
import { Random } from '../testkit/random.ts'

/** `ACCESS_FUZZ_CASES=1000000 npx vitest run tests/access/differential.test.ts` for a longer run; `ACCESS_FUZZ_SEED` repeats one. */
const CASES = Number(process.env['ACCESS_FUZZ_CASES'] ?? 20_000)
const FIRST_SEED = Number(process.env['ACCESS_FUZZ_SEED'] ?? 1)
const QUERIES_PER_GRAPH = 30
const CALLERS_PER_QUERY = 3
/** Of so many graphs one is also planned and executed over its subgraphs: starting a planner takes longer than a hundred cases. */
const PLANNED_GRAPHS = 10

function randomCaller(random: Random): NaiveCaller {
  const signedIn = random.chance(0.9)
  return { signedIn, scopes: signedIn ? random.some(['a', 'b', 'c'], 0.5) : [], policies: signedIn ? random.some(['p', 'q'], 0.5) : [] }
}

function parseOrSkip(graph: AccessGraph, request: { readonly query: string; readonly variables: Readonly<Record<string, boolean>> }): ParsedOperation | undefined {
  try {
    return parseOperation(request, graph.supergraph, DEFAULT_OPERATION_LIMITS)
  } catch (error) {
    // Random queries may ask for two different fields under one key; everything else would be a fault of the generator.
    if (error instanceof OperationErrors && error.errors.every(({ message }) => /conflict|never used|is not used/.test(message))) return undefined
    throw error
  }
}

/** Values of leaves say where they come from, so that a leak shows without any rule of position. */
function leaks(data: unknown, naive: NaiveEvaluator): readonly string[] {
  const values = JSON.stringify(data ?? null).match(/"[A-Za-z0-9]+\.[A-Za-z0-9]+#\d+"/g) ?? []
  return values.filter((value) => {
    const [type = '', field = ''] = value.slice(1).split(/[.#]/)
    return !naive.mayHave(type, field)
  })
}

/** Masks some of the leaves for callers whom no policy excepts; a field of an interface is masked with every type that has it. */
class RandomMasks {
  readonly #coordinates: ReadonlySet<string>
  readonly types: ReadonlyMap<string, 'string'>

  constructor(model: Model, seed: number) {
    const random = new Random(seed ^ 0x5eed)
    const leaves = model.types.flatMap(({ name: type, fields }) => fields.filter(({ type: of, wrapping }) => (of === 'String' || of === 'Secret') && !wrapping.includes('[')).map(({ name }) => ({ type, name })))
    const names = new Set(random.some([...new Set(leaves.map(({ name }) => name))], 0, 0.8))
    this.#coordinates = new Set(leaves.filter(({ name }) => names.has(name)).map(({ type, name }) => `${type}.${name}`))
    this.types = new Map([...this.#coordinates].map((coordinate) => [coordinate, 'string' as const]))
  }

  for(who: NaiveCaller): Decider {
    const masked = !who.policies.includes('q')
    return { concerns: (coordinate) => this.#coordinates.has(coordinate), decide: (coordinate) => (masked && this.#coordinates.has(coordinate) ? { kind: 'mask', mask: { kind: 'constant', value: MASKED } } : ALLOW) }
  }

  /** What the naive answer is to this caller: each value says which field it is of. */
  maskText(text: string, who: NaiveCaller): string {
    return who.policies.includes('q') ? text : text.replaceAll(/"(\w+\.\w+)#\d+"/g, (value, coordinate: string) => (this.#coordinates.has(coordinate) ? JSON.stringify(MASKED) : value))
  }
}

const MASKED = 'masked'

let graph: AccessGraph | undefined
afterEach(async () => {
  await graph?.close()
})

interface Tally {
  masked: number
  cases: number
  denied: number
  through: number
}

async function checkGraph(seed: number, tally: Tally): Promise<void> {
  const random = new Random(seed)
  const model: Model = randomModel(random)
  await graph?.close()
  const built = new AccessGraph(model.graph)
  const masks = new RandomMasks(model, seed)
  graph = built
  for (let query = 0; query < QUERIES_PER_GRAPH; query++) {
    const request = randomQuery(model, random)
    const parsed = parseOrSkip(built, request)
    if (parsed === undefined) continue
    for (let turn = 0; turn < CALLERS_PER_QUERY; turn++) {
      const who = randomCaller(random)
      await checkCase({ seed, built, model, masks, parsed, request, who, planned: (seed - FIRST_SEED) % PLANNED_GRAPHS === 0 && random.chance(0.15) }, tally)
    }
  }
}

interface Case {
  readonly seed: number
  readonly built: AccessGraph
  readonly model: Model
  readonly masks: RandomMasks
  readonly parsed: ParsedOperation
  readonly request: { readonly query: string; readonly variables: Readonly<Record<string, boolean>> }
  readonly who: NaiveCaller
  /** Also plan and execute it over the subgraphs. */
  readonly planned: boolean
}

async function checkCase({ seed, built, model, masks, parsed, request, who, planned }: Case, tally: Tally): Promise<void> {
  const { supergraph } = built
  const decider = allOf([federationDecider(supergraph, (policy) => who.policies.includes(policy)), masks.for(who)])
  const authorized = authorize(parsed, who.signedIn ? caller(...who.scopes) : undefined, supergraph, { decider })
  const naive = new NaiveEvaluator(model, parsed.document, who, request.variables)
  const expected = naive.answer(parsed.operation.selectionSet)
  const context = `ACCESS_FUZZ_SEED=${seed} as ${JSON.stringify(who)}\n${request.query}\n${JSON.stringify(request.variables)}`

  let raw: Readonly<Record<string, unknown>> | null = {}
  if (authorized.operation !== undefined) {
    const invalid = validate(supergraph.apiSchema, authorized.document)
    expect(invalid.map(({ message }) => message), context).toEqual([])
    const result = await execute({ schema: supergraph.apiSchema, document: authorized.document, rootValue: model.graph.data, variableValues: authorized.variables, operationName: authorized.operation.name?.value ?? null })
    expect(result.errors, context).toBeUndefined()
    expect(leaks(result.data, naive), context).toEqual([])
    raw = result.data ?? null
    maskAnswer(raw, planAnswer(authorized.document, supergraph.apiSchema), { masks: authorized.masks, types: masks.types, key: '' })
  }
  const data = completeDenied(raw, authorized, supergraph)
  const shown = masks.maskText(JSON.stringify(expected.data), who)
  expect(JSON.stringify(data), context).toBe(shown)
  if (shown.includes(`"${MASKED}"`)) tally.masked++
  const denied = new Set(deniedErrors(authorized).map(({ path, message }) => `${path?.join('.')} ${message.replace('not authorized for ', '')}`))
  expect(denied, context).toEqual(expected.denied)
  tally.cases++
  if (denied.size > 0) tally.denied++
  if (!planned) return
  const outcome = await built.ask({ ...request, caller: who.signedIn ? { scopes: who.scopes, policies: who.policies } : 'anonymous' })
  expect(outcome.otherErrors, context).toEqual([])
  expect(JSON.stringify(outcome.data), context).toBe(JSON.stringify(expected.data))
  tally.through++
}

describe('authorization against a naive evaluator', () => {
  it(`agrees on ${CASES} random supergraphs × queries × callers: nothing leaks, nothing too much is denied or masked`, async () => {
    const tally: Tally = { cases: 0, denied: 0, masked: 0, through: 0 }
    for (let seed = FIRST_SEED; tally.cases < CASES; seed++) await checkGraph(seed, tally)
    // The comparison means something only if both outcomes are common.
    expect(tally.denied / tally.cases).toBeGreaterThan(0.3)
    expect(tally.denied / tally.cases).toBeLessThan(0.95)
    expect(tally.through).toBeGreaterThan(tally.cases / 200)
    expect(tally.masked / tally.cases).toBeGreaterThan(0.04)
  }, 30_000 + CASES * 10)

  it('notices a leak and an over-blocking', () => {
    const model = randomModel(new Random(7))
    const document = parse('{ r0 }')
    const operation = document.definitions.find((definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION)
    expect(operation).toBeDefined()
    const nobody = new NaiveEvaluator(model, document, { signedIn: false, scopes: [], policies: [] }, {})
    const all = new NaiveEvaluator(model, document, { signedIn: true, scopes: ['a', 'b', 'c'], policies: ['p', 'q'] }, {})
    const everything = model.types.flatMap(({ name, fields }) => fields.map((field) => `"${name}.${field.name}#1"`)).join()
    expect(leaks([everything], all)).toEqual([])
    expect(leaks(everything.split(',').map((value) => value.slice(1, -1)), nobody).length).toBeGreaterThan(0)
  })
})
