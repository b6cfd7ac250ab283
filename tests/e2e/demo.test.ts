import { cp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isAlive } from '../../gateway/cli/run-file.ts'
import { ensureConsole } from '../../gateway/console/index.ts'
import { makeDataDir, runPolyseme, startDemo, type DemoProcess } from '../testkit/demo-process.ts'
import { askGraphql, type MeshAnswer } from '../testkit/gateway-mesh.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Sales, marketing, billing and support in one question. */
const ACROSS = `{
  sales { customers(first: 20, orderBy: [{ customerId: ASC }]) { nodes { name asBillingCustomer { openBalance } asSupportCustomer { fullName } asMarketingLead { form } } } }
}`

let dataDir: string
let removeData: () => Promise<void>

beforeAll(async () => {
  // Once for a checkout, like `npm ci`: not what a start takes.
  await ensureConsole(() => undefined)
  const data = await makeDataDir()
  dataDir = data.dataDir
  removeData = data.remove
})

afterAll(async () => await removeData())

async function ask(demo: DemoProcess, persona: string): Promise<MeshAnswer> {
  return await askGraphql(`${demo.url}/graphql`, { query: ACROSS }, await demo.token(persona))
}

/** What only a running demo keeps there. */
async function leftOvers(dir: string): Promise<readonly string[]> {
  return (await readdir(dir)).filter((name) => name === 'run.json' || name === 'demo.lock' || name.includes('.partial') || name.includes('.draft'))
}

async function untilGone(pids: readonly number[]): Promise<void> {
  await expect.poll(() => pids.filter(isAlive), { timeout: 10_000 }).toEqual([])
}

// Starting a mesh takes seconds, and many times that when the machine is busy.
const PATIENT = { timeout: 120_000 }

describe('a running demo', PATIENT, () => {
  let demo: DemoProcess

  beforeAll(async () => {
    demo = await startDemo(dataDir)
  })

  afterAll(async () => void await demo.stop())

  it('is ready in under 10 s on an existing data directory: that much processor time its five processes took together', async () => {
    expect(await demo.cpuSec()).toBeLessThan(10)
  })

  it('says where everything is, who one can be and what to try, and last, alone on a line, that it is ready', () => {
    const printed = demo.lines.join('\n')
    expect(printed).toContain(`console   ${demo.url}/`)
    expect(printed).toContain('DEVELOPMENT ONLY')
    for (const domain of demo.run.domains) expect(printed).toContain(domain.url)
    for (const persona of ['analyst', 'sales-analyst-emea', 'support-agent', 'billing-clerk', 'steward', 'bi-service', 'nobody']) expect(printed).toMatch(new RegExp(`^  ${persona} `, 'm'))
    expect(demo.lines.at(-1)).toBe(`ready ${demo.url}`)
    expect(demo.lines.filter((line) => line.startsWith('ready'))).toHaveLength(1)
  })

  it('answers the query that it proposes, as it proposes it', async () => {
    const at = demo.lines.findIndex((line) => line.startsWith('  curl'))
    const command = demo.lines.slice(at, at + 3).join('\n').replace('npx polyseme', `"${process.execPath}" ${join(ROOT, 'gateway/cli/polyseme.mjs')}`)
    const shell = spawn('sh', ['-c', command], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] })
    const chunks: Buffer[] = []
    shell.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    await once(shell, 'close')
    const answer = JSON.parse(Buffer.concat(chunks).toString()) as { data: { sales: { customers: { nodes: unknown[] } } }; errors?: unknown }
    expect(answer.errors).toBeUndefined()
    expect(answer.data.sales.customers.nodes).toHaveLength(3)
  })

  it('answers nobody without a token', async () => {
    expect(await askGraphql(`${demo.url}/graphql`, { query: ACROSS })).toMatchObject({ status: 401, data: undefined, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
  })

  it.each(['sales', 'marketing', 'billing', 'support'])('F01 its domain %s answers nobody who comes directly', async (name) => {
    const domain = demo.run.domains.find((candidate) => candidate.name === name) ?? expect.unreachable()
    expect((await askGraphql(domain.url, { query: '{ __typename }' })).status).toBe(401)
    expect((await askGraphql(domain.url, { query: '{ __typename }' }, await demo.token('analyst'))).status).toBe(401)
  })

  it('gives bi-service a token for its client credentials, which the graph takes', async () => {
    const { programSecret } = JSON.parse(await readFile(join(dataDir, 'keys/issuer-private.json'), 'utf8')) as { programSecret: string }
    const response = await fetch(`${demo.run.issuerUrl}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`bi-service:${programSecret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'sales:read sales:all-regions billing:read' }),
    })
    const { access_token: token } = await response.json() as { access_token: string }
    const { status, data } = await askGraphql(`${demo.url}/graphql`, { query: '{ billing { customers(first: 1) { nodes { legalName } } } }' }, token)
    expect({ status, data }).toMatchObject({ status: 200, data: { billing: { customers: { nodes: [{}] } } } })
  })

  it('is the only one on its data directory', async () => {
    const second = await runPolyseme(['demo', '--port', '0', '--data-dir', dataDir])
    expect(second).toEqual({ code: 1, signal: null, out: '', err: `error DEMO_RUNNING: a demo (process ${demo.run.pid}) already runs on the data directory ${dataDir} and holds ${join(dataDir, 'demo.lock')}; stop it, or name another with --data-dir\n` })
    expect((await ask(demo, 'analyst')).status).toBe(200)
  })

  it('ends on SIGTERM with all of it and leaves nothing behind', async () => {
    const pids = demo.run.domains.map(({ pid }) => pid)
    expect(pids.filter(isAlive)).toHaveLength(4)
    expect(await demo.stop('SIGTERM')).toMatchObject({ code: 0, err: '' })
    expect(pids.filter(isAlive)).toEqual([])
    await expect(fetch(demo.run.issuerUrl)).rejects.toThrow()
    expect(await leftOvers(dataDir)).toEqual([])
    expect((await runPolyseme(['token', '--as', 'analyst', '--data-dir', dataDir])).err).toMatch(/^error DEMO_NOT_RUNNING: /)
  })
})

describe('a first start', PATIENT, () => {
  let demo: DemoProcess
  let freshDir: string
  let restarted: ChildProcess | undefined

  beforeAll(async () => {
    freshDir = join(dataDir, 'fresh')
    demo = await startDemo(freshDir)
  }, 120_000)

  afterAll(() => {
    restarted?.kill('SIGKILL')
    demo?.child.kill('SIGKILL')
  })

  it('makes the data with progress in under 30 s of two cores', async () => {
    expect(demo.lines.filter((line) => line.startsWith('making demo data')).length).toBeGreaterThan(5)
    expect(await demo.cpuSec()).toBeLessThan(60)
    expect((await stat(join(freshDir, 'keys'))).mode & 0o077).toBe(0)
  })

  it('T01 leaves the others\' data and one error that names it; started again, it answers without a new gateway', async () => {
    const whole = await ask(demo, 'analyst')
    expect(whole.errors).toEqual([])
    const billing = demo.run.domains.find(({ name }) => name === 'billing') ?? expect.unreachable()
    process.kill(billing.pid, 'SIGKILL')
    await untilGone([billing.pid])

    const partial = await ask(demo, 'analyst')
    expect(partial.status).toBe(200)
    expect(partial.errors).toHaveLength(1)
    expect(partial.errors[0]).toMatchObject({ extensions: { code: 'SUBGRAPH_UNAVAILABLE', subgraph: 'billing' } })
    expect(JSON.stringify(partial.errors)).not.toMatch(/127\.0\.0\.1|ECONNREFUSED|:\d{4,5}/)
    expect(withoutBilling(partial)).toEqual(withoutBilling(whole))

    const [program = '', ...words] = billing.restart.replace('npx polyseme', `${process.execPath} ${join(ROOT, 'gateway/cli/polyseme.mjs')}`).split(' ')
    restarted = spawn(program, words, { cwd: process.cwd(), stdio: ['ignore', 'pipe', 'inherit'] })
    if (restarted.stdout === null) throw new TypeError('pipes')
    for await (const line of createInterface(restarted.stdout)) if (line.startsWith('ready ')) break

    const again = await ask(demo, 'analyst')
    expect(again.errors).toEqual([])
    expect(again.data).toEqual(whole.data)
  })

  it('kill -9 ends its domains too, and says to nobody that it still runs', async () => {
    const pids = demo.run.domains.filter(({ name }) => name !== 'billing').map(({ pid }) => pid)
    const { err } = await demo.stop('SIGKILL')
    // The domain that was killed before is all that there was to say.
    expect(err).toMatch(/^the domain billing has ended; start it again with: npx polyseme subgraph serve [^\n]+$/)
    await untilGone(pids)
    expect((await runPolyseme(['token', '--as', 'analyst', '--data-dir', freshDir])).err).toMatch(/^error DEMO_NOT_RUNNING: /)
  })

  it('npm start runs on what is left of a demo that was killed, with --quiet in one line; an interrupt from the terminal ends it', async () => {
    expect(await leftOvers(freshDir)).toEqual(['demo.lock', 'run.json'])
    const child = spawn('npm', ['start', '--silent', '--', '--port', '0', '--data-dir', freshDir, '--quiet'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    const ended = once(child, 'close')
    const complaints = text(child.stderr)
    try {
      const printed: string[] = []
      for await (const line of createInterface(child.stdout)) {
        printed.push(line)
        if (line.startsWith('ready ')) break
      }
      expect(printed).toEqual([expect.stringMatching(/^ready http:\/\/127\.0\.0\.1:\d+$/)])
    } finally {
      // What a terminal does on Ctrl-C: the whole process group gets the signal.
      process.kill(-(child.pid ?? expect.unreachable()), 'SIGINT')
    }
    await ended
    expect((await complaints).replace(/^npm warn .*\n/gm, '')).toBe('')
    expect(await leftOvers(freshDir)).toEqual([])
  })
})

/** The answer with every billing value removed. */
function withoutBilling({ data }: MeshAnswer): unknown {
  return JSON.parse(JSON.stringify(data, (key, value: unknown) => (key === 'asBillingCustomer' ? undefined : value)))
}

describe('an interrupt', PATIENT, () => {
  it('while the data are being made ends it at once, with nothing half made', async () => {
    const empty = join(dataDir, 'empty')
    const child = spawn(process.execPath, [join(ROOT, 'gateway/cli/polyseme.mjs'), 'demo', '--port', '0', '--data-dir', empty], { stdio: ['ignore', 'pipe', 'pipe'] })
    const ended = once(child, 'close')
    const said = text(child.stderr)
    for await (const line of createInterface(child.stdout)) {
      if (!line.startsWith('making demo data  3')) continue
      child.kill('SIGINT')
      break
    }
    expect(await ended).toEqual([130, null])
    expect(await said).toBe('')
    expect(await readdir(empty)).toEqual(['keys'])
    await rm(empty, { recursive: true })
  })
})

describe('a demo that cannot start', PATIENT, () => {
  it('says in one line that the port is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    expect(await runPolyseme(['demo', '--port', String(port), '--data-dir', dataDir])).toEqual({ code: 1, signal: null, out: '', err: `error PORT_IN_USE: port ${port} on 127.0.0.1 is in use; choose another with --port\n` })
    server.close()
  })

  it.each(['http', '-1', '65536', '4000.5', ''])('refuses --port %j', async (port) => {
    expect(await runPolyseme(['demo', `--port=${port}`, '--data-dir', dataDir])).toMatchObject({ code: 2, err: expect.stringMatching(/^error COMMAND_INVALID: --port takes a number from 0 to 65535.*\n$/) })
  })

  it('refuses to run in production', async () => {
    const { code, err } = await runPolyseme(['demo', '--port', '0', '--data-dir', dataDir], { NODE_ENV: 'production' })
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringMatching(/^error CONFIG_INVALID: the demo lets anyone sign in as anyone and does not start with NODE_ENV=production; .*\n$/) })
  })

  it.each([
    ['a file of the data is cut off', async (dir: string) => await truncate(join(dir, 'data/sales/customers.parquet'), 100), /the demo data in .* are damaged/],
    ['a file of the data is missing', async (dir: string) => await rm(join(dir, 'data/billing/invoices.parquet')), /the demo data in .* are damaged/],
    ['a link table was changed', async (dir: string) => await writeFile(join(dir, 'links/sales-customer--billing-customer.sssom.tsv'), 'x'), /the demo data in .* are damaged/],
    ['the gateway\'s key is damaged', async (dir: string) => await writeFile(join(dir, 'keys/gateway-private.jwk.json'), '{', { mode: 0o600 }), /gateway-private\.jwk\.json holds no Ed25519 private key/],
    ['the issuer\'s keys are damaged', async (dir: string) => await writeFile(join(dir, 'keys/issuer-private.json'), '{', { mode: 0o600 }), /keys\/issuer-private\.json in the data directory is damaged/],
    ['a domain\'s key is damaged', async (dir: string) => await writeFile(join(dir, 'keys/cursor-sales.key'), 'short', { mode: 0o600 }), /cursor-sales\.key is damaged/],
  ])('says in one line what is wrong when %s', async (_what, damage, message) => {
    const damaged = await makeDataDir()
    // The first start makes the keys, which some of the cases then damage.
    await cp(join(dataDir, 'keys'), join(damaged.dataDir, 'keys'), { recursive: true })
    await damage(damaged.dataDir)
    const { code, out, err } = await runPolyseme(['demo', '--port', '0', '--data-dir', damaged.dataDir, '--quiet'])
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(/^error [A-Z_]+: [^\n]+\n$/)
    expect(err).toMatch(message)
    expect(await leftOvers(damaged.dataDir)).toEqual([])
    await damaged.remove()
  })

  it('says in one line that the data directory cannot be made', async () => {
    const file = join(dataDir, 'a-file')
    await writeFile(file, '')
    const { code, err } = await runPolyseme(['demo', '--port', '0', '--data-dir', file])
    await rm(file)
    expect({ code, err }).toEqual({ code: 1, err: `error CONFIG_INVALID: the data directory ${file} is not a directory; name another with --data-dir\n` })
  })
})
