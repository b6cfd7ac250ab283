import { describe, expect, it } from 'vitest'
import { GatewayError } from '@polyseme/kit/errors'
import { RandomMesh } from './random/differential.ts'
import { makeOperation, type MadeOperation } from './random/make-operation.ts'
import { Random } from '../testkit/random.ts'

/**
 * Random supergraphs and random operations: the federated answer must be, character for character, that of one schema over
 * the same data. `POLYSEME_FEDERATION_OPERATIONS=20000` runs as many (about 4 ms of processor time each), from a seed that
 * `POLYSEME_FEDERATION_SEED` sets; a failure names its seed.
 */
const OPERATIONS = Number(process.env['POLYSEME_FEDERATION_OPERATIONS'] ?? 1_500)
const FIRST_SEED = Number(process.env['POLYSEME_FEDERATION_SEED'] ?? 1)
const PER_MESH = 50
const MESHES = Math.max(1, Math.round(OPERATIONS / PER_MESH))
const TIMEOUT_MS = 120_000 + OPERATIONS * 20

type Path = readonly (string | number)[]

async function forEachOperation(count: number, check: (mesh: RandomMesh, operation: MadeOperation, random: Random) => Promise<void>): Promise<void> {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + count; seed++) {
    const random = new Random(seed)
    await using mesh = new RandomMesh(random)
    for (let index = 0; index < PER_MESH; index++) {
      const operation = makeOperation(random, mesh.supergraph.apiSchema)
      try {
        await check(mesh, operation, random)
      } catch (error) {
        throw new Error(`seed ${seed}, operation ${index}: ${operation.text} ${JSON.stringify(operation.variables)}`, { cause: error })
      }
    }
  }
}

describe('random meshes', () => {
  it('answer as one schema over the same data does', { timeout: TIMEOUT_MS }, async () => {
    let entities = 0
    await forEachOperation(MESHES, async (mesh, operation) => {
      const expected = await mesh.monolithic(operation)
      const outcome = await mesh.federated(operation)
      expect(expected.errors).toBeUndefined()
      expect(outcome.errors).toEqual([])
      expect(JSON.stringify(outcome.data)).toBe(JSON.stringify(expected.data))
      expect([...mesh.transports.values()].flatMap((transport) => transport.invalid)).toEqual([])
      entities += outcome.calls.reduce((sum, call) => sum + call.entities, 0)
    })
    expect(entities).toBeGreaterThan(MESHES)
  })

  it('report the errors of the data at the places where one schema reports them', { timeout: TIMEOUT_MS }, async () => {
    let errors = 0
    await forEachOperation(Math.ceil(MESHES / 3), async (mesh, operation, random) => {
      mesh.truth.faults = randomFaults(mesh, random)
      const expected = await mesh.monolithic(operation)
      const outcome = await mesh.federated(operation)
      expect(JSON.stringify(outcome.data)).toBe(JSON.stringify(expected.data))
      const reported = outcome.errors.map(({ path = [] }) => path)
      // Several fields below one null may each have failed; each side may have met another of them first.
      for (const { path = [] } of expected.errors ?? []) {
        const place = nullPlace(outcome.data, path)
        expect(reported.some((other) => JSON.stringify(other.slice(0, place.length)) === JSON.stringify(place)), JSON.stringify(path)).toBe(true)
      }
      for (const path of reported) expect(path.length === 0 || valueAt(outcome.data, path) === null).toBe(true)
      errors += reported.length
    })
    expect(errors).toBeGreaterThan(MESHES)
  })

  it('T01 keep everything that a dead subgraph does not own, and name it once', { timeout: TIMEOUT_MS }, async () => {
    let partial = 0
    await forEachOperation(Math.ceil(MESHES / 3), async (mesh, operation, random) => {
      const [name, transport] = random.pick([...mesh.transports])
      const whole = await mesh.federated(operation)
      transport.tamper = () => {
        throw new GatewayError('SUBGRAPH_UNAVAILABLE', 'gone')
      }
      const outcome = await mesh.federated(operation)
      transport.tamper = undefined
      const asked = outcome.calls.some((call) => call.outcome === 'failed')
      expect(outcome.errors).toEqual(asked ? [{ message: 'gone', extensions: { code: 'SUBGRAPH_UNAVAILABLE', subgraph: name } }] : [])
      expectPart(outcome.data, whole.data)
      if (asked) partial++
    })
    expect(partial).toBeGreaterThan(MESHES)
  })

  it('F04 F05 F07 F08 never crash on an answer that was tampered with, and never give a value that is not there', { timeout: TIMEOUT_MS }, async () => {
    await forEachOperation(Math.ceil(MESHES / 3), async (mesh, operation, random) => {
      const whole = await mesh.federated(operation)
      const [, transport] = random.pick([...mesh.transports])
      transport.tamper = (answer) => ({ ...answer, data: tampered(structuredClone(answer.data), random) as typeof answer.data })
      const outcome = await mesh.federated(operation)
      transport.tamper = undefined
      expect(JSON.parse(outcome.text)).toMatchObject({ data: outcome.data === null ? null : {} })
      if (JSON.stringify(outcome.data) !== JSON.stringify(whole.data)) expectPart(outcome.data, whole.data, true)
    })
  })
})

/** Fields of entities that throw; none that others are computed from, since one schema does not compute them that way. */
function randomFaults(mesh: RandomMesh, random: Random): ReadonlySet<string> {
  const faults = new Set<string>()
  for (const entity of mesh.model.entities) {
    const required = new Set(entity.fields.flatMap((field) => field.requires?.split(' ') ?? []))
    for (const instance of entity.instances) {
      for (const field of entity.fields) {
        if (!required.has(field.name) && random.chance(0.15)) faults.add(`${String(instance.values.get('id'))}.${field.name}`)
      }
    }
  }
  return faults
}

/** Null where the path ends or on the way there. */
function valueAt(data: unknown, path: Path): unknown {
  let value = data
  for (const step of path) {
    if (value === null || typeof value !== 'object') return value
    value = (value as Record<string | number, unknown>)[step]
  }
  return value
}

/** The beginning of the path at which the answer is null. */
function nullPlace(data: unknown, path: Path): Path {
  const length = path.findIndex((_step, index) => valueAt(data, path.slice(0, index)) === null)
  return length === -1 ? path : path.slice(0, length)
}

/** A partial answer has nothing that the whole one has not; where something is missing it is null. */
function expectPart(part: unknown, whole: unknown, lists = false): void {
  if (part === null) return
  if (Array.isArray(part) && Array.isArray(whole)) {
    // Where an item was taken out of a list, the others stand elsewhere.
    if (lists) return
    expect(part.length).toBe(whole.length)
    for (const [index, item] of part.entries()) expectPart(item, whole[index])
    return
  }
  if (typeof part === 'object' && typeof whole === 'object' && whole !== null) {
    expect(Object.keys(part)).toEqual(Object.keys(whole))
    for (const [key, value] of Object.entries(part)) expectPart(value, (whole as Record<string, unknown>)[key], lists)
  }
  if (typeof part !== 'object' && !lists) expect(part).toEqual(whole)
}

/** Somewhere a null, a list that is shorter, another type, another kind of value. */
function tampered(value: unknown, random: Random): unknown {
  if (random.chance(0.06)) return random.pick([null, 17, 'text', [], {}, { __typename: 'Nothing' }])
  if (Array.isArray(value)) {
    const items = value.map((item) => tampered(item, random))
    return random.chance(0.1) ? items.slice(1) : items
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, key === '__typename' && random.chance(0.05) ? 'Nothing' : tampered(member, random)]))
}
