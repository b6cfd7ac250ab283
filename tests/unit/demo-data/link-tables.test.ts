import { parseSssom } from '@polyseme/kit/lexicon'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeDemoFixture, type DemoFixture } from './demo-fixture.ts'

const TABLES = [
  ['sales-customer--billing-customer', 'sales.Customer', 'billing.Customer', 'skos:narrowMatch'],
  ['sales-customer--support-customer', 'sales.Customer', 'support.Customer', 'skos:relatedMatch'],
  ['marketing-lead--sales-customer', 'marketing.Lead', 'sales.Customer', 'skos:relatedMatch'],
  ['marketing-lead--sales-lead', 'marketing.Lead', 'sales.Lead', 'skos:relatedMatch'],
] as const

let demo: DemoFixture

beforeAll(async () => {
  demo = await makeDemoFixture({ scale: 0.05 })
})

afterAll(() => demo[Symbol.asyncDispose]())

/** The rows of a link table as objects, read by the kit's own parser. */
async function linkRows(id: string): Promise<readonly Record<string, string>[]> {
  const file = `links/${id}.sssom.tsv`
  const parsed = parseSssom(await readFile(join(demo.dataDir, file), 'utf8'), file)
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.diagnostics))
  const { columns, rows } = parsed.value
  return rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at] ?? ''])))
}

describe.each(TABLES)('%s', (id, from, to, predicate) => {
  test('approved rows are exactly the true links, with the moment from which they hold', async () => {
    const rows = await linkRows(id)
    const approved = rows.filter((row) => row['status'] === 'approved' && row['predicate_modifier'] === '' && row['object_id'] !== 'sssom:NoTermFound')
    const gold = await demo.rows(`SELECT subject_key, object_key, strftime(valid_from, '%Y-%m-%dT%H:%M:%SZ') AS since FROM gold."${id}"`)
    expect(approved.map((row) => `${row['subject_id']} ${row['object_id']} ${row['valid_from']}`).toSorted())
      .toEqual(gold.map((row) => `${from}:${String(row['subject_key'])} ${to}:${String(row['object_key'])} ${String(row['since'])}`).toSorted())
    expect(new Set(rows.map((row) => row['predicate_id']))).toEqual(new Set([predicate]))
  })

  test('beside them stand proposals, refusals, former beliefs and known differences, none of them true', async () => {
    const rows = await linkRows(id)
    const kinds = new Set(rows.map((row) => `${row['status']} ${row['predicate_modifier']}`))
    expect(kinds).toEqual(new Set(['approved ', 'approved Not', 'proposed ', 'rejected ', 'superseded ']))
    expect(new Set(rows.map((row) => `${row['subject_id']} ${row['object_id']}`)).size).toBe(rows.length)
    expect(rows.filter((row) => row['status'] === 'proposed').every((row) => Number(row['confidence']) < 0.9 && row['reviewer_id'] === '')).toBe(true)
    expect(rows.filter((row) => row['status'] === 'superseded').every((row) => (row['valid_to'] ?? '') > (row['valid_from'] ?? ''))).toBe(true)
  })

  test('every record it names exists', async () => {
    const rows = await linkRows(id)
    const named = (column: string): readonly string[] => rows.map((row) => row[column] ?? '').filter((value) => value !== 'sssom:NoTermFound')
    const known = async (sense: string): Promise<ReadonlySet<string>> => new Set((await demo.rows(`SELECT DISTINCT key FROM gold.entities WHERE sense = '${sense}'`)).map((row) => `${sense}:${String(row['key'])}`))
    const [subjects, objects] = [await known(from), await known(to)]
    expect(named('subject_id').filter((value) => !subjects.has(value))).toEqual([])
    expect(named('object_id').filter((value) => !objects.has(value))).toEqual([])
  })
})

test('a form becomes a customer at the moment of signing', async () => {
  expect(await demo.value('SELECT count(*)::INTEGER FROM gold."marketing-lead--sales-customer" g JOIN sales.customers c ON c.customer_id::VARCHAR = g.object_key WHERE g.valid_from <> c.signed_at')).toBe(0)
  expect(await demo.value('SELECT count(*)::INTEGER FROM gold."marketing-lead--sales-customer" g JOIN marketing.leads l ON l.lead_id::VARCHAR = g.subject_key WHERE g.valid_from <= l.submitted_at')).toBe(0)
})
