import { DuckDBInstance } from '@duckdb/node-api'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startDemoMesh } from '../testkit/demo-mesh.ts'
import type { GatewayMesh } from '../testkit/gateway-mesh.ts'

/** Mapping, where to read it from (domain, list, key), by which field, and the counterpart's key. */
type MappingCase = readonly [mapping: string, domain: string, list: string, key: string, way: string, otherKey: string]

const MAPPINGS: readonly MappingCase[] = [
  ['sales-customer--billing-customer', 'sales', 'customers', 'customerId', 'asBillingCustomer', 'customerId'],
  ['sales-customer--support-customer', 'sales', 'customers', 'customerId', 'asSupportCustomer', 'customerId'],
  ['marketing-lead--sales-customer', 'marketing', 'leads', 'leadId', 'asSalesCustomer', 'customerId'],
  ['marketing-lead--sales-lead', 'marketing', 'leads', 'leadId', 'asSalesLead', 'leadId'],
  ['support-customer--marketing-customer', 'support', 'customers', 'customerId', 'asMarketingCustomer', 'customerId'],
]

let mesh: GatewayMesh

beforeAll(async () => {
  mesh = await startDemoMesh()
})

afterAll(async () => await mesh[Symbol.asyncDispose]())

type Row = Readonly<Record<string, unknown>>

/** Every pair that the graph shows, as `from→to`. */
async function linksInTheGraph([, domain, list, key, way, otherKey]: MappingCase): Promise<readonly string[]> {
  const query = `query Links($after: String) { ${domain} { ${list}(first: 1000, after: $after) { nodes { ${key} ${way} { ${otherKey} } } pageInfo { hasNextPage endCursor } } } }`
  const pairs: string[] = []
  let after: string | undefined
  do {
    const { data, errors } = await mesh.ask(query, { as: 'analyst', variables: { after } })
    expect(errors).toEqual([])
    const page = (data as Record<string, Record<string, { nodes: readonly Row[]; pageInfo: { hasNextPage: boolean; endCursor: string } }>>)[domain]?.[list]
    for (const node of page?.nodes ?? []) {
      const found = (node[way] ?? []) as Row | readonly Row[]
      const counterparts: readonly Row[] = Array.isArray(found) ? found : [found]
      pairs.push(...counterparts.map((counterpart) => `${String(node[key])}→${String(counterpart[otherKey])}`))
    }
    after = page?.pageInfo.hasNextPage === true ? page.pageInfo.endCursor : undefined
  } while (after !== undefined)
  return pairs.toSorted()
}

async function goldLinks(mapping: string): Promise<readonly string[]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    const rows = (await connection.runAndReadAll(`SELECT CAST(subject_key AS VARCHAR), CAST(object_key AS VARCHAR) FROM '${join(mesh.sourceDir, 'gold', `${mapping}.parquet`)}'`)).getRowsJS()
    return rows.map(([from, to]) => `${from as string}→${to as string}`).toSorted()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

describe.each(MAPPINGS)('%s', (...mapping) => {
  test('shows exactly the true links: none missing, none invented', async () => {
    const gold = await goldLinks(mapping[0])
    expect(gold.length).toBeGreaterThan(100)
    expect(await linksInTheGraph(mapping)).toEqual(gold)
  })
})
