import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { ACCESS_TOKEN_AUDIENCE, loadIssuerKeys, signPersonaToken } from '../../gateway/issuer/index.ts'
import { createLog, startGateway, type GatewayConfig } from '../../gateway/main.ts'
import { startHttp } from './foreign-subgraph.ts'

/** A page that the gateway asks the domain for. */
export interface AskedPage {
  /** Number of the first row. */
  readonly from: number
  readonly rows: number
  readonly response: ServerResponse
  /** The whole answer that a domain would give. */
  readonly answer: string
}

export interface PagedDomainOptions {
  readonly rowCount: number
  /** Text of each row, so that rows can be long. */
  readonly note?: string
  /** The product needs an access agreement. */
  readonly needsAgreement?: boolean
  /** Of the text; default `internal`. */
  readonly classification?: string
  /** Answers a page in place of the domain. */
  readonly onPage?: (page: AskedPage) => void | Promise<void>
  readonly config?: Partial<GatewayConfig>
}

/** One domain, `hr`, with one list, `people`, behind a gateway; the test decides how the domain answers. */
export interface PagedDomain extends AsyncDisposable {
  readonly url: string
  readonly dataDir: string
  /** Pages that were asked for, in order. */
  readonly asked: readonly number[]
  readonly log: readonly string[]
  readonly token: (subject?: string, lifetimeSec?: number) => Promise<string>
}

const ISSUER = 'https://issuer.test'

export const PEOPLE = '{ hr { people { nodes { personId note } } } }'

/** Starts domain and gateway on free ports. */
export async function startPagedDomain(options: PagedDomainOptions): Promise<PagedDomain> {
  await using stack = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'polyseme-paged-'))
  stack.defer(async () => await rm(dataDir, { recursive: true, force: true }))
  await mkdir(join(dataDir, 'hr'))
  await writeFile(join(dataDir, 'hr/people.odcs.yaml'), contract(options))
  const asked: number[] = []
  const domain = await startHttp(async (request, response) => {
    const { variables = {} } = JSON.parse(await text(request)) as { variables?: { readonly pageRows?: number; readonly pageAfter?: string } }
    const from = Number(variables.pageAfter ?? 0)
    const rows = Math.min(variables.pageRows ?? 100, options.rowCount - from)
    asked.push(from)
    const answer = pageText(from, rows, options)
    if (options.onPage === undefined) response.setHeader('content-type', 'application/json').end(answer)
    else await options.onPage({ from, rows, response, answer })
  })
  stack.defer(domain.close)
  const keys = await loadIssuerKeys(join(dataDir, 'keys'))
  const log: string[] = []
  const gateway = await startGateway({
    environment: 'development', host: '127.0.0.1', port: 0, dataDir, keysDir: join(dataDir, 'keys'),
    issuers: [{ issuer: ISSUER, audience: ACCESS_TOKEN_AUDIENCE, clockToleranceSec: 0, jwks: { keys: keys.signing.map(({ d: _private, ...publicPart }) => publicPart) } }],
    subgraphs: [{ name: 'hr', url: domain.url, schema: { kind: 'contracts', dir: join(dataDir, 'hr') } }],
    ...options.config,
  }, { log: createLog((line) => log.push(line)) })
  stack.defer(async () => await gateway.close())
  const held = stack.move()
  return {
    url: gateway.url, dataDir, asked, log,
    token: async (subject = 'ana', lifetimeSec = 3_600) => await signPersonaToken({ id: subject, summary: '', scopes: ['hr:read'], roles: [], claims: {} }, { issuer: ISSUER, keys, lifetimeSec }),
    [Symbol.asyncDispose]: async () => await held.disposeAsync(),
  }
}

/** Writes a text and never ends it, so that an answer stays in its middle. */
export async function writeAndHang(response: ServerResponse, half: string): Promise<void> {
  response.setHeader('content-type', 'application/json').write(half)
  await once(response, 'close')
}

function pageText(from: number, rows: number, { rowCount, note = 'x' }: PagedDomainOptions): string {
  const nodes = Array.from({ length: rows }, (_unused, index) => `{"personId":${from + index},"note":${JSON.stringify(note)}}`)
  const info = `{"hasNextPage":${from + rows < rowCount},"endCursor":"${from + rows}"}`
  return `{"data":{"hr":{"people":{"nodes":[${nodes.join(',')}],"polyseme_page":${info}}}}}`
}

function contract({ needsAgreement = false, classification = 'internal' }: PagedDomainOptions): string {
  return `apiVersion: v3.1.0
kind: DataContract
id: hr-people
name: people
version: 1.0.0
status: active
domain: hr
description: { purpose: Who works here. }
team: { name: hr team, members: [{ username: olga, role: owner }] }
roles: [{ role: 'hr:read', access: read }]
servers: [{ server: files, type: local, path: 'data/hr/people.parquet', format: parquet }]
${needsAgreement ? 'customProperties: [{ property: agreement, value: required }]\n' : ''}schema:
  - name: Person
    physicalName: people
    description: One person.
    customProperties: [{ property: graphqlPlural, value: people }, { property: pageMaxRows, value: 1000 }]
    properties:
      - { name: person_id, logicalType: integer, primaryKey: true, required: true, classification: internal, description: Our number. }
      - { name: note, logicalType: string, classification: ${classification}, description: What is to be known. }
`
}
