import { readdir, readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AuditEntry } from '../../gateway/usage/index.ts'
import { startDemoMesh } from '../testkit/demo-mesh.ts'
import type { GatewayMesh } from '../testkit/gateway-mesh.ts'
import { postForExport, type LongAnswer } from '../testkit/post-for-export.ts'

let mesh: GatewayMesh

beforeAll(async () => {
  mesh = await startDemoMesh()
})

afterAll(async () => await mesh[Symbol.asyncDispose]())

const CUSTOMERS = '{ sales { customers { nodes { customerId name country region } } } }'

async function exported(body: object, as = 'analyst', headers: Readonly<Record<string, string>> = {}): Promise<LongAnswer> {
  return await postForExport(mesh.url, body, { token: await mesh.token(as), headers })
}

async function totalOf(field: string, as = 'analyst'): Promise<number> {
  const { data } = await mesh.ask(`{ sales { ${field} { totalCount } } }`, { as })
  return (data as { sales: Record<string, { totalCount: number }> }).sales[field]?.totalCount ?? -1
}

function errorOf({ body }: LongAnswer): { readonly message: string; readonly extensions: { readonly code: string } } {
  const [error] = (JSON.parse(body) as { errors: readonly [ReturnType<typeof errorOf>] }).errors
  return error
}

async function auditOf({ headers }: LongAnswer): Promise<readonly AuditEntry[]> {
  const dir = join(mesh.config.dataDir, 'audit')
  const lines = (await Promise.all((await readdir(dir)).filter((name) => name.endsWith('.jsonl')).map(async (name) => await readFile(join(dir, name), 'utf8')))).join('').trimEnd().split('\n')
  return lines.map((line) => (JSON.parse(line) as { readonly entry: AuditEntry }).entry).filter(({ requestId }) => requestId === headers['x-request-id'])
}

describe('an export of the demo', () => {
  it('has every row of a product once, as CSV', async () => {
    const { status, headers, body, complete, trailers } = await exported({ query: CUSTOMERS })
    expect({ status, complete }).toEqual({ status: 200, complete: true })
    expect(headers).toMatchObject({ 'content-type': 'text/csv; charset=utf-8; header=present', 'content-disposition': 'attachment; filename="customers.csv"', 'cache-control': 'no-store' })
    const [header, ...lines] = body.trimEnd().split('\r\n')
    expect(header).toBe('customerId,name,country,region')
    const total = await totalOf('customers')
    expect(total).toBeGreaterThan(900)
    expect(lines.length).toBe(total)
    expect(new Set(lines.map((line) => line.split(',', 1)[0])).size).toBe(total)
    expect(trailers['x-polyseme-rows']).toBe(String(total))
  })

  it('is one JSON object a line where the client asks for that, the same as GraphQL answers', async () => {
    const body = { query: 'query ($c: String) { sales { customers(where: { country: { eq: $c } }) { nodes { customerId orders(first: 2) { nodes { orderId } } asBillingCustomer { legalName } } } } }', variables: { c: 'Sweden' } }
    const { status, headers, body: text, trailers } = await exported(body, 'analyst', { accept: 'application/x-ndjson' })
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'application/x-ndjson; charset=utf-8' })
    const { data } = await mesh.ask(body.query.replace('where: {', 'first: 1000, where: {'), { as: 'analyst', variables: body.variables })
    const nodes = (data as { sales: { customers: { nodes: readonly unknown[] } } }).sales.customers.nodes
    expect(text).toBe(nodes.map((node) => `${JSON.stringify(node)}\n`).join(''))
    expect(trailers['x-polyseme-rows']).toBe(String(nodes.length))
    expect(nodes.length).toBeGreaterThan(5)
  })

  it.each([
    '{ sales { customers { nodes { customerId orders { nodes { orderId } } } } } }',
    '{ sales { customers { nodes { customerId orders(first: null) { edges { node { orderId } } } } } } }',
    'query ($n: Int) { sales { customers { nodes { customerId ...O } } } } fragment O on SalesCustomer { orders(first: $n) { ... { nodes { orderId } } } }',
    '{ sales { customers { nodes { orders(first: 2) { nodes { customer { orders { nodes { orderId } } } } } } } } }',
  ])('never cuts a list below a row without a word: %s', async (query) => {
    for (const format of ['csv', 'ndjson']) {
      const refused = await exported({ query, format })
      expect({ status: refused.status, message: errorOf(refused).message }).toEqual({ status: 400, message: '`orders` below a row would be cut at its first page: add `first: N` to `orders`, or export it as a list of its own' })
    }
  })

  it('cuts a list below a row where the client says so, and counts it whole', async () => {
    const query = 'query ($n: Int = 2) { sales { customers { nodes { orders(first: $n) { nodes { orderId } pageInfo { hasNextPage } } all: orders { totalCount } } } } }'
    const { status, body } = await exported({ query, format: 'ndjson', maxRows: 50 })
    expect(status).toBe(200)
    const rows = body.trimEnd().split('\n').map((line) => JSON.parse(line) as { readonly orders: { readonly nodes: readonly unknown[]; readonly pageInfo: object }; readonly all: { readonly totalCount: number } })
    expect(rows.some(({ all }) => all.totalCount > 2)).toBe(true)
    for (const { orders, all } of rows) expect(orders).toMatchObject({ nodes: { length: Math.min(2, all.totalCount) }, pageInfo: { hasNextPage: all.totalCount > 2 } })
    const tooMany = await exported({ query, format: 'ndjson', variables: { n: 100_000 } })
    expect(tooMany.status).toBe(400)
  })

  it('of rows without a field is refused', async () => {
    const refused = await exported({ query: '{ sales { customers { nodes { name @skip(if: true) } } } }' })
    expect({ status: refused.status, message: errorOf(refused).message }).toEqual({ status: 400, message: 'nothing is selected of a row: `@skip` and `@include` leave no field' })
  })

  it('ends at `maxRows`', async () => {
    const { body, trailers } = await exported({ query: CUSTOMERS, format: 'ndjson', maxRows: 7 })
    expect(body.trimEnd().split('\n').length).toBe(7)
    expect(trailers['x-polyseme-rows']).toBe('7')
  })

  it('asks for smaller pages where a row brings much along', async () => {
    const query = '{ sales { regions: customers(where: { region: { eq: EMEA } }) { nodes { orders(first: 500) { nodes { orderId customer { orders(first: 300) { nodes { orderId } } } } } } } } }'
    const { status, complete, body } = await exported({ query, format: 'ndjson', maxRows: 200 })
    expect({ status, complete, error: status === 200 ? '' : body }).toEqual({ status: 200, complete: true, error: '' })
    expect(body.trimEnd().split('\n').length).toBe(200)
  })

  it('M13 has the rows and masks that GraphQL gives the same caller', async () => {
    const { body } = await exported({ query: CUSTOMERS, format: 'ndjson' }, 'sales-analyst-emea')
    const rows = body.trimEnd().split('\n').map((line) => JSON.parse(line) as { readonly region: string })
    expect(rows.length).toBe(await totalOf('customers', 'sales-analyst-emea'))
    expect(new Set(rows.map(({ region }) => region))).toEqual(new Set(['EMEA']))
    const people = '{ support { customers { nodes { customerId email phone } } } }'
    const masked = await exported({ query: people, format: 'ndjson', maxRows: 50 })
    const { data } = await mesh.ask(people.replace('customers', 'customers(first: 50)'), { as: 'analyst' })
    const nodes = (data as { support: { customers: { nodes: readonly unknown[] } } }).support.customers.nodes
    expect(masked.body).toBe(nodes.map((node) => `${JSON.stringify(node)}\n`).join(''))
    expect(masked.body).toContain('•••@•••')
  })

  it('of what policies keep from files is refused with the reason, though it may be read', async () => {
    const query = '{ billing { customers { nodes { customerId iban } } } }'
    const refused = await exported({ query }, 'billing-clerk')
    expect(refused.status).toBe(403)
    expect(errorOf(refused)).toMatchObject({ extensions: { code: 'FORBIDDEN' }, message: 'not authorized to export BillingCustomer.iban (policy personal-data.cedar#restricted-not-exported; it needs a change of the policy personal-data.cedar#restricted-not-exported, which forbids to export it)' })
    expect((await mesh.ask(query, { as: 'billing-clerk' })).errors).toEqual([])
    expect(await auditOf(refused)).toMatchObject([{ way: 'export', subject: 'billing-clerk', outcome: 'refused', denied: ['BillingCustomer.iban'] }])
    expect((await exported({ query: query.replace(' iban', ''), maxRows: 3 }, 'billing-clerk')).status).toBe(200)
  })

  it('of a product that the caller may not read is refused whole', async () => {
    const refused = await exported({ query: CUSTOMERS }, 'billing-clerk')
    expect({ status: refused.status, code: errorOf(refused).extensions.code }).toEqual({ status: 403, code: 'FORBIDDEN' })
    expect(errorOf(refused).message).toBe('not authorized to export SalesCustomer.country, SalesCustomer.customerId, SalesCustomer.name, SalesCustomer.region (no policy permits `read`; it needs a token with sales:read)')
    expect((await exported({ query: CUSTOMERS }, 'nobody')).status).toBe(403)
  })

  it.each([
    [{ query: '{ sales { customers { totalCount } } }' }, 400, 'BAD_USER_INPUT'],
    [{ query: '{ nothing { nodes { id } } }' }, 400, 'GRAPHQL_VALIDATION_FAILED'],
    [{ query: CUSTOMERS, format: 'xlsx' }, 400, 'BAD_REQUEST'],
    [{ query: CUSTOMERS, maxRows: 0 }, 400, 'BAD_REQUEST'],
    [{ query: CUSTOMERS, neutraliseFormulas: 'no' }, 400, 'BAD_REQUEST'],
    [{ variables: {} }, 400, 'BAD_REQUEST'],
    [{ query: '{ sales { customers(where: { customerId: { eq: "x" } }) { nodes { name } } } }' }, 400, 'GRAPHQL_VALIDATION_FAILED'],
    [{ query: CUSTOMERS, maxrows: 5 }, 400, 'BAD_REQUEST'],
  ])('of %j is refused', async (body, status, code) => {
    const refused = await exported(body)
    expect({ status: refused.status, code: errorOf(refused).extensions.code }).toEqual({ status, code })
  })

  it('names what it takes where it does not know a key', async () => {
    expect(errorOf(await exported({ query: CUSTOMERS, maxrows: 5 })).message).toBe('an export has no `maxrows`; it takes `query`, `variables`, `operationName`, `format`, `maxRows`, `neutraliseFormulas`')
  })

  it('is of no other type than those it has', async () => {
    const refused = await exported({ query: CUSTOMERS }, 'analyst', { accept: 'application/pdf' })
    expect({ status: refused.status, code: errorOf(refused).extensions.code }).toEqual({ status: 406, code: 'NOT_ACCEPTABLE' })
    expect((await exported({ query: CUSTOMERS, format: 'csv', maxRows: 1 }, 'analyst', { accept: 'application/json' })).status).toBe(200)
  })

  it('that is refused is counted as refused, and not as failed', async () => {
    const counted = async (): Promise<readonly number[]> => {
      const metrics = await (await fetch(`${mesh.url}/metrics`)).text()
      return ['refused', 'failed'].map((outcome) => Number(new RegExp(`polyseme_exports_total{format="ndjson",outcome="${outcome}"} (\\d+)`).exec(metrics)?.[1] ?? 0))
    }
    const [refused = 0, failed = 0] = await counted()
    expect((await exported({ query: CUSTOMERS, format: 'ndjson' }, 'nobody')).status).toBe(403)
    expect((await exported({ query: '{ nothing }', format: 'ndjson' })).status).toBe(400)
    expect(await counted()).toEqual([refused + 2, failed])
  })

  it('needs POST and a token', async () => {
    expect((await fetch(`${mesh.url}/export`, { headers: { authorization: `Bearer ${await mesh.token('analyst')}` } })).status).toBe(405)
    expect((await fetch(`${mesh.url}/export`, { method: 'POST' })).status).toBe(401)
  })

  it('is refused over HTTP/1.0, where nobody could tell that it broke off', async () => {
    const { port } = new URL(mesh.url)
    const socket = connect(Number(port), '127.0.0.1')
    const body = JSON.stringify({ query: CUSTOMERS })
    socket.write(`POST /export HTTP/1.0\r\nauthorization: Bearer ${await mesh.token('analyst')}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 [^]*an export needs HTTP\/1\.1/)
  })

  it('stands in the audit log with purpose and rows, at its begin and at its end', async () => {
    const answer = await exported({ query: CUSTOMERS, maxRows: 9 }, 'analyst', { 'x-purpose': 'reporting' })
    expect({ status: answer.status, trailers: answer.trailers }).toEqual({ status: 200, trailers: { 'x-polyseme-rows': '9' } })
    expect(await auditOf(answer)).toMatchObject([
      { way: 'export', subject: 'analyst', purpose: 'reporting', products: ['sales/customers'], outcome: 'started' },
      { way: 'export', subject: 'analyst', purpose: 'reporting', outcome: 'answered', rows: 9 },
    ])
  })
})
