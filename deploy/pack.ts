/**
 * `npm run pack [DIR]`: the two installable packages, `@polyseme/kit` and `@polyseme/gateway`, as tarballs in DIR (default: here).
 *
 * In the checkout Node runs the TypeScript; inside `node_modules` it does not, so the packages hold JavaScript and types. They are
 * built beside the sources, never in them: what runs from the checkout meanwhile does not notice.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { CONSOLE_DIST, ensureConsole } from '../gateway/console/index.ts'

const ROOT = resolve(import.meta.dirname, '..')

interface Manifest {
  readonly name: string
  readonly version: string
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

function pack(staging: string, source: 'shared' | 'gateway', { out, optional }: { readonly out: string; readonly optional: readonly string[] }): string {
  const folder = join(staging, source)
  const { devDependencies: _dev, scripts: _scripts, ...manifest } = JSON.parse(readFileSync(join(ROOT, source, 'package.json'), 'utf8')) as Manifest
  const exports = Object.fromEntries(Object.entries(manifest.exports).map(([path, file]) => {
    const name = file.replace(/\.ts$/, '')
    return [path, { types: `${name}.d.ts`, default: `${name}.js` }]
  }))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, exports }, null, 2))
  for (const file of globSync('**/*.mjs', { cwd: join(ROOT, source), exclude: (name) => name === 'node_modules' || name === 'dist' })) cpSync(join(ROOT, source, file), join(folder, file))
  for (const file of ['LICENSE', 'NOTICE', 'README.md']) cpSync(join(ROOT, file), join(folder, file))
  renameStartedFiles(folder)
  assertDeclared(folder, manifest, optional)
  return run('npm', ['pack', '--silent', '--pack-destination', out], folder).trim()
}

async function main(): Promise<void> {
  const out = resolve(process.argv[2] ?? '.')
  mkdirSync(out, { recursive: true })
  const staging = mkdtempSync(join(tmpdir(), 'polyseme-pack-'))
  try {
    await ensureConsole(() => undefined)
    symlinkSync(join(ROOT, 'node_modules'), join(staging, 'node_modules'))
    compile(staging)
    cpSync(CONSOLE_DIST, join(staging, 'gateway/console/dist'), { recursive: true })
    // Vite builds the console in the checkout; the demo's data maker is there only.
    for (const name of [pack(staging, 'shared', { out, optional: [] }), pack(staging, 'gateway', { out, optional: ['vite', '@vitejs/plugin-react', '@polyseme/demo-data'] })]) console.log(join(out, name))
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

await main()
