import { parseContracts } from '@polyseme/kit/contract'
import { formatDiagnostic, type Diagnostic } from '@polyseme/kit/errors'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { caseNames, readCase } from './golden.ts'

type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
type Path = readonly (string | number)[]

/** Contracts with no key that the standard lacks, so that what a mutation causes stands out. */
const VALID = caseNames()
  .flatMap((name) => (readCase(name).length === 1 ? readCase(name) : []))
  .filter(({ text }) => {
    const result = parseContracts([{ file: 'contract.odcs.yaml', text }])
    return result.kind === 'ok' && !result.warnings.some(({ rule }) => rule === 'contract-unknown-key')
  })
  .map(({ text }) => parse(text) as Json)

const FILE = 'contract.odcs.yaml'
const SEED = 20_260_101

function findingsOf(text: string): readonly Diagnostic[] {
  const result = parseContracts([{ file: FILE, text }])
  return result.kind === 'ok' ? result.warnings : result.diagnostics
}

/** Every place in a value, free-form parts left out: there nothing can be wrong. */
function placesIn(value: Json, path: Path = []): Path[] {
  if (Array.isArray(value)) return [path, ...value.flatMap((item, index) => placesIn(item, [...path, index]))]
  if (typeof value !== 'object' || value === null) return [path]
  // What `<<` merges is read as if it stood where it is merged.
  const free = new Set(['<<', 'value', 'valueExt', 'arguments', 'examples', 'implementation', 'mustBe', 'mustNotBe', 'map', 'x-templates'])
  return [path, ...Object.entries(value).flatMap(([key, one]) => (free.has(key) ? [] : placesIn(one, [...path, key])))]
}

function valueAt(root: Json, path: Path): Json | undefined {
  return path.reduce<Json | undefined>((value, step) => (value as Record<string | number, Json> | undefined)?.[step], root)
}

function recordAt(root: Json, path: Path): Record<string, Json> {
  return valueAt(root, path) as Record<string, Json>
}

interface Mutation {
  readonly name: string
  /** Changes the document in place; false where the place is not of the kind that it changes. */
  readonly apply: (root: Json, path: Path) => boolean
  readonly rules: readonly string[]
}

const MUTATIONS: readonly Mutation[] = [
  {
    name: 'a required key is missing',
    rules: ['contract-missing-key'],
    apply: (root, path) =>
      removeKey(root, path, (key, at) =>
        at.length === 1 ? ['id', 'version', 'status', 'kind', 'apiVersion'].includes(key) : key === 'name' && at[0] === 'schema',
      ),
  },
  {
    name: 'a record stands where a text belongs',
    rules: ['contract-wrong-type', 'contract-unknown-value'],
    apply: (root, path) =>
      replaceValue(root, path, (key, value) => typeof value === 'string' && !['to', 'from', 'minimum', 'maximum'].includes(key), {
        odd: 'one',
      }),
  },
  {
    name: 'a text stands where true or false belongs',
    rules: ['contract-wrong-type'],
    apply: (root, path) => replaceValue(root, path, (_, value) => typeof value === 'boolean', 'perhaps'),
  },
  {
    name: 'a text stands where a list belongs',
    rules: ['contract-wrong-type'],
    apply: (root, path) => replaceValue(root, path, (key, value) => Array.isArray(value) && !['team', 'to', 'from'].includes(key), 'one'),
  },
  {
    name: 'a key is mistyped',
    rules: ['contract-unknown-key'],
    apply: (root, path) => {
      const key = path.at(-1)
      if (typeof key !== 'string' || path.length === 0) return false
      const record = recordAt(root, path.slice(0, -1))
      const value = record[key]
      delete record[key]
      record[`${key}q`] = value ?? null
      return true
    },
  },
  {
    name: 'an object stands twice',
    rules: ['contract-duplicate-type', 'contract-duplicate-name'],
    apply: (root, path) => {
      const list = valueAt(root, path)
      if (!Array.isArray(list) || list.length === 0 || (path.at(-1) !== 'schema' && (path.at(-1) !== 'properties' || path.length !== 3)))
        return false
      const [first] = list
      if (first === undefined) return false
      list.push(structuredClone(first))
      return true
    },
  },
  {
    name: 'the contract is not a record',
    rules: ['contract-wrong-type'],
    apply: () => true,
  },
]

function removeKey(root: Json, path: Path, isRequired: (key: string, path: Path) => boolean): boolean {
  const key = path.at(-1)
  if (typeof key !== 'string' || !isRequired(key, path)) return false
  delete recordAt(root, path.slice(0, -1))[key]
  return true
}

function replaceValue(root: Json, path: Path, isReplaced: (key: string, value: Json) => boolean, by: Json): boolean {
  const key = path.at(-1)
  const value = valueAt(root, path)
  if (typeof key !== 'string' || value === undefined || !isReplaced(key, value)) return false
  recordAt(root, path.slice(0, -1))[key] = by
  return true
}

/** Characters that YAML gives a meaning, and some that mean trouble elsewhere. */
const TROUBLE = [
  '"',
  "'",
  '{',
  '}',
  '[',
  ']',
  ':',
  '- ',
  '\t',
  '&a ',
  '*a',
  '!!js/x ',
  '|',
  '>',
  '#',
  '?',
  '<<: *a',
  '\u0000',
  '\u2028',
  '__proto__: 1',
  '%',
  '@',
  '`',
  '\n',
  '---\n',
  '...',
]

describe('malformed contracts', () => {
  it('gives each of 1,000 of them a finding that names the mistake and its place', () => {
    const counts = new Map<string, number>()
    const chosen = fc.tuple(fc.integer({ min: 0, max: VALID.length - 1 }), fc.integer({ min: 0, max: MUTATIONS.length - 1 }), fc.nat())
    fc.assert(
      fc.property(chosen, ([contract, mutation, place]) => {
        const { root, name, rules } = mutate(contract, mutation, place)
        const text = stringify(root, { aliasDuplicateObjects: false })
        const findings = findingsOf(text)
        const matching = findings.filter(({ rule }) => rules.includes(rule))
        expect(
          matching.map(({ rule }) => rule),
          `${name}\n${text}`,
        ).not.toEqual([])
        for (const finding of findings) expectClear(finding, text)
        counts.set(name, (counts.get(name) ?? 0) + 1)
      }),
      { numRuns: 1_000, seed: SEED },
    )
    expect(counts.size).toBe(MUTATIONS.length)
  })

  it('never throws and never shows a stack, whatever is done to the text', () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 12 }), fc.constantFrom('', ...TROUBLE)), {
      minLength: 1,
      maxLength: 6,
    })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: VALID.length - 1 }), edits, (contract, changes) => {
        let text = stringify(VALID[contract], { aliasDuplicateObjects: false })
        for (const [at, length, insert] of changes) {
          const start = at % (text.length + 1)
          text = text.slice(0, start) + insert + text.slice(start + length)
        }
        for (const finding of findingsOf(text)) expectClear(finding, text)
      }),
      { numRuns: 1_500, seed: SEED },
    )
  })

  it('never throws on arbitrary values under the keys of the standard', () => {
    const key = fc.constantFrom(
      'schema',
      'servers',
      'properties',
      'relationships',
      'customProperties',
      'name',
      'items',
      'quality',
      'to',
      'from',
      'property',
      'value',
      'roles',
      'team',
      'type',
      'enum',
      'logicalType',
    )
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom(
          'Customer',
          'customer_id',
          '',
          'rowFilter',
          'string',
          'array',
          'a.b',
          'schema/a/properties/b',
          '__proto__',
          'constructor',
        ),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 6 }),
      ),
    }))
    fc.assert(
      fc.property(tree, (value) => {
        const root = {
          apiVersion: 'v3.1.0',
          kind: 'DataContract',
          id: 'x',
          version: '1.0.0',
          status: 'active',
          domain: 'lab',
          ...(typeof value === 'object' && !Array.isArray(value) ? value : { schema: value }),
        }
        const text = stringify(root)
        for (const finding of findingsOf(text)) expectClear(finding, text)
      }),
      { numRuns: 1_500, seed: SEED },
    )
  })
})

/** The document after one mutation, at the first place from the chosen one on where it applies. */
function mutate(contract: number, mutation: number, place: number): { root: Json; name: string; rules: readonly string[] } {
  const { name, apply, rules } = MUTATIONS[mutation] as Mutation
  for (let step = 0; step < VALID.length; step += 1) {
    const valid = VALID[(contract + step) % VALID.length] as Json
    if (name === 'the contract is not a record') return { root: [valid], name, rules }
    const places = placesIn(valid).filter((path) => path.length > 0)
    for (let offset = 0; offset < places.length; offset += 1) {
      const root = structuredClone(valid)
      if (apply(root, places[(place + offset) % places.length] as Path)) return { root, name, rules }
    }
  }
  throw new Error(`no contract has a place for: ${name}`)
}

function expectClear(finding: Diagnostic, text: string): void {
  const lines = text.split('\n')
  const { position } = finding
  expect(finding.rule).toMatch(/^contract-[a-z-]+$/)
  expect(finding.what.trim()).not.toBe('')
  expect(finding.why ?? finding.expected).toBeDefined()
  expect(position?.line).toBeGreaterThanOrEqual(1)
  expect(position?.line).toBeLessThanOrEqual(lines.length)
  expect(position?.column).toBeLessThanOrEqual((lines[(position?.line ?? 1) - 1]?.length ?? 0) + 1)
  expect(formatDiagnostic(finding)).not.toMatch(/\bat \S+ \(|node_modules|\.ts:|undefined|\[object Object\]/)
}
