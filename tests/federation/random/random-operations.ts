import { expect, it } from 'vitest'
import { checkRandomOperations } from './check-operations.ts'

/**
 * Distinct operations in all, over the files that share the work; `POLYSEME_FEDERATION_OPERATIONS` sets another number.
 * Each is run without faults and once more with some, for about 8 ms of processor time.
 */
const OPERATIONS = Number(process.env['POLYSEME_FEDERATION_OPERATIONS'] ?? 20_000)
const FIRST_SEED = Number(process.env['POLYSEME_FEDERATION_SEED'] ?? 1)
const FILES = 4
const SEEDS_PER_FILE = 1_000_000

/** What must occur in a thousand operations at least so often. */
const LEAST_PER_THOUSAND: Readonly<Record<string, number>> = {
  'several requests': 500, entities: 400, alias: 300, argument: 300, fragment: 150, 'fragment spread again': 5, 'fragment on an interface of the type': 15,
  '@skip': 150, '@include': 150, variable: 200, 'default of a variable': 80, 'input object': 15, 'enum argument': 30, 'custom scalar as an argument': 30,
  'default value': 300, enum: 150, 'custom scalar': 150, 'list of lists': 30, interface: 100, union: 80, 'field of an interface': 20, mutation: 30,
  'several keys': 200, 'compound key': 200, 'nested key': 200, '@inaccessible key': 30, '@inaccessible, required': 3,
  '@requires': 200, '@requires, nested': 60, '@requires with arguments': 40, '@requires of a @requires': 20,
  '@provides': 80, '@override': 40, '@shareable': 80, '@interfaceObject': 50, '@fromContext': 20, 'introspection beside data': 5, 'alias that is another field\'s name': 20,
  'run with faults': 1_000, 'fault: values': 100, 'fault: missing entities': 3, 'fault: wrong __typename': 3, 'fault: subgraph down': 50, 'fault: tampered answers': 30,
  'run by the stock gateway': 60, 'errors beside the stock gateway\'s': 40,
}

/** The tests of one of the files among which the operations are shared. */
export function testRandomOperations(file: number): void {
  const operations = Math.ceil(OPERATIONS / FILES)
  it(`answers ${operations} random operations on random meshes as one schema does, whole and with faults`, { timeout: 120_000 + operations * 60 }, async () => {
    const { coverage, texts, unplanned, requests } = await checkRandomOperations(FIRST_SEED + file * SEEDS_PER_FILE, operations)
    const refused = [...unplanned.values()].reduce((sum, count) => sum + count, 0)
    console.log([
      `${texts.size} operations; ${refused} more have no right plan: ${[...unplanned].map(([reason, count]) => `${count} × ${reason}`).join('; ')}`,
      `requests: ${requests.ours} where the stock gateway makes ${requests.stock} (${(requests.ours / requests.stock).toFixed(3)})`,
      String(coverage),
    ].join('\n'))
    expect(texts.size).toBe(operations)
    expect(refused).toBeLessThan(operations * 0.04 + 5)
    expect(requests.more).toEqual([])
    const rare = Object.entries(LEAST_PER_THOUSAND).filter(([feature, least]) => coverage.count(feature) < (least * operations) / 1_000 - 5)
    expect(rare.map(([feature, least]) => `${feature}: ${coverage.count(feature)} of ${(least * operations) / 1_000}`)).toEqual([])
  })
}
