import { DuckDBInstance } from '@duckdb/node-api'
import { globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askGraphql, type AskOptions, type GatewayMesh, type MeshAnswer } from '../testkit/gateway-mesh.ts'
import { startDemoMesh } from '../testkit/demo-mesh.ts'

/** Issue 2's question: customers of a region, who pays and owes, who calls and waits, which forms became them, and why. */
const MAIN_JOB = `query MainJob($first: Int!, $after: String) {
  sales {
    customers(where: { region: { eq: EMEA } }, orderBy: [{ customerId: ASC }], first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes {
        customerId name region
        asBillingCustomer { customerId legalName currency openBalance }
        asSupportCustomer { customerId fullName tickets(where: { status: { in: [NEW, OPEN, PENDING] } }, orderBy: [{ ticketId: ASC }], first: 100) { nodes { ticketId subject status } } }
        asMarketingLead { leadId form campaignId }
        mappings { mapping negative to { sense key } confidence justification validFrom }
      }
    }
  }
}`

interface CustomerAnswer {
  readonly customerId: number
  readonly name: string
  readonly region: string
  readonly asBillingCustomer: readonly { readonly customerId: number }[] | null
  readonly asSupportCustomer: readonly { readonly customerId: number }[] | null
  readonly asMarketingLead: readonly { readonly leadId: number }[] | null
  readonly mappings: readonly MappingAnswer[] | null
}

interface MappingAnswer {
  readonly mapping: string
  readonly negative: boolean
  readonly to: { readonly sense: string; readonly key: readonly string[] } | null
  readonly confidence: number
  readonly justification: string
  readonly validFrom: string
}

interface Page {
  readonly nodes: readonly CustomerAnswer[]
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string }
}

let mesh: GatewayMesh

beforeAll(async () => {
  mesh = await startDemoMesh({ separate: ['billing'] })
})

afterAll(async () => await mesh[Symbol.asyncDispose]())

async function askMainJob(options: AskOptions): Promise<MeshAnswer> {
  return await mesh.ask(MAIN_JOB, { ...options, variables: { first: 50, ...options.variables } })
}

function pageOf(answer: MeshAnswer): Page {
  return (answer.data as { sales: { customers: Page } }).sales.customers
}

/** The answer with lists whose order means nothing in the order of their keys. */
function sorted(customer: CustomerAnswer): CustomerAnswer {
  const byKey = <Row>(rows: readonly Row[] | null, key: (row: Row) => number | string): readonly Row[] | null => rows?.toSorted((a, b) => (key(a) < key(b) ? -1 : 1)) ?? null
  return {
    ...customer,
    asBillingCustomer: byKey(customer.asBillingCustomer, (row) => row.customerId),
    asSupportCustomer: byKey(customer.asSupportCustomer, (row) => row.customerId),
    asMarketingLead: byKey(customer.asMarketingLead, (row) => row.leadId),
    mappings: byKey(customer.mappings, (row) => `${row.mapping} ${row.negative} ${row.to?.key.join('/')}`),
  }
}

/** SQL over the domains' own files, the gold links and the link tables: the oracle. */
async function computeByHand(dataDir: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    await connection.run("SET TimeZone = 'UTC'")
    for (const file of globSync('{data/*,gold}/*.parquet', { cwd: dataDir })) {
      const [name = '', folder = ''] = file.replace('.parquet', '').split('/').toReversed()
      await connection.run(`CREATE SCHEMA IF NOT EXISTS "${folder}"`)
      await connection.run(`CREATE VIEW "${folder}"."${name}" AS FROM '${join(dataDir, file)}'`)
    }
    await connection.run('CREATE SCHEMA links')
    for (const file of globSync('links/*.sssom.tsv', { cwd: dataDir })) {
      await connection.run(`CREATE VIEW links."${basename(file, '.sssom.tsv')}" AS FROM read_csv('${join(dataDir, file)}', delim = '\\t', comment = '#', header = true, all_varchar = true)`)
    }
    return (await connection.runAndReadAll(sql)).getRowObjectsJson()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

const why = (mapping: string, me: 'subject_id' | 'object_id', other: 'subject_id' | 'object_id'): string => `
  SELECT split_part(${me}, ':', 2) AS key, '${mapping}' AS mapping, coalesce(predicate_modifier, '') = 'Not' AS negative,
    CASE WHEN ${other} = 'sssom:NoTermFound' THEN NULL ELSE {sense: split_part(${other}, ':', 1), key: [split_part(${other}, ':', 2)]} END AS "to",
    confidence::DOUBLE AS confidence, mapping_justification AS justification, replace(valid_from, 'Z', '.000Z') AS "validFrom"
  FROM links."${mapping}" WHERE status = 'approved'`

const BY_HAND = `
  WITH c AS (SELECT * FROM sales.customers WHERE region = 'EMEA' ORDER BY customer_id LIMIT 500),
  payer AS (
    SELECT g.subject_key AS key, list({customerId: b.customer_id, legalName: b.legal_name, currency: b.currency, openBalance: b.open_balance::VARCHAR} ORDER BY b.customer_id) AS v
    FROM gold."sales-customer--billing-customer" g JOIN billing.customers b ON b.customer_id::VARCHAR = g.object_key GROUP BY 1
  ), ticket AS (
    SELECT customer_id, list({ticketId: ticket_id, subject: subject, status: upper(status)} ORDER BY ticket_id) AS v FROM support.tickets WHERE status IN ('new', 'open', 'pending') GROUP BY 1
  ), contact AS (
    SELECT g.subject_key AS key, list({customerId: s.customer_id, fullName: s.full_name, tickets: {nodes: coalesce(t.v, [])}} ORDER BY s.customer_id) AS v
    FROM gold."sales-customer--support-customer" g JOIN support.customers s ON s.customer_id::VARCHAR = g.object_key LEFT JOIN ticket t USING (customer_id) GROUP BY 1
  ), form AS (
    SELECT g.object_key AS key, list({leadId: l.lead_id, form: upper(l.form), campaignId: l.campaign_id} ORDER BY l.lead_id) AS v
    FROM gold."marketing-lead--sales-customer" g JOIN marketing.leads l ON l.lead_id::VARCHAR = g.subject_key GROUP BY 1
  ), why AS (
    SELECT key, list({mapping: mapping, negative: negative, "to": "to", confidence: confidence, justification: justification, validFrom: "validFrom"}) AS v FROM (
      ${why('sales-customer--billing-customer', 'subject_id', 'object_id')}
      UNION ALL ${why('sales-customer--support-customer', 'subject_id', 'object_id')}
      UNION ALL ${why('marketing-lead--sales-customer', 'object_id', 'subject_id')}
    ) GROUP BY key
  )
  SELECT to_json({customerId: c.customer_id, name: c.name, region: c.region, asBillingCustomer: coalesce(payer.v, []), asSupportCustomer: coalesce(contact.v, []), asMarketingLead: coalesce(form.v, []), mappings: coalesce(why.v, [])}) AS customer
  FROM c LEFT JOIN payer ON payer.key = c.customer_id::VARCHAR LEFT JOIN contact ON contact.key = c.customer_id::VARCHAR LEFT JOIN form ON form.key = c.customer_id::VARCHAR LEFT JOIN why ON why.key = c.customer_id::VARCHAR
  ORDER BY c.customer_id`

describe('the main job', () => {
  test('answers for 500 customers what SQL computes over the same files and the true links', async () => {
    const answered: CustomerAnswer[] = []
    let after: string | undefined
    while (answered.length < 500) {
      const answer = await askMainJob({ as: 'analyst', ...(after === undefined ? {} : { variables: { after } }) })
      expect({ status: answer.status, errors: answer.errors }).toEqual({ status: 200, errors: [] })
      answered.push(...pageOf(answer).nodes)
      after = pageOf(answer).pageInfo.endCursor
    }
    const expected = (await computeByHand(mesh.sourceDir, BY_HAND)).map((row) => JSON.parse(String(row['customer'])) as CustomerAnswer)
    expect(expected.length).toBe(500)
    expect(answered.map(sorted)).toEqual(expected.map(sorted))
    expect(expected.filter((customer) => (customer.asBillingCustomer ?? []).length > 1).length).toBeGreaterThan(50)
    expect(expected.filter((customer) => (customer.asMarketingLead ?? []).length > 0).length).toBeGreaterThan(50)
  })

  test('refuses the question without a token', async () => {
    const answer = await askMainJob({})
    expect(answer.status).toBe(401)
    expect(answer.data).toBeUndefined()
    expect(answer.errors.map((error) => error.extensions?.['code'])).toEqual(['UNAUTHENTICATED'])
  })

  test('answers a support agent with everything but billing, of which nothing is told, not even that it exists', async () => {
    const analyst = pageOf(await askMainJob({ as: 'analyst' })).nodes
    const answer = await askMainJob({ as: 'support-agent' })
    expect(answer.status).toBe(200)
    expect(pageOf(answer).nodes.map(sorted)).toEqual(analyst.map((customer) => sorted({
      ...customer,
      asBillingCustomer: null,
      mappings: customer.mappings?.filter((mapping) => mapping.mapping !== 'sales-customer--billing-customer') ?? null,
    })))
    expect(answer.errors.length).toBeGreaterThan(0)
    expect(new Set(answer.errors.map((error) => error.extensions?.['code']))).toEqual(new Set(['UNAUTHORIZED_FIELD_OR_TYPE']))
    expect(new Set(answer.errors.map((error) => error.path?.join('.')))).toEqual(new Set(['sales.customers.nodes.@.asBillingCustomer']))
  })

  test('M06 shows an analyst of one region the rows of that region only, in totals and aggregates too', async () => {
    const { data, errors } = await mesh.ask('{ sales { customers(first: 1) { totalCount nodes { region } } customersAggregate(groupBy: [{ field: region }]) { group { region } count } } }', { as: 'sales-analyst-emea' })
    const [expected] = await computeByHand(mesh.sourceDir, "SELECT count(*)::INTEGER AS n FROM sales.customers WHERE region = 'EMEA'")
    expect({ data, errors }).toEqual({ data: { sales: { customers: { totalCount: expected?.['n'], nodes: [{ region: 'EMEA' }] }, customersAggregate: [{ group: { region: 'EMEA' }, count: expected?.['n'] }] } }, errors: [] })
  })

  test('M11 shows no rows to whose token names no region', async () => {
    const { data, errors } = await mesh.ask('{ sales { customers { totalCount nodes { customerId } } orders { totalCount } customersAggregate { count } } }', { as: { id: 'regionless', summary: '', scopes: ['sales:read'], roles: [], claims: {} } })
    expect({ data, errors }).toEqual({ data: { sales: { customers: { totalCount: 0, nodes: [] }, orders: { totalCount: 0 }, customersAggregate: [{ count: 0 }] } }, errors: [] })
  })

  test('E01 a counterpart outside the caller\'s region looks exactly like none, and so does every word about it', async () => {
    const query = '{ marketing { leads(first: 1000, orderBy: [{ leadId: ASC }]) { nodes { leadId asSalesCustomer { customerId region } mappings(to: ["sales.Customer"]) { to { key } } } } } }'
    const answer = await mesh.ask(query, { as: 'sales-analyst-emea' })
    expect(answer.errors).toEqual([])
    const shown = (answer.data as { marketing: { leads: { nodes: readonly { leadId: number; asSalesCustomer: { customerId: number; region: string } | null; mappings: readonly { to: { key: readonly string[] } | null }[] }[] } } }).marketing.leads.nodes
    const expected = await computeByHand(mesh.sourceDir, `
      SELECT l.lead_id, c.customer_id, c.region FROM (SELECT lead_id FROM marketing.leads ORDER BY lead_id LIMIT 1000) l
      LEFT JOIN gold."marketing-lead--sales-customer" g ON g.subject_key = l.lead_id::VARCHAR LEFT JOIN sales.customers c ON c.customer_id::VARCHAR = g.object_key ORDER BY l.lead_id`)
    expect(shown.map((lead) => lead.asSalesCustomer)).toEqual(expected.map((row) => (row['region'] === 'EMEA' ? { customerId: row['customer_id'], region: 'EMEA' } : null)))
    const elsewhere = new Set(expected.filter((row) => row['region'] !== null && row['region'] !== 'EMEA').map((row) => row['lead_id']))
    expect(elsewhere.size).toBeGreaterThan(10)
    expect(shown.filter((lead) => elsewhere.has(lead.leadId) && lead.mappings.some((mapping) => mapping.to?.key[0] === String(expected.find((row) => row['lead_id'] === lead.leadId)?.['customer_id'])))).toEqual([])
  })

  test.each(['sales', 'marketing', 'billing', 'support'])('F01 %s answers no one but the gateway', async (name) => {
    const url = mesh.domains.get(name)?.url ?? ''
    const query = { query: '{ __typename }' }
    expect((await askGraphql(url, query)).status).toBe(401)
    expect((await askGraphql(url, query, await mesh.token('analyst'))).status).toBe(401)
  })

  test('T01 a killed subgraph costs its own fields and one error that names it; started again, answers are whole', async () => {
    const before = await askMainJob({ as: 'analyst' })
    const billing = mesh.domains.get('billing')
    await billing?.stop()
    const without = await askMainJob({ as: 'analyst' })
    expect(without.status).toBe(200)
    const rest = (customers: readonly CustomerAnswer[]): readonly unknown[] => customers.map(({ asBillingCustomer: _billing, ...customer }) => sorted({ ...customer, asBillingCustomer: null }))
    expect(rest(pageOf(without).nodes)).toEqual(rest(pageOf(before).nodes))
    expect(without.errors.map((error) => error.extensions)).toEqual([expect.objectContaining({ code: 'SUBGRAPH_UNAVAILABLE', subgraph: 'billing' })])
    await billing?.start()
    await expect.poll(async () => (await askMainJob({ as: 'analyst' })).errors, { timeout: 20_000, interval: 200 }).toEqual([])
    expect(pageOf(await askMainJob({ as: 'analyst' })).nodes.map(sorted)).toEqual(pageOf(before).nodes.map(sorted))
  })
})
