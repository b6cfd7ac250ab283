import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCallSigner, generateSigningKey, type CallSigner } from '@polyseme/kit/identity'
import { loadDomain, startSubgraph, type RunningSubgraph } from '@polyseme/kit/subgraph'

const CONTRACT = `apiVersion: v3.1.0
kind: DataContract
id: things
name: things
version: 1.0.0
status: active
domain: lab
schema:
  - name: Thing
    physicalName: things
    quality: [{ metric: rowCount, mustBe: 2 }, { type: text, description: Somebody looked. }]
    properties: [{ name: code, logicalType: string, quality: [{ metric: nullValues, mustBe: 0 }] }]
roles: [{ role: 'lab:read', access: read }]
servers: [{ server: files, type: local, format: csv, path: 'things.csv' }]
`

let dir = ''
let signer: CallSigner
const running: RunningSubgraph[] = []

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'polyseme-domain-promises-'))
  await writeFile(join(dir, 'things.odcs.yaml'), CONTRACT)
  await writeFile(join(dir, 'things.csv'), 'code,n\na,1\n,2\n')
  signer = createCallSigner({ privateJwk: (await generateSigningKey()).privateJwk })
})

afterAll(async () => {
  for (const subgraph of running) await subgraph.close()
  await rm(dir, { recursive: true, force: true })
})

async function start(measurePromises: boolean): Promise<RunningSubgraph> {
  const loaded = await loadDomain(dir)
  if (loaded.kind === 'invalid') throw new TypeError(loaded.diagnostics.map(({ what }) => what).join('; '))
  const subgraph = await startSubgraph({ products: loaded.value.products, dataDir: dir, trust: signer.publicJwks(), measurePromises })
  running.push(subgraph)
  return subgraph
}

async function post(subgraph: RunningSubgraph, path: string, options: { readonly scopes?: readonly string[] | undefined; readonly body?: unknown }): Promise<{ readonly status: number; readonly body: unknown }> {
  const principal = { issuer: 'i', subject: 's', scopes: new Set(options.scopes), roles: [], claims: {}, expiresAtSec: 0 }
  const identity: Record<string, string> = options.scopes === undefined ? {} : { 'polyseme-identity': await signer.sign('lab', { principal, masks: {} }) }
  const body = options.body === undefined ? {} : { body: JSON.stringify(options.body) }
  const response = await fetch(new URL(path, subgraph.url), { method: 'POST', headers: { 'content-type': 'application/json', ...identity }, ...body })
  return { status: response.status, body: await response.json() }
}

const STATES = { query: '{ lab { _products { promises { id state measured } } } }' }
const states = (rowCount: object, nulls: object): object => ({
  data: { lab: { _products: [{ promises: [{ id: 'Thing/rowCount', ...rowCount }, { id: 'Thing.code/nullValues', ...nulls }, { id: 'Thing/text', state: 'NOT_RUN', measured: null }] }] } },
})

describe('a domain that measures its promises', () => {
  it('measures when a signed caller asks for it, shows the results, and has them after a restart', async () => {
    const subgraph = await start(true)
    const scopes = ['lab:read']
    expect((await post(subgraph, '/graphql', { scopes, body: STATES })).body).toEqual(states({ state: 'UNKNOWN', measured: null }, { state: 'UNKNOWN', measured: null }))
    expect(await post(subgraph, '/promises', { scopes })).toEqual({ status: 200, body: { KEPT: 1, BROKEN: 1, NOT_RUN: 1, UNKNOWN: 0 } })
    const measured = states({ state: 'KEPT', measured: 2 }, { state: 'BROKEN', measured: 1 })
    expect((await post(subgraph, '/graphql', { scopes, body: STATES })).body).toEqual(measured)
    await subgraph.close()
    expect((await post(await start(true), '/graphql', { scopes, body: STATES })).body).toEqual(measured)
  })

  it.each([
    ['whom the gateway did not sign', undefined, 401, 'UNAUTHENTICATED'],
    ['who may not read a product', [], 403, 'FORBIDDEN'],
  ])('measures nothing for a caller %s', async (_name, scopes, status, code) => {
    expect(await post(await start(true), '/promises', { scopes })).toMatchObject({ status, body: { errors: [{ extensions: { code } }] } })
  })

  it('has nothing at that address where it does not measure', async () => {
    expect(await post(await start(false), '/promises', { scopes: ['lab:read'] })).toMatchObject({ status: 404 })
  })
})
