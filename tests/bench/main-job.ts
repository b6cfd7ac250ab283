/**
 * `npm run bench -- main-job`: the demo's main query (50 customers of a region, their payers, contacts, leads and why each link
 * holds) through the gateway, beside the bare sum of the subgraph calls that it takes.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { buffer } from 'node:stream/consumers'
import { Pool } from 'undici'
import { closedLoop, type BenchOptions, type LoopResult } from './bench.ts'

const REPOSITORY = resolve(import.meta.dirname, '../..')
const POLYSEME = join(REPOSITORY, 'gateway/cli/polyseme.mjs')

const MAIN_JOB = `query MainJob($region: SalesCustomerRegion!, $first: Int!) {
  sales { customers(where: { region: { eq: $region } }, first: $first, orderBy: [{ customerId: ASC }]) { nodes {
    customerId name
    asBillingCustomer { customerId legalName openBalance currency }
    asSupportCustomer { customerId tickets(where: { status: { eq: OPEN } }) { totalCount nodes { ticketId subject } } }
    asMarketingLead { leadId email }
    mappings { to { sense key } predicate confidence justification }
  } } }
}`

interface Running extends AsyncDisposable {
  readonly url: string
}

interface RunFile {
  readonly gatewayUrl: string
  readonly issuerUrl: string
  readonly domains: readonly { readonly name: string; readonly url: string }[]
}

/** A request that the gateway sent to a domain, as it left. */
interface SubgraphCall {
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

async function startPolyseme(args: readonly string[]): Promise<Running> {
  const child: ChildProcess = spawn(process.execPath, [POLYSEME, ...args], { stdio: ['ignore', 'pipe', 'inherit'], cwd: REPOSITORY })
  const url = await new Promise<string>((found, failed) => {
    child.once('exit', (code) => failed(new Error(`polyseme ${args[0] ?? ''} ended with ${code ?? 'a signal'}`)))
    if (child.stdout === null) throw new TypeError('started with a pipe')
    createInterface(child.stdout).on('line', (line) => {
      const ready = /^ready (http:\S+)$/.exec(line)?.[1]
      if (ready !== undefined) found(ready)
    })
  })
  return {
    url,
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function readToken(dataDir: string): Promise<string> {
  const child = spawn(process.execPath, [POLYSEME, 'token', '--as', 'analyst', '--data-dir', dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
  return (await buffer(child.stdout)).toString().trim()
}

/** Stands between a gateway and a domain and keeps a copy of what passes. */
async function startRecorder(target: string, calls: SubgraphCall[]): Promise<Running> {
  const pool = new Pool(new URL(target).origin)
  const server = createServer((request, response) => {
    void (async () => {
      const body = await buffer(request)
      const { host: _host, connection: _connection, 'content-length': _length, 'transfer-encoding': _encoding, ...headers } = request.headers
      calls.push({ target, headers, body })
      const answer = await pool.request({ method: 'POST', path: request.url ?? '/', headers, body })
      const bytes = Buffer.from(await answer.body.arrayBuffer())
      response.writeHead(answer.statusCode, { 'content-type': 'application/json' }).end(bytes)
    })()
  })
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${new URL(target).pathname}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>((closed) => void server.close(() => closed()))
      await pool.close()
    },
  }
}

/** The calls of one main job, seen by a second gateway whose domains are behind recorders. */
async function recordCalls(run: RunFile, dataDir: string, token: string): Promise<readonly SubgraphCall[]> {
  await using stack = new AsyncDisposableStack()
  const calls: SubgraphCall[] = []
  const ownDir = await mkdtemp(join(tmpdir(), 'polyseme-bench-recorder-'))
  stack.defer(async () => await rm(ownDir, { recursive: true }))
  await symlink(join(dataDir, 'links'), join(ownDir, 'links'))
  // The domains trust the demo's key, so the second gateway signs with it too.
  const lines = ['environment: development', 'port: 0', `dataDir: ${ownDir}`, `keysDir: ${join(dataDir, 'keys')}`, `lexicon: ${join(REPOSITORY, 'subgraphs/lexicon')}`, 'issuers:',
    `  - { issuer: "${run.issuerUrl}", audience: [polyseme], jwksUrl: "${run.issuerUrl}/jwks", allowHttp: true }`, 'subgraphs:']
  for (const { name, url } of run.domains) {
    const recorder = stack.use(await startRecorder(url, calls))
    lines.push(`  - { name: ${name}, url: "${recorder.url}", contracts: "${join(REPOSITORY, 'subgraphs', name)}" }`)
  }
  const file = join(ownDir, 'mesh.yaml')
  await writeFile(file, `${lines.join('\n')}\n`)
  const gateway = stack.use(await startPolyseme(['serve', '--config', file]))
  const pool = new Pool(gateway.url)
  stack.defer(async () => await pool.close())
  calls.length = 0
  await ask(pool, token)
  return [...calls]
}

const QUESTION = JSON.stringify({ query: MAIN_JOB, variables: { region: 'EMEA', first: 50 } })

async function ask(pool: Pool, token: string): Promise<number> {
  const { statusCode, body } = await pool.request({ method: 'POST', path: '/graphql', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: QUESTION })
  const bytes = Buffer.from(await body.arrayBuffer())
  if (statusCode !== 200 || bytes.includes('"errors"')) throw new Error(`the main job was answered with ${statusCode}: ${bytes.toString().slice(0, 300)}`)
  return bytes.length
}

async function replay(pools: ReadonlyMap<string, Pool>, calls: readonly SubgraphCall[]): Promise<void> {
  for (const { target, headers, body } of calls) {
    const pool = pools.get(target)
    if (pool === undefined) throw new TypeError('every target has a pool')
    const answer = await pool.request({ method: 'POST', path: new URL(target).pathname, headers, body })
    await answer.body.arrayBuffer()
    if (answer.statusCode !== 200) throw new Error(`a replayed call was answered with ${answer.statusCode}`)
  }
}

function print(name: string, connections: number, { requestsPerSecond, p50Ms, p99Ms }: LoopResult): void {
  console.log(`${name.padEnd(34)} ${String(connections).padStart(5)} ${requestsPerSecond.toFixed(1).padStart(9)} ${p50Ms.toFixed(1).padStart(9)} ${p99Ms.toFixed(1).padStart(9)}`)
}

export async function run({ quick }: BenchOptions): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'polyseme-bench-main-'))
  stack.defer(async () => await rm(dataDir, { recursive: true }))
  const demo = stack.use(await startPolyseme(['demo', '--port', '0', '--quiet', '--data-dir', dataDir]))
  const runFile = JSON.parse(await readFile(join(dataDir, 'run.json'), 'utf8')) as RunFile
  const token = await readToken(dataDir)
  const pool = new Pool(demo.url, { connections: 64 })
  stack.defer(async () => await pool.close())
  const bytes = await ask(pool, token)
  const durationMs = quick ? 1_000 : 6_000
  const perDomain = (calls: readonly SubgraphCall[]): string => [...Map.groupBy(calls, ({ target }) => runFile.domains.find(({ url }) => url === target)?.name ?? '?')].map(([name, all]) => `${all.length} to ${name}`).join(', ')

  const first = await recordCalls(runFile, dataDir, token)
  console.log(`one answer: ${bytes} bytes, ${first.length} subgraph calls (${perDomain(first)}), crosswalk in-process`)
  console.log(`${''.padEnd(34)} conns       r/s    p50 ms    p99 ms`)
  for (const connections of [1, 8]) {
    // A call identity lives for a minute at most: each measurement gets calls of its own.
    const calls = await recordCalls(runFile, dataDir, token)
    const pools = new Map(calls.map(({ target }) => [target, new Pool(new URL(target).origin, { connections: 64 })]))
    await closedLoop({ connections, durationMs: durationMs / 4, call: async () => void await ask(pool, token) })
    const gateway = await closedLoop({ connections, durationMs, call: async () => void await ask(pool, token) })
    await replay(pools, calls)
    const bare = await closedLoop({ connections, durationMs, call: async () => await replay(pools, calls) })
    await Promise.all([...pools.values()].map(async (one) => await one.close()))
    print('gateway, all checks on', connections, gateway)
    print('bare sum of its subgraph calls', connections, bare)
    console.log(`${'gateway ÷ bare sum, p50'.padEnd(34)} ${(gateway.p50Ms / bare.p50Ms).toFixed(2).padStart(15)}`)
  }
}
