import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommandLine } from '../../gateway/cli/run-command-line.ts'
import { startDemoMesh } from '../testkit/demo-mesh.ts'
import { eventually } from '../testkit/eventually.ts'
import type { GatewayMesh } from '../testkit/gateway-mesh.ts'

const SUBGRAPHS = resolve(import.meta.dirname, '../../subgraphs')

let mesh: GatewayMesh
let folder: string

beforeAll(async () => {
  mesh = await startDemoMesh({ withRegistry: true })
  folder = await mkdtemp(join(tmpdir(), 'polyseme-publish-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true })
  await mesh[Symbol.asyncDispose]()
})

async function polyseme(persona: string, ...argv: string[]): Promise<{ code: number; output: string }> {
  const lines: string[] = []
  const write = (line: string): void => void lines.push(line)
  const env = { POLYSEME_REGISTRY: mesh.url, POLYSEME_TOKEN: await mesh.token(persona) }
  const code = await runCommandLine([...argv, '--data-dir', folder], { out: write, err: write, env, cwd: folder, signal: new AbortController().signal })
  return { code, output: lines.join('\n') }
}

/** A copy of the billing domain's folder, changed. */
async function billingWith(change: (contract: string) => string): Promise<string> {
  const dir = join(folder, 'billing')
  await rm(dir, { recursive: true, force: true })
  await cp(join(SUBGRAPHS, 'billing'), dir, { recursive: true })
  const file = join(dir, 'customers.odcs.yaml')
  await writeFile(file, change(await readFile(file, 'utf8')))
  return dir
}

const HAS_FIELD = '{ __type(name: "BillingCustomer") { fields { name } } }'

async function fieldsOf(): Promise<readonly string[]> {
  const { data } = await mesh.ask(HAS_FIELD, { as: 'analyst' })
  return (data as { __type: { fields: { name: string }[] } }).__type.fields.map(({ name }) => name)
}

describe('a domain publishes through the registry', () => {
  it('begins with the configured domains published in one step', async () => {
    expect((await polyseme('analyst', 'history')).output).toMatch(/^step 1 .* publish the whole graph {2}by configuration: as configured at start$/)
  })

  it('checks, publishes, is served without a restart, and rolls back', async () => {
    const dir = await billingWith((contract) => contract.replace(/name: payment_terms_days/, 'name: days_to_pay\n        physicalName: payment_terms_days'))
    const check = await polyseme('steward', 'check', dir)
    expect(check.output).toContain('breaking BillingCustomer.paymentTermsDays')
    expect(await polyseme('steward', 'publish', dir, '--message', 'finance says days to pay')).toMatchObject({ code: 0, output: expect.stringMatching(/^step 2 .* publish billing version 2 {2}by steward: finance says days to pay\ngateways take it over within a few seconds$/) as string })
    await eventually(async () => expect(await fieldsOf()).toContain('daysToPay'))
    expect(await fieldsOf()).not.toContain('paymentTermsDays')
    expect((await polyseme('steward', 'rollback', 'billing', '--reason', 'too early')).code).toBe(0)
    await eventually(async () => expect(await fieldsOf()).toContain('paymentTermsDays'))
    expect(await polyseme('steward', 'rollback', 'billing', '--to', '1', '--reason', 'again')).toEqual({ code: 0, output: 'that is live already (step 3)' })
    expect((await polyseme('analyst', 'history', 'billing')).output.split('\n')).toEqual([expect.stringContaining('rollback billing version 1'), expect.stringContaining('publish billing version 2'), expect.stringContaining('publish the whole graph')])
    expect(await polyseme('analyst', 'history', 'biling')).toEqual({ code: 1, output: 'error NOT_FOUND: the registry has no domain "biling"; did you mean billing?' })
  })

  it.each(['sales', 'marketing', 'billing', 'support'])('the demo\'s %s passes its own check without an error', async (domain) => {
    const { code, output } = await polyseme('steward', 'check', join(SUBGRAPHS, domain))
    expect(output).toMatch(new RegExp(`${domain}: may be published`))
    expect(code).toBe(0)
  })

  it('a check and a publish say when nothing, or another domain, answers at the address', async () => {
    const sales = (await (await fetch(`${mesh.url}/registry/subgraph?subgraph=sales`, { headers: { authorization: `Bearer ${await mesh.token('steward')}` } })).json() as { url: string }).url
    const dir = await billingWith((contract) => `${contract}# elsewhere\n`)
    expect(await polyseme('steward', 'check', dir)).toEqual({ code: 0, output: expect.not.stringContaining('subgraph-address') as string })
    expect(await polyseme('steward', 'check', dir, '--url', sales)).toMatchObject({ code: 0, output: expect.stringContaining('warning subgraph-address: what answers at the address of "billing" does not accept its calls') as string })
    const published = await polyseme('steward', 'publish', dir, '--url', sales, '--message', 'a slip')
    expect(published).toMatchObject({ code: 0, output: expect.stringContaining('does not accept its calls') as string })
    await eventually(async () => expect((await mesh.ask('{ billing { customers { totalCount } } }', { as: 'analyst' })).errors).toMatchObject([{ message: 'the domain "billing" reported an error', extensions: { code: 'SUBGRAPH_ERROR' } }]))
    expect((await polyseme('steward', 'rollback', 'nope', '--reason', 'm')).output).toBe('error NOT_FOUND: the registry has no domain "nope"')
    expect((await polyseme('steward', 'notices', 'nope')).output).toBe('error NOT_FOUND: the registry has no domain "nope"')
    expect((await polyseme('steward', 'rollback', 'billing', '--reason', 'a slip')).code).toBe(0)
    await eventually(async () => expect((await mesh.ask('{ billing { customers { totalCount } } }', { as: 'analyst' })).errors).toEqual([]))
  })

  it('R01 refuses a publish by somebody without the domain\'s right, and one without a token', async () => {
    const dir = await billingWith((contract) => `${contract}# another content\n`)
    const refused = { code: 1, output: 'error FORBIDDEN: you may not publish the domain "billing": that takes the scope billing:publish, where the mesh\'s policies say nothing else' }
    // The latter may not even read the domain: what is missing for what was asked for is the right to publish.
    for (const persona of ['analyst', 'support-agent']) {
      expect(await polyseme(persona, 'publish', dir, '--message', 'm'), persona).toEqual(refused)
      expect(await polyseme(persona, 'check', dir), persona).toEqual(refused)
    }
    const bare = await fetch(`${mesh.url}/registry/history`)
    expect(bare.status).toBe(401)
  })

  it('G15 shows contracts, policies and addresses of a domain only to who may read or publish there', async () => {
    const statusFor = async (persona: string, path: string): Promise<number> => {
      const answer = await fetch(`${mesh.url}/registry/${path}`, { headers: { authorization: `Bearer ${await mesh.token(persona)}` } })
      await answer.body?.cancel()
      return answer.status
    }
    const seenBy = async (persona: string): Promise<readonly number[]> =>
      await Promise.all(['subgraph?subgraph=billing', 'subgraph?subgraph=sales', 'supergraph'].map(async (path) => await statusFor(persona, path)))
    expect(await seenBy('nobody')).toEqual([403, 403, 403])
    expect(await seenBy('billing-clerk')).toEqual([200, 403, 403])
    expect(await seenBy('analyst')).toEqual([200, 200, 200])
    expect(await seenBy('steward')).toEqual([200, 200, 200])
  })

  it('refuses to take away a field that the lexicon speaks of, and says where', async () => {
    const dir = await billingWith((contract) => contract.replace(/name: legal_name/, 'name: registered_name\n        physicalName: legal_name'))
    const { code, output } = await polyseme('steward', 'publish', dir, '--message', 'm')
    expect(code).toBe(1)
    expect(output).toMatch(/concepts\/customer\.yaml:\d+:\d+ error lexicon-unknown-field: `billing\.Customer` has no field `legalName`/)
  })

  it('R09 keeps the graph when a publish does not compose, and says why', async () => {
    const dir = await billingWith((contract) => contract.replace(/domain: billing/, 'domain: billing\n').replace(/name: customer_id/, 'name: payer_id\n        physicalName: customer_id'))
    const { code, output } = await polyseme('steward', 'publish', dir, '--message', 'm')
    expect(code).toBe(1)
    expect(output).toContain('billing: cannot be published: correct the errors')
    expect(await fieldsOf()).toContain('customerId')
  })

  it('R04 a classification that is lowered needs an approval, which names exactly this content', async () => {
    const dir = await billingWith((contract) => contract.replaceAll('classification: restricted', 'classification: public').replaceAll('classification: confidential', 'classification: public'))
    const refused = await polyseme('steward', 'check', dir)
    expect(refused.output).toMatch(/weakens protection BillingCustomer\.\w+: .* is now public/)
    expect(refused.code).toBe(1)
  })

  it('T23 swaps under load: no request fails and none mixes versions', { timeout: 120_000 }, async () => {
    const token = await mesh.token('analyst')
    const query = JSON.stringify({ query: '{ sales { customers(first: 3) { nodes { customerId asBillingCustomer { customerId } } } } }' })
    const stop = new AbortController()
    const answers: string[] = []
    const callers = Array.from({ length: 8 }, async () => {
      while (!stop.signal.aborted) {
        const response = await fetch(`${mesh.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: query })
        answers.push(`${response.status} ${await response.text()}`)
      }
    })
    const outcomes: string[] = []
    try {
      for (let swap = 0; swap < 4; swap += 1) {
        const dir = await billingWith((contract) => `${contract}# revision ${swap}\n`)
        outcomes.push((await polyseme('steward', 'publish', dir, '--message', `swap ${swap}`)).output)
      }
    } finally {
      stop.abort()
      await Promise.all(callers)
    }
    expect(outcomes).toEqual(Array.from({ length: 4 }, () => expect.stringMatching(/^step \d+ .* publish billing/) as string))
    expect(new Set(answers).size).toBe(1)
    expect(answers[0]).toMatch(/^200 \{"data"/)
    expect(answers.length).toBeGreaterThan(50)
  })
})

describe('the HTTP API of the registry', () => {
  it('describes itself, and every described path answers', async () => {
    const document = await (await fetch(`${mesh.url}/registry/openapi.json`)).json() as { paths: Record<string, Record<string, unknown>> }
    const headers = { authorization: `Bearer ${await mesh.token('analyst')}`, 'content-type': 'application/json' }
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const method of Object.keys(methods)) {
        const response = await fetch(`${mesh.url}${path}`, { method, headers, ...(method === 'post' ? { body: '{}' } : {}) })
        expect([200, 400, 403], `${method} ${path}`).toContain(response.status)
        const wrong = await fetch(`${mesh.url}${path}`, { method: method === 'post' ? 'GET' : 'POST', headers, ...(method === 'post' ? {} : { body: '{}' }) })
        expect(wrong.status, `wrong method on ${path}`).toBe(405)
      }
    }
  })

  it.each([
    ['a body that is no object', '[]', 400],
    ['no artefact', '{"basedOn":0,"message":"m"}', 400],
    ['an artefact with a file that is none', '{"artifact":{"subgraph":"a","sdl":"x","url":"http://a/","naming":"contract","contracts":[1]},"basedOn":0,"message":"m"}', 400],
    ['a negative version', '{"artifact":{"subgraph":"a","sdl":"x","url":"http://a/","naming":"contract"},"basedOn":-1,"message":"m"}', 400],
    ['prototype keys', '{"__proto__":{"artifact":{}},"basedOn":0,"message":"m"}', 400],
  ])('refuses %s with one clear error', async (_name, body, status) => {
    const response = await fetch(`${mesh.url}/registry/publish`, { method: 'POST', headers: { authorization: `Bearer ${await mesh.token('steward')}`, 'content-type': 'application/json' }, body })
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ errors: [{ message: expect.stringMatching(/^.{10,120}$/) as string, extensions: { code: expect.stringMatching(/^BAD_/) as string } }] })
  })
})
