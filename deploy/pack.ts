/**
 * `prepack` and `postpack` of the two installable packages, so that `npm pack -w shared -w gateway` (and `npm publish`) makes tarballs
 * of JavaScript and types.
 *
 * In the checkout Node runs the TypeScript; inside `node_modules` it does not. Before packing, `dist` is built and the manifest names what
 * is in it; after packing, everything is as it was. What an interrupted run left behind the next one puts right.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { CONSOLE_DIST, ensureConsole } from '../gateway/console/index.ts'

const ROOT = resolve(import.meta.dirname, '..')
/** In a package's folder while it is packed: the files that others stand in for. */
const ORIGINALS = '.originals'
const COPIED = ['LICENSE', 'NOTICE']

/** What the code imports without the package asking for it: Vite builds the console in the checkout, the demo's data maker is there only. */
const OPTIONAL = { shared: [], gateway: ['vite', '@vitejs/plugin-react', '@polyseme/demo-data'] } as const

type Source = keyof typeof OPTIONAL

interface Manifest {
  readonly name: string
  readonly version: string
  readonly bin?: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies?: unknown
  readonly scripts?: unknown
}

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  return stdout
}

/** Both packages in one program, since one imports the other. */
function compile(staging: string): void {
  const config = join(staging, 'tsconfig.json')
  writeFileSync(config, JSON.stringify({
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: { noEmit: false, declaration: true, rootDir: ROOT, outDir: staging, typeRoots: [join(ROOT, 'node_modules/@types')] },
    include: [join(ROOT, 'shared'), join(ROOT, 'gateway')],
    exclude: [join(ROOT, '**/node_modules'), join(ROOT, 'gateway/console/app'), join(ROOT, '**/dist')],
  }))
  const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))
  run(process.execPath, [join(typescript, 'bin/tsc'), '-p', config], ROOT)
}

/** What the compiler leaves alone: names of files that are started, not imported. */
function renameStartedFiles(folder: string): void {
  for (const file of globSync('**/*.{js,mjs}', { cwd: folder, exclude: (name) => name === 'node_modules' || name === 'dist' })) {
    const path = join(folder, file)
    const text = readFileSync(path, 'utf8')
    const renamed = text
      .replace(/new URL\('((?:\.\/)?[\w-]+)\.ts', import\.meta\.url\)/g, "new URL('$1.js', import.meta.url)")
      .replace(/import\('(\.\/[\w-]+)\.ts'\)/g, "import('$1.js')")
    if (renamed !== text) writeFileSync(path, renamed)
  }
}

/** Every package that the code imports must be one that the manifest asks for; in the checkout a missing one goes unnoticed. */
function assertDeclared(folder: string, { name, dependencies }: Manifest, optional: readonly string[]): void {
  const missing = new Set<string>()
  for (const file of globSync('**/*.js', { cwd: folder, exclude: (entry) => entry === 'dist' })) {
    for (const [, specifier = ''] of readFileSync(join(folder, file), 'utf8').matchAll(/(?:\bfrom |\bimport\(|^import )'(@?[a-z][\w./@:-]*)'/gm)) {
      const wanted = specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
      if (!isBuiltin(specifier) && dependencies[wanted] === undefined && !optional.includes(wanted) && wanted !== name) missing.add(`${wanted} (${file})`)
    }
  }
  if (missing.size > 0) throw new Error(`${name} imports what it does not depend on: ${[...missing].join(', ')}`)
}

/** The manifest as it is installed: its entries are files of `dist`. */
function packedManifest({ devDependencies: _dev, scripts: _scripts, ...manifest }: Manifest): object {
  const exports = Object.fromEntries(Object.entries(manifest.exports).map(([path, file]) => {
    const name = file.replace(/^\.\//, './dist/').replace(/\.ts$/, '')
    return [path, { types: `${name}.d.ts`, default: `${name}.js` }]
  }))
  const bin = Object.fromEntries(Object.entries(manifest.bin ?? {}).map(([name, file]) => [name, file.replace(/^\.\//, './dist/')]))
  return { ...manifest, ...(manifest.bin === undefined ? {} : { bin }), exports, files: ['dist', ...COPIED] }
}

async function prepack(source: Source): Promise<void> {
  postpack(source)
  const folder = join(ROOT, source)
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  const staging = mkdtempSync(join(tmpdir(), 'polyseme-pack-'))
  try {
    symlinkSync(join(ROOT, 'node_modules'), join(staging, 'node_modules'))
    compile(staging)
    const built = join(staging, source)
    for (const file of globSync('**/*.mjs', { cwd: folder, exclude: (name) => name === 'node_modules' || name === 'dist' })) cpSync(join(folder, file), join(built, file))
    renameStartedFiles(built)
    assertDeclared(built, manifest, OPTIONAL[source])
    if (source === 'gateway') {
      await ensureConsole(() => undefined)
      cpSync(CONSOLE_DIST, join(built, 'console/dist'), { recursive: true })
    }
    cpSync(built, join(folder, 'dist'), { recursive: true })
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
  mkdirSync(join(folder, ORIGINALS))
  for (const file of COPIED) cpSync(join(ROOT, file), join(folder, file))
  cpSync(join(folder, 'package.json'), join(folder, ORIGINALS, 'package.json'))
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(packedManifest(manifest), null, 2)}\n`)
}

function postpack(source: Source): void {
  const folder = join(ROOT, source)
  const original = join(folder, ORIGINALS, 'package.json')
  if (existsSync(original)) renameSync(original, join(folder, 'package.json'))
  for (const made of ['dist', ORIGINALS, ...COPIED]) rmSync(join(folder, made), { recursive: true, force: true })
}

const [, , step, source] = process.argv
if ((step !== 'prepack' && step !== 'postpack') || (source !== 'shared' && source !== 'gateway')) throw new Error('node deploy/pack.ts prepack|postpack shared|gateway; npm calls it')
if (step === 'prepack') await prepack(source)
else postpack(source)
