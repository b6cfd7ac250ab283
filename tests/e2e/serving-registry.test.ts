import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEmptyMesh, type EmptyMesh } from '../testkit/empty-mesh.ts'
import { eventually } from '../testkit/eventually.ts'
import { startForeignSubgraph, startHttp, type ForeignSubgraph } from '../testkit/foreign-subgraph.ts'

const RIGHTS = ['shop:publish']
const QUERY = '{ answer }'

let mesh: EmptyMesh
let hook: Awaited<ReturnType<typeof startHttp>>
const notices: unknown[] = []
let one: ForeignSubgraph
let two: ForeignSubgraph

beforeAll(async () => {
  hook = await startHttp(async (request, response) => {
    notices.push(JSON.parse(await text(request)))
    // The first time it is busy: it is told again.
    response.writeHead(notices.length === 1 ? 503 : 204).end()
  })
  mesh = await startEmptyMesh({ noticeWebhook: hook.url })
  one = await startForeignSubgraph({ sdl: 'type Query { answer: String }', resolvers: { Query: { answer: () => 'one' } } })
  two = await startForeignSubgraph({ sdl: 'type Query { answer: String more: Int }', resolvers: { Query: { answer: () => 'two' } } })
  await adopt(one)
  await eventually(async () => expect(await answer()).toBe('one'))
})

afterAll(async () => {
  await mesh[Symbol.asyncDispose]()
  await one[Symbol.asyncDispose]()
  await two[Symbol.asyncDispose]()
  await hook.close()
})

async function adopt(subgraph: ForeignSubgraph, ...options: readonly string[]): Promise<void> {
  const { code, output } = await mesh.polyseme(RIGHTS, 'adopt', subgraph.url, '--domain', 'shop', '--naming', 'verbatim', '--message', 'm', ...options)
  expect(output).toMatch(/^step/)
  expect(code).toBe(0)
}

async function answer(canary?: string): Promise<unknown> {
  const { data } = await mesh.ask(QUERY, [], canary === undefined ? {} : { 'x-polyseme-canary': canary })
  return data?.['answer']
}

async function readiness(): Promise<Record<string, unknown>> {
  return await (await fetch(`${mesh.url}/health/ready`)).json() as Record<string, unknown>
}

describe('a gateway on a registry', () => {
  it('names the supergraph in every answer, refusals included', async () => {
    const { supergraph } = await readiness()
    expect(supergraph).toMatch(/^[0-9a-f]{64}$/)
    expect((await mesh.ask(QUERY, [])).headers.get('x-polyseme-supergraph')).toBe(supergraph)
    expect((await mesh.ask('{ nothing }', [])).headers.get('x-polyseme-supergraph')).toBe(supergraph)
    expect((await fetch(`${mesh.url}/graphql`)).headers.get('x-polyseme-supergraph')).toBe(supergraph)
  })

  it('tells the operator of a publish, again when it was not heard', async () => {
    const notice = { event: 'published', step: 1, channel: 'live', subgraph: 'shop', actor: 'tester', reason: 'm', breaking: [], affected: [], goingAway: [] }
    await eventually(async () => expect(notices.slice(0, 2)).toEqual([notice, notice]))
  })

  it('serves a canary to those who ask for it and to its share, until it is promoted', { timeout: 60_000 }, async () => {
    await adopt(two, '--percent', '1')
    await eventually(async () => expect(await answer('always')).toBe('two'))
    expect(await answer('never')).toBe('one')
    expect((await mesh.polyseme(RIGHTS, 'end-canary', '--reason', 'r')).code).toBe(0)
    await eventually(async () => expect(await answer('always')).toBe('one'))
    await adopt(two, '--percent', '99')
    await eventually(async () => expect(await answer('always')).toBe('two'))
    expect(await answer('never')).toBe('one')
    expect((await mesh.polyseme(RIGHTS, 'promote', '--reason', 'r')).code).toBe(0)
    await eventually(async () => expect(await answer('never')).toBe('two'))
  })

  it('T15 starts from its last good copy while the registry is away, says so, and takes over what was published when it is back', { timeout: 60_000 }, async () => {
    const file = join(mesh.folder, 'registry.sqlite')
    const away = `${file}.away`
    await mesh.restart()
    await eventually(async () => expect(await answer()).toBe('two'))
    await mesh.restart({ registry: { kind: 'sqlite', file: join(mesh.folder, 'other.sqlite') }, dataDir: join(mesh.folder, 'other') })
    // Closed by its gateway, the file stands for a server that was switched off.
    await rename(file, away)
    await mkdir(file)
    await mesh.restart()
    expect(await readiness()).toMatchObject({ status: 'ready', stale: true })
    expect(await answer()).toBe('two')
    expect(await mesh.polyseme(RIGHTS, 'history')).toMatchObject({ code: 1, output: expect.stringContaining('REGISTRY_UNAVAILABLE') as string })
    await rm(file, { recursive: true })
    await rename(away, file)
    await eventually(async () => expect(await readiness()).not.toHaveProperty('stale'))
    await adopt(one)
    await eventually(async () => expect(await answer()).toBe('one'))
  })

  it('T14 T15 a damaged registry is told, and the last good graph served', { timeout: 60_000 }, async () => {
    const file = join(mesh.folder, 'registry.sqlite')
    await mesh.restart({ registry: { kind: 'sqlite', file: join(mesh.folder, 'other.sqlite') }, dataDir: join(mesh.folder, 'other') })
    await writeFile(file, 'this is no database, and long enough to be taken for the header of one '.repeat(10))
    await mesh.restart()
    expect(await readiness()).toMatchObject({ status: 'ready', stale: true })
    expect(await answer()).toBe('one')
    expect(mesh.log.join('\n')).toContain('the registry does not answer; serving the last good graph')
  })
})
