import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findOrMakeDemoData } from '../../testkit/demo-data-cache.ts'
import { askGraphql } from '../../testkit/gateway-mesh.ts'
import { startPostgres, type PostgresServer } from '../../testkit/postgres.ts'
import { readComposeFile, type ComposeService } from './compose-file.ts'
import { layOutImage } from './image-layout.ts'
import { makeTranslation, startService, translatePath, untilHealthy, type Host, type RunningService } from './run-services.ts'

/** No container engine runs here: the same commands, environment and layout as plain processes, in the order of `depends_on`. */
describe('the composed mesh', () => {
  const { services, volumes } = readComposeFile()
  const running = new Map<string, RunningService>()
  let root: string
  let host: Host
  let postgres: PostgresServer
  let portOf: (port: number) => number

  function serviceOf(name: string): ComposeService {
    return services[name] ?? expect.unreachable()
  }

  async function start(name: string): Promise<void> {
    if (running.has(name) || name === 'registry') return
    const service = serviceOf(name)
    for (const needed of Object.keys(service.depends_on ?? {})) await start(needed)
    const started = startService(name, service, host)
    running.set(name, started)
    if (service.restart === 'no') {
      const [code] = await once(started.child, 'exit') as [number | null]
      if (code !== 0) throw new Error(`${name} ended with ${code}: ${started.said.join('')}`)
    } else await untilHealthy(started, service, host)
  }

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'polyseme-compose-'))
    postgres = await startPostgres()
    const { translate, portOf: translated } = await makeTranslation(Object.keys(services), [4000, 4001, 4101, 4102, 4103, 4104])
    portOf = translated
    host = {
      app: join(root, 'app'),
      volumes: Object.fromEntries(Object.keys(volumes).map((name) => [name, join(root, 'volumes', name)])),
      translate: (text) => translate(text.replace(/postgres:\/\/\S+/, postgres.url)),
    }
    for (const dir of Object.values(host.volumes)) await mkdir(dir, { recursive: true })
    await layOutImage(host.app)
    // The same file as in the image, but for the names and ports that a network of containers would give.
    const mesh = join(host.app, 'deploy/mesh.yaml')
    const gateway = serviceOf('gateway')
    const text = (await readFile(mesh, 'utf8')).replace(/(?<=^port: )\d+/m, (port) => host.translate(port)).replace(/(?<=^\w+Dir: )\S+/gm, (path) => translatePath(path, gateway, host))
    await writeFile(mesh, host.translate(text))
    // Smaller data than the image would make; `demo data` finds them whole and leaves them.
    await cp(await findOrMakeDemoData(0.05), host.volumes['demo-data'] ?? expect.unreachable(), { recursive: true })
    await start('issuer')
    await start('gateway')
  }, 300_000)

  afterAll(async () => {
    for (const service of running.values()) service.child.kill('SIGKILL')
    await postgres?.stop()
    await rm(root, { recursive: true, force: true })
  })

  it('starts everything that the gateway needs first', () => {
    expect([...running.keys()]).toEqual(['issuer', 'demo-data', 'sales', 'marketing', 'billing', 'support', 'gateway'])
  })

  it('answers across domains with a token of its issuer', async () => {
    const { programSecret } = JSON.parse(await readFile(join(host.volumes['issuer-keys'] ?? '', 'keys/issuer-private.json'), 'utf8')) as { programSecret: string }
    const response = await fetch(`http://localhost:${portOf(4001)}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`bi-service:${programSecret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'sales:read sales:all-regions billing:read' }),
    })
    const { access_token: token } = await response.json() as { access_token: string }
    const query = '{ sales { customers(first: 5) { nodes { name asBillingCustomer { legalName openBalance } } } } }'
    const answer = await askGraphql(`http://127.0.0.1:${portOf(4000)}/graphql`, { query }, token)
    expect(answer).toMatchObject({ status: 200, errors: [] })
    expect((answer.data as { sales: { customers: { nodes: unknown[] } } }).sales.customers.nodes).toHaveLength(5)
  })

  it('answers nobody without one', async () => {
    expect((await askGraphql(`http://127.0.0.1:${portOf(4000)}/graphql`, { query: '{ __typename }' })).status).toBe(401)
    expect((await askGraphql(`http://127.0.0.1:${portOf(4101)}/graphql`, { query: '{ __typename }' })).status).toBe(401)
  })

  it('serves the console that the image carries', async () => {
    const page = await fetch(`http://127.0.0.1:${portOf(4000)}/`)
    expect(page.status).toBe(200)
    const [, script = ''] = /<script[^>]+src="([^"]+)"/.exec(await page.text()) ?? []
    expect((await fetch(`http://127.0.0.1:${portOf(4000)}${script}`)).headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  })

  it('ends each container with 0 at `docker stop`', async () => {
    const codes = await Promise.all([...running.values()].filter(({ name }) => serviceOf(name).restart !== 'no').map(async (service) => [service.name, await service.stop()]))
    expect(codes).toEqual([['issuer', 0], ['sales', 0], ['marketing', 0], ['billing', 0], ['support', 0], ['gateway', 0]])
  }, 60_000)
})
