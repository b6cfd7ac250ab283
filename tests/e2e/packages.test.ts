import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')

let folder: string

/**
 * An empty folder with the two packages as `npm install` lays them out. The packages that they depend on are linked from the checkout
 * instead of being downloaded; that each is declared the pack script checks.
 */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'polyseme-packages-'))
  const packed = spawnSync(process.execPath, [join(ROOT, 'deploy/pack.ts'), folder], { encoding: 'utf8' })
  expect(packed.stderr).toBe('')
  const modules = join(folder, 'app/node_modules')
  await mkdir(join(modules, '@polyseme'), { recursive: true })
  for (const [tarball, name] of [['polyseme-kit-0.1.0.tgz', 'kit'], ['polyseme-gateway-0.1.0.tgz', 'gateway']] as const) {
    await mkdir(join(modules, '@polyseme', name))
    expect(spawnSync('tar', ['-xzf', join(folder, tarball), '-C', join(modules, '@polyseme', name), '--strip-components', '1']).status).toBe(0)
  }
  for (const name of await readdir(join(ROOT, 'node_modules'))) if (name !== '@polyseme' && !name.startsWith('.')) await symlink(join(ROOT, 'node_modules', name), join(modules, name))
  await writeFile(join(folder, 'app/stores.csv'), 'store_id,city\n1,Ghent\n2,Turin\n')
}, 180_000)

afterAll(async () => await rm(folder, { recursive: true }))

function start(...argv: readonly string[]): ReturnType<typeof spawn> {
  return spawn(process.execPath, ['node_modules/@polyseme/gateway/cli/polyseme.mjs', ...argv], { cwd: join(folder, 'app'), stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Runs `work` on the address that the command prints when it is ready, then ends it. */
async function whileServing(argv: readonly string[], work: (url: string) => Promise<void>): Promise<void> {
  const child = start(...argv)
  const ended = once(child, 'exit')
  let complaint = ''
  child.stderr?.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
  if (child.stdout === null) throw new TypeError('the output is a pipe')
  const ready = new Promise<string>((resolve, reject) => {
    createInterface(child.stdout as NodeJS.ReadableStream).on('line', (line) => line.startsWith('ready ') && resolve(line.slice('ready '.length)))
    child.once('exit', () => reject(new Error(`${argv.join(' ')} ended: ${complaint}`)))
  })
  try {
    await work(await ready)
  } finally {
    child.kill('SIGTERM')
    await ended
  }
}

describe('the packages', () => {
  it('hold JavaScript and types, and no TypeScript', async () => {
    const files = await readdir(join(folder, 'app/node_modules/@polyseme'), { recursive: true })
    expect(files.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))).toEqual([])
    expect(files).toEqual(expect.arrayContaining(['kit/errors/index.js', 'kit/errors/index.d.ts', 'gateway/main.js', 'gateway/cli/polyseme.mjs', 'gateway/console/dist/index.html', 'gateway/registry/compose-worker.js', 'gateway/LICENSE']))
    const manifest = JSON.parse(await readFile(join(folder, 'app/node_modules/@polyseme/kit/package.json'), 'utf8')) as { exports: Record<string, unknown> }
    expect(manifest.exports['./errors']).toEqual({ types: './errors/index.d.ts', default: './errors/index.js' })
  })

  it('make a domain from a file and serve it', { timeout: 120_000 }, async () => {
    const made = start('init', 'domain', 'shops', '--from', 'stores.csv', '--owner', 'sam@example.com')
    expect(await once(made, 'exit')).toEqual([0, null])
    await writeFile(join(folder, 'app/jwks.json'), '{"keys":[]}')
    await whileServing(['subgraph', 'serve', 'shops', '--trust', 'jwks.json'], async (url) => {
      expect(await (await fetch(`${url}/health/ready`)).json()).toEqual({ status: 'ready' })
    })
  })

  it('serve a gateway with its console, and compose and plan in their threads', { timeout: 120_000 }, async () => {
    await writeFile(join(folder, 'app/mesh.yaml'), [
      'environment: development', 'port: 0', 'registry: { file: registry.sqlite }', 'issuers: [{ issuer: "http://127.0.0.1:1", audience: a, jwksUrl: "http://127.0.0.1:1/jwks" }]',
      'subgraphs: [{ name: shops, url: "http://127.0.0.1:1/graphql", contracts: shops }]', '',
    ].join('\n'))
    await whileServing(['serve', '--config', 'mesh.yaml'], async (url) => {
      expect(await (await fetch(`${url}/health/ready`)).json()).toEqual({ status: 'ready', supergraph: expect.stringMatching(/^[0-9a-f]{64}$/) as string })
      const page = await fetch(url)
      expect({ status: page.status, type: page.headers.get('content-type') }).toEqual({ status: 200, type: 'text/html; charset=utf-8' })
    })
  })

  it('are imported by name', { timeout: 60_000 }, async () => {
    await writeFile(join(folder, 'app/use.mjs'), "import { GatewayError } from '@polyseme/kit/errors'\nimport { startGateway } from '@polyseme/gateway'\nconsole.log(typeof GatewayError, typeof startGateway)\n")
    const { stdout, stderr } = spawnSync(process.execPath, ['use.mjs'], { cwd: join(folder, 'app'), encoding: 'utf8' })
    expect({ stdout, stderr }).toEqual({ stdout: 'function function\n', stderr: '' })
  })
})
