import { loadOrCreateSigningKey } from '@polyseme/kit/identity'
import { loadDomain, startSubgraph } from '@polyseme/kit/subgraph'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ACCESS_TOKEN_AUDIENCE, loadIssuerKeys, signPersonaToken } from '../../gateway/issuer/index.ts'
import { verifyAuditLog } from '../../gateway/usage/index.ts'
import { startHttp } from '../testkit/foreign-subgraph.ts'
import { askGraphql } from '../testkit/gateway-mesh.ts'
import { postForExport } from '../testkit/post-for-export.ts'
import { startServe, type ServeProcess } from '../testkit/serve-process.ts'

const ISSUER = 'https://issuer.test'
const CONTRACT = `apiVersion: v3.1.0
kind: DataContract
id: hr-people
name: people
version: 1.0.0
status: active
domain: hr
roles: [{ role: 'hr:read', access: read }]
servers: [{ server: files, type: local, format: csv, path: people.csv }]
schema:
  - name: Person
    physicalName: people
    properties:
      - { name: person_id, logicalType: integer, primaryKey: true, required: true }
      - { name: email, logicalType: string, classification: confidential }
`
const PROTECTED = '{ hr { people { nodes { email } } } }'
const PUBLIC = '{ hr { people { nodes { personId } } } }'

const held = new AsyncDisposableStack()
let folder = ''
let served: ServeProcess
let token = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'polyseme-audit-'))
  held.defer(async () => await rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'hr'))
  await writeFile(join(folder, 'hr/people.odcs.yaml'), CONTRACT)
  await writeFile(join(folder, 'people.csv'), 'person_id,email\n1,ana@example.com\n')
  const keysDir = join(folder, '.polyseme/keys')
  const signingKey = await loadOrCreateSigningKey(keysDir)
  const loaded = await loadDomain(join(folder, 'hr'))
  if (loaded.kind === 'invalid') throw new Error(JSON.stringify(loaded.diagnostics))
  const hr = await startSubgraph({ products: loaded.value.products, dataDir: folder, trust: signingKey.publicJwks, port: 0 })
  held.defer(async () => await hr.close())
  const keys = await loadIssuerKeys(keysDir)
  const jwks = JSON.stringify({ keys: keys.signing.map(({ d: _private, ...publicPart }) => publicPart) })
  const issuer = await startHttp((_request, response) => void response.setHeader('content-type', 'application/json').end(jwks))
  held.defer(issuer.close)
  token = await signPersonaToken({ id: 'ana', summary: '', scopes: ['hr:read'], roles: [], claims: {} }, { issuer: ISSUER, keys })
  served = held.use(await startServe(folder, JSON.stringify({
    environment: 'development', port: 0, issuers: [{ issuer: ISSUER, audience: ACCESS_TOKEN_AUDIENCE, jwksUrl: issuer.url }],
    subgraphs: [{ name: 'hr', url: hr.url, contracts: 'hr' }],
  })))
}, 60_000)

afterAll(async () => await held.disposeAsync())

async function answerTo(query: string): Promise<{ readonly status: number; readonly data: unknown; readonly code: unknown }> {
  const { status, data, errors } = await askGraphql(`${served.url}/graphql`, { query }, token)
  return { status, data: data ?? null, code: errors[0]?.extensions?.['code'] }
}

/** Lets the gateway's files grow no more, or again. */
async function limitFiles(bytes: number | 'unlimited'): Promise<void> {
  const [code] = (await once(spawn('prlimit', ['--pid', String(served.pid), `--fsize=${bytes}:`], { stdio: 'inherit' }), 'close')) as [number]
  expect(code).toBe(0)
}

it('X04 while the audit store cannot be written, what is protected answers 503 and tells nothing, what is public goes on, and so does all when it can', { timeout: 60_000 }, async () => {
  const clear = { hr: { people: { nodes: [{ email: 'ana@example.com' }] } } }
  const open = { hr: { people: { nodes: [{ personId: 1 }] } } }
  expect(await answerTo(PROTECTED)).toMatchObject({ status: 200, data: clear })
  await limitFiles((await stat(join(folder, '.polyseme/audit/audit-000001.jsonl'))).size)
  for (let times = 0; times < 3; times++) {
    expect(await answerTo(PROTECTED)).toEqual({ status: 503, data: null, code: 'AUDIT_UNAVAILABLE' })
    expect(await answerTo(PUBLIC)).toMatchObject({ status: 200, data: open })
  }
  const refused = await postForExport(served.url, { query: PROTECTED }, { token })
  expect(refused).toMatchObject({ status: 503, body: expect.stringContaining('AUDIT_UNAVAILABLE') as string })
  expect(refused.body).not.toContain('ana@')
  await limitFiles('unlimited')
  expect(await answerTo(PROTECTED)).toMatchObject({ status: 200, data: clear })
  await served.stop()
  const outcomes: unknown[] = []
  expect(await verifyAuditLog(join(folder, '.polyseme/audit'), { onRecord: ({ entry }) => outcomes.push(entry.outcome) })).toMatchObject({ kind: 'intact' })
  expect(outcomes).toEqual(['answered', 'answered'])
})
