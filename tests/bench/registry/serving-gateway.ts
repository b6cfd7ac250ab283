import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { RegistryClient } from '../../../gateway/cli/registry-client.ts'
import type { SharedType } from '../../../gateway/supergraph/index.ts'
import { startCompanyIssuer } from '../../testkit/company-issuer.ts'
import type { Pauses } from './pause-meter.ts'
import type { LoadRecord, SteadyLoad } from './steady-load.ts'

const POLYSEME = join(import.meta.dirname, '../../../gateway/cli/polyseme.mjs')
const QUERY = JSON.stringify({ query: '{ d0 { one(id: "1") { id name amount } } }' })

/** A program of this folder, or the gateway, as a process that ends with this one. */
export async function startProcess(folder: string, args: readonly string[]): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env: { ...process.env, NODE_ENV: 'production', APOLLO_TELEMETRY_DISABLED: '1' } })
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new TypeError('started with pipes')
  let complaint = ''
  stderr.on('data', (chunk: Buffer) => (complaint = `${complaint}${chunk.toString()}`.slice(-4_000)))
  for await (const line of createInterface(stdout)) if (line.startsWith('ready ')) return { child, url: line.slice('ready '.length) }
  throw new Error(`${args.join(' ')} ended: ${complaint}`)
}

/** A gateway that follows a registry, in a process of its own, and clients that ask it all the time, in another. */
export class ServingGateway implements AsyncDisposable {
  /** As the team of the domain `d0` has it. */
  readonly registry: RegistryClient
  readonly #gateway: ChildProcess
  readonly #clients: ChildProcess
  readonly #url: string
  readonly #issuer: AsyncDisposable

  private constructor(gateway: ChildProcess, url: string, { registry, clients, issuer }: { readonly registry: RegistryClient; readonly clients: ChildProcess; readonly issuer: AsyncDisposable }) {
    this.registry = registry
    this.#gateway = gateway
    this.#clients = clients
    this.#url = url
    this.#issuer = issuer
  }

  /** @param folder with `registry.sqlite` and `keys/`; `sharedTypes` are meant to be one in all of their domains */
  static async start(folder: string, sharedTypes: readonly SharedType[]): Promise<ServingGateway> {
    const issuer = await startCompanyIssuer(join(folder, 'issuer'))
    await writeFile(join(folder, 'mesh.yaml'), ['port: 0', 'dataDir: data', 'keysDir: keys', 'registry: { file: registry.sqlite }', 'policies: policies', 'governance: governance.yaml', 'allowedHosts: [127.0.0.1]', issuer.meshYaml, ''].join('\n'))
    await mkdir(join(folder, 'policies'))
    await writeFile(join(folder, 'policies/publish.cedar'), '@id("anybody-publishes")\npermit (principal, action == Action::"publish", resource);\n')
    // JSON is YAML.
    await writeFile(join(folder, 'governance.yaml'), JSON.stringify({ sharedTypes: sharedTypes.map((shared) => ({ ...shared, reason: 'the neighbours mean the same' })) }))
    const { child, url } = await startProcess(folder, ['--import', join(import.meta.dirname, 'pause-meter.ts'), POLYSEME, 'serve', '--config', 'mesh.yaml'])
    const load: SteadyLoad = { url: `${url}/graphql`, body: QUERY, headers: { authorization: `Bearer ${await issuer.token('bench', [])}` }, clients: 4, pauseMs: 20 }
    const registry = new RegistryClient(url, await issuer.token('publisher', ['d0:publish']))
    const clients = spawn(process.execPath, [join(import.meta.dirname, 'steady-load.ts'), JSON.stringify(load)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    return new ServingGateway(child, url, { registry, clients, issuer })
  }

  /** Until it serves a graph. */
  async untilServed(supergraph: string): Promise<void> {
    const deadline = performance.now() + 120_000
    while (performance.now() < deadline) {
      const ready = await (await fetch(`${this.#url}/health/ready`)).json() as { readonly supergraph?: string }
      if (ready.supergraph === supergraph) return
      await new Promise((resolve) => { setTimeout(resolve, 50) })
    }
    throw new Error('the gateway did not take the graph over in two minutes')
  }

  /** The longest times since the last call that its serving thread did not turn. */
  async longestPauses(): Promise<Pauses> {
    this.#gateway.send('pauses')
    const [pauses] = await once(this.#gateway, 'message') as [Pauses]
    return pauses
  }

  /** Ends the clients: what they were answered. */
  async stopClients(): Promise<LoadRecord> {
    this.#clients.send('stop')
    const [record] = await once(this.#clients, 'message') as [LoadRecord]
    return record
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#clients.kill('SIGKILL')
    if (this.#gateway.kill('SIGTERM')) await once(this.#gateway, 'exit')
    await this.#issuer[Symbol.asyncDispose]()
  }
}
