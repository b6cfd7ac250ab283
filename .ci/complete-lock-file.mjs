// Adds to package-lock.json the optional packages of other platforms that the registry did not carry when it was written:
// without them `npm ci` refuses the file. `node .ci/complete-lock-file.mjs` after an `npm install` that dropped some.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const FILE = join(import.meta.dirname, '../package-lock.json')
const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const PROCESSORS = ['arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64', 'arm']

const lock = JSON.parse(readFileSync(FILE, 'utf8'))
const missing = Object.entries(lock.packages).flatMap(([at, entry]) =>
  Object.entries(entry.optionalDependencies ?? {}).filter(([name]) => !isLocked(at, name)).map(([name, version]) => ({ name, version, dev: entry.dev === true })))
for (const { name, version, dev } of missing) lock.packages[`node_modules/${name}`] = { version, ...platformOf(name), ...(dev ? { dev } : {}), optional: true }
const { '': root, ...packages } = lock.packages
lock.packages = { '': root, ...Object.fromEntries(Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en'))) }
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`${missing.length} packages of other platforms added`)

/** Whether a package that lies at a place finds a dependency there or further up. */
function isLocked(at, name) {
  for (let place = at; ; place = place.includes('/node_modules/') ? place.slice(0, place.lastIndexOf('/node_modules/')) : '') {
    if (lock.packages[`${place === '' ? '' : `${place}/`}node_modules/${name}`] !== undefined) return true
    if (place === '') return false
  }
}

/** Such packages are named after what they are for: `@duckdb/node-bindings-linux-arm64-musl`. */
function platformOf(name) {
  const words = name.slice(name.lastIndexOf('/') + 1)
  const os = SYSTEMS.find((system) => words.includes(system))
  const cpu = PROCESSORS.find((processor) => words.includes(processor))
  if (os === undefined || cpu === undefined) throw new Error(`${name}: which platform is it for?`)
  const libc = os !== 'linux' ? undefined : words.includes('musl') ? 'musl' : words.includes('gnu') ? 'glibc' : undefined
  return { os: [os], cpu: [cpu], ...(libc === undefined ? {} : { libc: [libc] }) }
}
