import { getNamedType, getNullableType, isAbstractType, isEnumType, isListType, isObjectType, Kind, parse } from 'graphql'
import type { FragmentDefinitionNode, GraphQLOutputType, GraphQLSchema, SelectionSetNode } from 'graphql'
import { afterAll, describe, expect, it } from 'vitest'
import type { ResponseShape, ShapeField } from '../../../gateway/access/index.ts'
import { execute, LargeAnswers, type ExecutionOutcome, type SubgraphAnswer, type SubgraphRequest, type SubgraphTransport } from '../../../gateway/execute/index.ts'
import type { LargeAnswer, LargeWanted } from '../../../gateway/execute/large/large-answer.ts'
import { readLargeAnswer } from '../../../gateway/execute/large/large-json-answer.ts'
import { LongBody } from '../../../gateway/execute/large/long-body.ts'
import { createPlanner } from '../../../gateway/plan/index.ts'
import { Random } from '../../testkit/random.ts'
import { authorizeAll, composeTestSupergraph, TEST_PRINCIPAL } from '../../testkit/test-mesh.ts'

const supergraph = composeTestSupergraph({
  shop: `
    type Query { page(kind: String): Page rows: [Row!] strict: [Row!]! nullable: [Row] count: Int! name: String wrap: Wrap! }
    type Wrap { deep: Page! before: Int! after: Int }
    type Page { total: Int! nodes: [Row!]! maybe: [Row] things: [Thing!] named: [Named] info: Info! note: String }
    type Info { next: Boolean! cursor: String }
    interface Named { name: String }
    type Row implements Named { id: ID! n: Int! f: Float color: Color name: String child: Row children: [Row!] thing: Thing tags: [[String!]!] inner: Inner }
    type Inner { v: Int! w: String }
    type Other implements Named { name: String o: Boolean! }
    union Thing = Row | Other
    enum Color { RED GREEN }
  `,
})
const planner = createPlanner(supergraph, { isolation: 'inline' })
afterAll(async () => await planner.close())

const OPERATIONS = [
  '{ page { nodes { id name } } }',
  '{ count page { total nodes { id n f color inner { v w } } info { next cursor } note } name }',
  '{ a: page(kind: "x") { t: total ns: nodes { key: id children { id n } child { inner { v } } } after: note } }',
  '{ rows { id } strict { n tags } nullable { inner { v } child { id } } }',
  '{ page { maybe { id n inner { v } } things { __typename ... on Row { id } ... on Other { o name } } } }',
  '{ page { named { name ... on Row { n } } maybe { name } total } }',
  '{ wrap { before deep { info { next } nodes { id ...F } note } after } } fragment F on Row { n thing { __typename ... on Other { o } ... on Row { id } } }',
  'query ($v: Boolean!) { page { total @include(if: $v) maybe { id name @skip(if: $v) } note @include(if: $v) ... @include(if: $v) { info { next } } } }',
  '{ __typename page { __typename maybe { __typename id } x: __typename } }',
  '{ nullable { color f tags children { color } } page { total } }',
]

const ERROR_PATHS: readonly (readonly (string | number)[] | undefined)[] = [
  undefined, ['count'], ['page', 'note'], ['page', 'nodes', 1, 'name'], ['page', 'nodes', 0, 'inner', 'v'], ['page', 'nodes', 2, 'child', 'id'],
  ['page', 'maybe', 0, 'inner', 'v'], ['page', 'maybe', 1, 'id'], ['nullable', 0, 'inner', 'v'], ['nullable', 1, 'child', 'id'], ['rows', 1, 'id'],
]

/** Answers what it is asked at random, sometimes with what it must not. */
class RandomSubgraph implements SubgraphTransport {
  readonly #random: Random
  readonly #faults: number
  readonly #schema: GraphQLSchema = supergraph.apiSchema
  #fragments: ReadonlyMap<string, FragmentDefinitionNode> = new Map()

  constructor(random: Random, faults: number) {
    this.#random = random
    this.#faults = faults
  }

  /** Text of a whole answer. */
  text(query: string): string {
    const { definitions } = parse(query)
    this.#fragments = new Map(definitions.flatMap((one) => (one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one] as const] : [])))
    const operation = definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION)
    const data = this.#object('Query', operation?.selectionSet)
    const reported = this.#random.some(ERROR_PATHS, 0, this.#faults * 3).map((path) => ({ message: 'no', path, extensions: { code: 'SUBGRAPH_ERROR' } }))
    const errors = reported.length === 0 ? undefined : reported
    const parts = [`"data":${JSON.stringify(data)}`, ...(errors === undefined ? [] : [`"errors":${JSON.stringify(errors)}`])]
    return `{${(this.#random.chance(0.5) ? parts : parts.reverse()).join(this.#random.pick([',', ' , ', ',\n']))}}`
  }

  async send(): Promise<SubgraphAnswer> {
    throw new TypeError('not asked here')
  }

  async close(): Promise<void> {}

  #object(type: string, set: SelectionSetNode | undefined): unknown {
    const object: Record<string, unknown> = {}
    if (this.#random.chance(this.#faults)) object['undeclared'] = [{ x: 1 }]
    this.#fill(object, type, set)
    return object
  }

  #fill(object: Record<string, unknown>, type: string, set: SelectionSetNode | undefined): void {
    const parent = this.#schema.getType(type)
    for (const selection of set?.selections ?? []) {
      if (selection.kind !== Kind.FIELD) {
        const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragments.get(selection.name.value)
        const condition = fragment?.typeCondition?.name.value
        const wanted = condition === undefined ? undefined : this.#schema.getType(condition)
        const meets = wanted === undefined || condition === type || (isAbstractType(wanted) && isObjectType(parent) && this.#schema.isSubType(wanted, parent))
        if (meets) this.#fill(object, type, fragment?.selectionSet)
        continue
      }
      const key = selection.alias?.value ?? selection.name.value
      if (selection.name.value === '__typename') object[key] = type
      else if (isObjectType(parent)) object[key] = this.#value(parent.getFields()[selection.name.value]?.type, selection.selectionSet)
    }
  }

  #value(type: GraphQLOutputType | undefined, set: SelectionSetNode | undefined): unknown {
    if (type === undefined || this.#random.chance(this.#faults)) return this.#random.pick([null, 'x', -1, 2 ** 40, [], {}, [null], true])
    const nullable = getNullableType(type)
    if (nullable === type && this.#random.chance(0.15)) return null
    if (isListType(nullable)) return Array.from({ length: this.#random.below(12) }, () => this.#value(nullable.ofType, set))
    const named = getNamedType(nullable)
    if (isAbstractType(named)) return this.#object(this.#random.pick(this.#schema.getPossibleTypes(named)).name, set)
    if (isObjectType(named)) return this.#object(named.name, set)
    if (isEnumType(named)) return this.#random.pick(['RED', 'GREEN'])
    return { Int: 7, Float: 1.5, Boolean: true, ID: 'id"\\ü😀', String: 'text, "quoted" \\ [{]} \u0001 €' }[named.name] ?? null
  }
}

/** Gives one text as a whole, or in pieces that are cut anywhere. */
function transportOf(text: string, cuts: readonly number[]): SubgraphTransport {
  const read = (whole: string): SubgraphAnswer => {
    const { data, errors } = JSON.parse(whole) as { data: SubgraphAnswer['data']; errors?: SubgraphAnswer['errors'] }
    return { data, errors: errors ?? [] }
  }
  return {
    send: async () => read(text),
    sendLarge: async (_request: SubgraphRequest, _call: unknown, wanted: LargeWanted): Promise<SubgraphAnswer | LargeAnswer> => {
      const bytes = Buffer.from(text)
      const body = new LongBody({ pause: () => undefined, resume: () => undefined, cancel: () => undefined })
      const places = [...new Set([0, ...cuts.map((cut) => cut % bytes.length), bytes.length])].sort((one, other) => one - other)
      places.slice(1).forEach((place, index) => body.push(bytes.subarray(places[index], place)))
      body.end()
      return await readLargeAnswer(body, wanted, { maxBytes: 10_000_000, parse: read, invalid: (reason) => new Error(reason), largeListBytes: 1 })
    },
    close: async () => undefined,
  }
}

async function run(query: string, variables: Readonly<Record<string, unknown>>, transport: SubgraphTransport, large?: LargeAnswers): Promise<ExecutionOutcome> {
  const operation = authorizeAll(query, variables)
  return await execute(await planner.plan(operation), { operation, principal: TEST_PRINCIPAL, transports: new Map([['shop', transport]]), ...(large === undefined ? {} : { large }) })
}

async function textOf(outcome: ExecutionOutcome): Promise<string | undefined> {
  let text = ''
  try {
    for await (const piece of outcome.stream?.pieces() ?? []) text += piece
    return text
  } catch {
    return undefined
  }
}

async function subgraphText(query: string, subgraph: RandomSubgraph): Promise<string> {
  let asked = ''
  const operation = authorizeAll(query, { v: true })
  await execute(await planner.plan(operation), {
    operation, principal: TEST_PRINCIPAL,
    transports: new Map([['shop', { send: async (request: SubgraphRequest) => { asked = request.operation.text; return { data: null, errors: [] } }, close: async () => undefined }]]),
  })
  return subgraph.text(asked)
}

describe('an answer that is sent while it comes', () => {
  it.each([0, 0.01])('T07 is that of the whole, or visibly broken off; faults %d', async (faults) => {
    const seen = { streamed: 0, whole: 0, cut: 0 }
    for (let seed = 0; seed < 600; seed++) {
      const random = new Random(seed)
      const query = random.pick(OPERATIONS)
      const variables = query.includes('$v') ? { v: random.chance(0.5) } : {}
      const text = await subgraphText(query, new RandomSubgraph(random, faults))
      const cuts = Array.from({ length: random.below(30) }, () => random.below(1_000_000))
      const expected = await run(query, variables, transportOf(text, []))
      const outcome = await run(query, variables, transportOf(text, cuts), new LargeAnswers())
      if (outcome.stream === undefined) {
        seen.whole++
        // Faults in what comes first are those of a subgraph that gave nothing.
        if (outcome.text !== expected.text) expect(expected.errors, `seed ${seed}`).not.toEqual([])
        continue
      }
      const streamed = await textOf(outcome)
      if (streamed === undefined) {
        seen.cut++
        expect(expected.errors, `seed ${seed}: ${query}\n${text}`).not.toEqual([])
        continue
      }
      seen.streamed++
      const { errors } = JSON.parse(streamed) as { errors?: readonly unknown[] }
      const errorsText = errors === undefined ? '' : `,"errors":${JSON.stringify(errors)}`
      expect(streamed, `seed ${seed}: ${query}`).toBe(`{"data":${JSON.stringify(expected.data)}${errorsText}}`)
      // Where the subgraph reported errors too, those of its nulls stand last.
      if (text.includes('"errors":')) expect(new Set(errors), `seed ${seed}: ${query}\n${text}`).toEqual(new Set(expected.errors))
      else expect(errors ?? [], `seed ${seed}: ${query}\n${text}`).toEqual(expected.errors)
      expect(outcome.stream.hasErrors).toBe(errors !== undefined)
    }
    expect(seen.streamed).toBeGreaterThan(150)
    if (faults === 0) expect(seen.cut).toBe(0)
    else expect(seen.cut).toBeGreaterThan(5)
  })

  it('G16 has null and an error for what its caller may not see, within the list and beside it', async () => {
    const field = (key: string, type: string, denied: boolean, selections?: ResponseShape): ShapeField => {
      const parent = supergraph.apiSchema.getType(type)
      const declared = isObjectType(parent) ? parent.getFields()[key]?.type : undefined
      if (declared === undefined) throw new TypeError(`no field ${type}.${key}`)
      return { kind: 'field', key, name: key, type: declared, when: [], denied, selections }
    }
    const shape = [field('page', 'Query', false, [field('note', 'Page', true), field('nodes', 'Page', false, [field('id', 'Row', false), field('name', 'Row', true)])])]
    const denied = [{ coordinate: 'Page.note', path: ['page', 'note'] }, { coordinate: 'Row.name', path: ['page', 'nodes', '@', 'name'] }]
    const operation = authorizeAll('{ page { note nodes { id name } } }', {}, { allowed: '{ page { nodes { id } } }', denied, shape })
    const transport = transportOf('{"data":{"page":{"nodes":[{"id":"1","name":"x"},{"id":"2"}]}}}', [40])
    const options = { operation, principal: TEST_PRINCIPAL, transports: new Map([['shop', transport]]) }
    const plan = await planner.plan(operation)
    const whole = await execute(plan, options)
    const text = await textOf(await execute(plan, { ...options, large: new LargeAnswers() }))
    expect(text).toBe(`{"data":${JSON.stringify(whole.data)},"errors":${JSON.stringify(whole.errors)}}`)
    expect(JSON.parse(text ?? '')).toMatchObject({ data: { page: { note: null, nodes: [{ id: '1', name: null }, { id: '2', name: null }] } }, errors: [{ path: ['page', 'note'] }, { path: ['page', 'nodes', '@', 'name'] }] })
  })
})
