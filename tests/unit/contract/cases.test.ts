import { parseContracts, type DataProduct } from '@polyseme/kit/contract'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { CASES, caseNames, outcomeOf, readCase } from './golden.ts'

// UPDATE_GOLDEN=1 writes what is found; read the difference before you commit it.
const isUpdate = process.env['UPDATE_GOLDEN'] === '1'

describe('golden contracts', () => {
  it.each(caseNames())('%s becomes what is written down', (name) => {
    const outcome: unknown = JSON.parse(JSON.stringify(outcomeOf(readCase(name))))
    const file = join(CASES, name, 'expected.json')
    if (isUpdate) writeFileSync(file, `${JSON.stringify(outcome, null, 2)}\n`)
    expect(outcome).toEqual(JSON.parse(readFileSync(file, 'utf8')))
  })

  it.each(caseNames())('%s holds contracts and one expectation, and no other file', (name) => {
    const strays = readdirSync(join(CASES, name)).filter((file) => file !== 'expected.json' && !file.endsWith('.odcs.yaml'))
    expect(strays).toEqual([])
    expect(readCase(name).length).toBeGreaterThan(0)
  })

  it.each(caseNames().filter((name) => name.startsWith('standard-')))('%s keeps every field of the standard as it was written', (name) => {
    for (const file of readCase(name)) {
      const result = parseContracts([file])
      expect(result.kind).toBe('ok')
      const [product] = result.kind === 'ok' ? result.value : []
      expect(product?.contract).toEqual(asKept(parse(file.text)))
    }
  })

  it.each(caseNames())('%s gives only names that lead somewhere', (name) => {
    const result = parseContracts(readCase(name))
    if (result.kind === 'ok') for (const product of result.value) expectConsistent(product, result.value)
  })

  it.each(caseNames())('%s has what, a rule and a place in every finding', (name) => {
    const result = parseContracts(readCase(name))
    for (const finding of result.kind === 'ok' ? result.warnings : result.diagnostics) {
      expect(finding.rule).toMatch(/^contract-[a-z-]+$/)
      expect(finding.what).not.toBe('')
      expect(finding.expected ?? finding.how, finding.rule).toBeDefined()
      expect(finding.position?.line).toBeGreaterThan(0)
      expect(finding.position?.column).toBeGreaterThan(0)
    }
  })
})

/** The two things that the parser normalises: an empty value is no value, and a list of members is a team. */
function asKept(contract: unknown): unknown {
  const kept = withoutEmpty(contract)
  if (typeof kept !== 'object' || kept === null || !('team' in kept) || !Array.isArray(kept.team)) return kept
  return { ...kept, team: { members: kept.team as unknown } }
}

/** Free-form values keep their nulls: they stand under these keys. */
const FREE = new Set(['value', 'valueExt', 'arguments', 'examples', 'implementation', 'mustBe', 'mustNotBe', 'map'])

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([key, one]) => one !== null || FREE.has(key))
  return Object.fromEntries(entries.map(([key, one]) => [key, FREE.has(key) ? (one as unknown) : withoutEmpty(one)]))
}

function expectConsistent(product: DataProduct, all: readonly DataProduct[]): void {
  const objects = all.flatMap((one) => one.objects)
  expect(new Set(objects.map(({ typeName }) => typeName)).size).toBe(objects.length)
  for (const object of product.objects) {
    const fields = object.properties.map(({ field }) => field)
    const names = [...fields, ...object.relationships.map(({ field }) => field)]
    expect(new Set(names).size, object.name).toBe(names.length)
    for (const name of [object.typeName, ...Object.values(object.fields), ...names]) expect(name).toMatch(/^(?!__)[_A-Za-z]\w*$/)
    for (const field of object.keys.flat()) expect(fields).toContain(field)
    for (const { field } of object.rowFilters) expect(fields).toContain(field)
    for (const { toType, on } of object.relationships) {
      const to = objects.find(({ typeName }) => typeName === toType)
      for (const pair of on) {
        expect(fields).toContain(pair.from)
        expect(to?.properties.map(({ field }) => field)).toContain(pair.to)
      }
    }
    for (const { values } of object.properties) {
      const valueNames = values?.map((value) => value.name) ?? []
      expect(new Set(valueNames).size).toBe(valueNames.length)
      for (const valueName of valueNames) expect(valueName).toMatch(/^(?!__)[_A-Z][_0-9A-Z]*$/)
    }
  }
}
