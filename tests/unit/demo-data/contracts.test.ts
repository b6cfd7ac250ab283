import { parseContracts, type DataProduct, type ProductObject } from '@polyseme/kit/contract'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeDemoFixture, type DemoFixture } from './demo-fixture.ts'

const ROOT = join(import.meta.dirname, '../../../subgraphs')
const DOMAINS = ['sales', 'marketing', 'billing', 'support']

function productsOf(domain: string): readonly DataProduct[] {
  const files = globSync(join(ROOT, domain, '*.odcs.yaml')).toSorted().map((file) => ({ file, text: readFileSync(file, 'utf8') }))
  const parsed = parseContracts(files)
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.diagnostics, null, 2))
  expect(parsed.warnings).toEqual([])
  return parsed.value
}

const OBJECTS = DOMAINS.flatMap((domain) => productsOf(domain).flatMap((product) => product.objects.map((object) => ({ product, object, at: `${domain}.${object.physicalName}` }))))

let demo: DemoFixture

beforeAll(async () => {
  demo = await makeDemoFixture({ scale: 0.05 })
})

afterAll(() => demo[Symbol.asyncDispose]())

/** The rules of a contract's property or object, as the contract holds them. */
function rulesOf(product: DataProduct, object: ProductObject): readonly { readonly property?: string; readonly metric?: string; readonly query?: string; readonly pattern?: string; readonly values?: readonly unknown[] }[] {
  const schema = product.contract.schema?.find(({ name }) => name === object.name)
  const own = (schema?.quality ?? []).map((rule) => ({ ...(rule.metric === undefined ? {} : { metric: rule.metric }), ...(rule.query === undefined ? {} : { query: rule.query }) }))
  const ofProperties = (schema?.properties ?? []).flatMap((property) => (property.quality ?? []).map((rule) => {
    const pattern = rule.arguments?.['pattern']
    const values = rule.arguments?.['validValues']
    return { property: property.name, ...(rule.metric === undefined ? {} : { metric: rule.metric }), ...(typeof pattern === 'string' ? { pattern } : {}), ...(Array.isArray(values) ? { values } : {}) }
  }))
  return [...own, ...ofProperties]
}

describe.each(OBJECTS)('the contract of $at', ({ product, object, at }) => {
  test('describes exactly the columns that the file has, with their types', async () => {
    const columns = await demo.rows(`DESCRIBE ${at}`)
    const schema = product.contract.schema?.find(({ name }) => name === object.name)
    const described = (schema?.properties ?? []).map((property) => [property.name, property.physicalType === 'TIMESTAMPTZ' ? 'TIMESTAMP WITH TIME ZONE' : property.physicalType])
    expect(described).toEqual(columns.map((row) => [row['column_name'], row['column_type']]))
  })

  test('describes every field, and classifies what is personal', () => {
    expect(object.properties.filter((property) => (property.description ?? '') === '' || property.examples.length === 0).map((property) => property.name)).toEqual([])
    const personal = object.properties.filter((property) => /^(email|contact_email|full_name|contact_name|phone|birth_year|iban|visitor_id)$/.test(property.name) && !(product.domain === 'sales' && property.name === 'phone'))
    expect(personal.filter((property) => !['confidential', 'restricted'].includes(property.classification ?? '')).map((property) => property.name)).toEqual([])
  })

  test('keeps what it promises about keys, missing values, value lists and patterns', async () => {
    for (const property of object.properties.filter(({ required }) => required)) {
      expect([property.name, await demo.value(`SELECT count(*)::INTEGER FROM ${at} WHERE ${property.name} IS NULL`)]).toEqual([property.name, 0])
    }
    const [key = []] = object.keys
    const columns = key.map((field) => object.properties.find((property) => property.field === field)?.name)
    expect(await demo.value(`SELECT (count(*) - count(DISTINCT (${columns.join(', ')})))::INTEGER FROM ${at}`)).toBe(0)
    for (const rule of rulesOf(product, object)) {
      if (rule.property === undefined) continue
      const broken = rule.pattern === undefined
        ? rule.values === undefined ? undefined : `${rule.property} NOT IN (${rule.values.map((value) => `'${String(value)}'`).join(', ')})`
        : `NOT regexp_full_match(${rule.property}, '${rule.pattern.replaceAll('^', '').replaceAll('$', '')}')`
      if (broken !== undefined) expect([rule.property, await demo.value(`SELECT count(*)::INTEGER FROM ${at} WHERE ${broken}`)]).toEqual([rule.property, 0])
    }
  })

  test('uses each value of its value lists', async () => {
    for (const property of object.properties.filter(({ type }) => type === 'enum')) {
      const used = (await demo.rows(`SELECT DISTINCT ${property.name} AS v FROM ${at} WHERE v IS NOT NULL`)).map((row) => String(row['v']))
      expect([property.name, used.toSorted()]).toEqual([property.name, (property.values ?? []).map(({ value }) => value).toSorted()])
    }
  })

  test('has foreign keys that lead somewhere', async () => {
    for (const relationship of object.relationships.filter(({ cardinality }) => cardinality === 'one')) {
      const target = OBJECTS.find((candidate) => candidate.object.typeName === relationship.toType)
      const [pair] = relationship.on
      if (target === undefined || pair === undefined) throw new Error(`no target for ${relationship.field}`)
      const column = (owner: ProductObject, field: string): string => owner.properties.find((property) => property.field === field)?.physicalName ?? field
      const orphans = await demo.value(`SELECT count(*)::INTEGER FROM ${at} a WHERE a.${column(object, pair.from)} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ${target.at} b WHERE b.${column(target.object, pair.to)} = a.${column(object, pair.from)})`)
      expect([relationship.field, orphans]).toEqual([relationship.field, 0])
    }
  })

  test('holds its SQL rules', async () => {
    for (const { query } of rulesOf(product, object)) {
      if (query === undefined) continue
      await demo.connection.run(`SET search_path = '${product.domain}'`)
      expect(Number(await demo.value(query.replaceAll('{object}', object.physicalName)))).toBe(0)
    }
  })
})

test('only sales filters rows, by the region in which every one of its objects stands', () => {
  const filtered = OBJECTS.filter(({ object }) => object.rowFilters.length > 0)
  expect(filtered.map(({ at }) => at).toSorted()).toEqual(['sales.customers', 'sales.leads', 'sales.order_lines', 'sales.orders'])
  expect(filtered[0]?.object.rowFilters).toEqual([{ field: 'region', claim: 'regions', unlessScopes: ['sales:all-regions'] }])
})
