import { spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCompanyIssuer } from '../testkit/company-issuer.ts'
import { eventually } from '../testkit/eventually.ts'
import { askGraphql } from '../testkit/gateway-mesh.ts'
import { TypedCommands } from '../testkit/typed-commands.ts'

const ROOT = resolve(import.meta.dirname, '../..')
/** Who types has the Node that the project runs on. */
const ENV = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}` }

let folder: string
let app: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'polyseme-packages-'))
  app = join(folder, 'app')
  await mkdir(app)
  const checkout = await copyCheckout()
  run('npm', ['pack', '--silent', '-w', 'shared', '-w', 'gateway', '--pack-destination', folder], checkout)
  expect(await readdir(join(checkout, 'gateway'))).not.toContain('dist')
  expect(await readFile(join(checkout, 'gateway/package.json'), 'utf8')).toBe(await readFile(join(ROOT, 'gateway/package.json'), 'utf8'))
  run('npm', ['init', '--yes'], app)
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '../polyseme-kit-0.1.0.tgz', '../polyseme-gateway-0.1.0.tgz'], app)
}, 300_000)

afterAll(async () => await rm(folder, { recursive: true }))

/** Packing builds in the packages' folders: in a copy, nothing that runs from this checkout meanwhile notices. */
async function copyCheckout(): Promise<string> {
  const checkout = join(folder, 'checkout')
  for (const part of ['shared', 'gateway', 'subgraphs/demo-data', 'deploy', 'package.json', 'tsconfig.json', 'LICENSE', 'NOTICE']) {
    await cp(join(ROOT, part), join(checkout, part), { recursive: true, filter: (path) => !/\/node_modules$|(?<!console)\/dist$|\/\.originals$/.test(path) })
  }
  await mkdir(join(checkout, 'node_modules/@polyseme'), { recursive: true })
  for (const name of await readdir(join(ROOT, 'node_modules'))) if (name !== '@polyseme') await symlink(join(ROOT, 'node_modules', name), join(checkout, 'node_modules', name))
  for (const [part, name] of [['shared', 'kit'], ['gateway', 'gateway'], ['subgraphs/demo-data', 'demo-data']] as const) await symlink(join(checkout, part), join(checkout, 'node_modules/@polyseme', name))
  return checkout
}

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env: ENV, encoding: 'utf8' })
  expect({ status, output: status === 0 ? '' : `${stdout}${stderr}` }, `${command} ${args.join(' ')}`).toEqual({ status: 0, output: '' })
  return stdout
}

describe('the packages, installed in an empty folder', () => {
  it('hold JavaScript and types, and no TypeScript', async () => {
    const files = await readdir(join(app, 'node_modules/@polyseme'), { recursive: true })
    expect(files.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts') && !/^\w+\/node_modules\//.test(file))).toEqual([])
    expect(files).toEqual(expect.arrayContaining(['kit/dist/errors/index.js', 'kit/dist/errors/index.d.ts', 'kit/LICENSE', 'gateway/dist/main.js', 'gateway/dist/cli/polyseme.mjs', 'gateway/dist/console/dist/index.html', 'gateway/dist/registry/compose-worker.js', 'gateway/NOTICE']))
    const manifest = JSON.parse(await readFile(join(app, 'node_modules/@polyseme/kit/package.json'), 'utf8')) as { exports: Record<string, unknown> }
    expect(manifest.exports['./errors']).toEqual({ types: './dist/errors/index.d.ts', default: './dist/errors/index.js' })
  })

  it('make a domain from a file, serve it, publish it and answer a query of its data', { timeout: 180_000 }, async () => {
    expect(run('npx', ['--no-install', 'polyseme', '--version'], app)).toBe('0.1.0\n')
    await using issuer = await startCompanyIssuer(join(app, '.polyseme/keys'))
    await using commands = new TypedCommands(app, [join(app, 'node_modules/.bin/polyseme')], ENV)
    await writeFile(join(app, 'stores.csv'), 'store_id,city\n1,Ghent\n2,Turin\n')
    await writeFile(join(app, 'mesh.yaml'), ['environment: development', 'port: 0', 'registry: { file: .polyseme/registry.sqlite }', issuer.meshYaml, ''].join('\n'))
    const gateway = await commands.serve(['serve', '--config', 'mesh.yaml', '--workers', '2'])
    const token = await issuer.token('sam', ['shops:publish', 'shops:read'])
    expect(await commands.run(['init', 'domain', 'shops', '--from', 'stores.csv', '--owner', 'sam@example.com'])).toMatchObject({ code: 0 })
    const subgraph = await commands.serve(['subgraph', 'serve', 'shops'])
    expect(await commands.run(['publish', 'shops', '--url', `${subgraph}/graphql`, '--message', 'our shops'], { POLYSEME_REGISTRY: gateway, POLYSEME_TOKEN: token })).toMatchObject({ code: 0 })
    await eventually(async () => expect(await askGraphql(`${gateway}/graphql`, { query: '{ shops { stores(orderBy: [{ storeId: ASC }]) { totalCount nodes { storeId city } } } }' }, token)).toMatchObject({
      status: 200, errors: [], data: { shops: { stores: { totalCount: 2, nodes: [{ storeId: 1, city: 'Ghent' }, { storeId: 2, city: 'Turin' }] } } },
    }))
    const page = await fetch(gateway)
    expect({ status: page.status, type: page.headers.get('content-type') }).toEqual({ status: 200, type: 'text/html; charset=utf-8' })
  })

  it('are imported by name, and the compiler knows their types', { timeout: 60_000 }, async () => {
    await writeFile(join(app, 'use.mts'), `
      import { parseContracts, type DataProduct } from '@polyseme/kit/contract'
      import { GatewayError } from '@polyseme/kit/errors'
      import { startGateway, type GatewayConfig } from '@polyseme/gateway'
      const parsed = parseContracts([{ file: 'a.odcs.yaml', text: 'kind: none' }], { domain: 'a' })
      const names: readonly string[] = parsed.kind === 'ok' ? parsed.value.map((product: DataProduct) => product.name) : parsed.diagnostics.map(({ rule }) => rule)
      export type Port = GatewayConfig['port']
      export const port: Port = 1
      // @ts-expect-error no such code
      export const unknown = (): GatewayError => new GatewayError('NO_SUCH_CODE', 'text')
      // @ts-expect-error a number is no list of files
      export const wrong = (): unknown => parseContracts(1, { domain: 'a' })
      console.log(names.length > 0, typeof GatewayError, typeof startGateway)
    `)
    await writeFile(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions: { target: 'es2024', lib: ['es2024', 'esnext.disposable'], module: 'nodenext', strict: true, skipLibCheck: true, types: [] }, files: ['use.mts'] }))
    const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))
    run(process.execPath, [join(typescript, 'bin/tsc'), '-p', 'tsconfig.json'], app)
    expect(run(process.execPath, ['use.mjs'], app)).toBe('true function function\n')
  })
})
