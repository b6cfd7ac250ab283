import { defineConfig, type OxlintOverride } from 'oxlint'

/** Which rooms of its own package a room may import; a room that is missing here may import none. */
const SHARED_ROOMS: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  identity: ['errors'],
  contract: ['errors'],
  lexicon: ['errors', 'contract'],
  source: ['errors', 'contract', 'identity'],
  promise: ['errors', 'contract', 'source'],
  product: ['errors', 'contract', 'identity', 'source', 'promise'],
  subgraph: ['errors', 'contract', 'identity', 'source', 'promise', 'product'],
}

const GATEWAY_ROOMS: Readonly<Record<string, readonly string[]>> = {
  supergraph: [],
  operation: ['supergraph'],
  access: ['operation', 'supergraph'],
  plan: ['access', 'supergraph'],
  execute: ['access', 'plan', 'supergraph'],
  crosswalk: [],
  catalog: [],
  usage: ['access', 'operation', 'supergraph'],
  registry: ['operation', 'supergraph', 'usage'],
  serve: ['access', 'execute', 'operation', 'plan', 'registry', 'supergraph', 'usage'],
  workers: ['operation', 'plan', 'serve', 'usage'],
  wiring: ['access', 'catalog', 'crosswalk', 'execute', 'operation', 'plan', 'registry', 'serve', 'supergraph', 'usage', 'workers'],
  issuer: [],
  console: [],
  cli: ['access', 'catalog', 'console', 'crosswalk', 'issuer', 'operation', 'registry', 'supergraph', 'usage'],
}

/** Rooms that take values and return values: no files, no network, no processes. */
const PURE_ROOMS = ['contract', 'lexicon', 'operation', 'plan'] as const

const IO_MODULES = ['node:fs', 'node:fs/promises', 'node:net', 'node:http', 'node:https', 'node:http2', 'node:child_process', 'node:sqlite', 'undici', 'pg', '@duckdb/node-api', 'lmdb']

interface ImportPattern {
  readonly group: string[]
  readonly message: string
}

function forbid(group: string[], message: string): ImportPattern {
  return { group, message }
}

function insideOf(room: string): string[] {
  return [`**/${room}/**`, `!**/${room}/index.ts`]
}

/** The rules of one room: no forbidden room, no inside of an allowed one, nothing of another package but its exports. */
function roomOverride(packageName: string, room: string, rooms: Readonly<Record<string, readonly string[]>>, foreign: ImportPattern): OxlintOverride {
  const allowed = rooms[room] ?? []
  const forbidden = Object.keys(rooms).filter((other) => other !== room && !allowed.includes(other))
  const patterns = [foreign, forbid(['**/tests/**'], 'a room does not import tests.')]
  if (forbidden.length > 0) patterns.push(forbid(forbidden.flatMap((other) => [`../${other}/**`, `../../${other}/**`]), `${packageName}/${room} may import ${allowed.join(', ') || 'no other room'} (oxlint.config.ts, DESIGN: layout).`))
  for (const other of allowed) patterns.push(forbid(insideOf(other), `speak to ${other} through ${other}/index.ts.`))
  const pure = PURE_ROOMS.some((name) => name === room)
  const paths = pure ? IO_MODULES.map((name) => ({ name, message: `${room} is pure: it takes values and returns values.` })) : []
  return { files: [`${packageName}/${room}/**/*.ts`], rules: { 'eslint/no-restricted-imports': ['error', { patterns, paths }] } }
}

const GATEWAY_IS_FOREIGN = forbid(['@polyseme/gateway', '@polyseme/gateway/*', '**/gateway/**', '**/subgraphs/**'], 'shared and subgraphs import nothing of the gateway (DESIGN: layout).')
const KIT_BY_NAME = forbid(['**/shared/**', '**/subgraphs/**'], 'import shared as @polyseme/kit/<room>; the gateway imports no subgraph.')

export default defineConfig({
  plugins: ['typescript', 'import', 'unicorn', 'oxc', 'promise', 'node'],
  categories: { correctness: 'error', suspicious: 'error' },
  ignorePatterns: ['**/node_modules/**', '**/dist/**', '.polyseme/**'],
  rules: {
    'import/no-cycle': 'error',
    'import/no-default-export': 'error',
    'import/no-unassigned-import': 'off',
    'typescript/no-explicit-any': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/switch-exhaustiveness-check': 'error',
    'typescript/await-thenable': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/no-unsafe-type-assertion': 'off',
    'typescript/no-unnecessary-type-assertion': 'error',
    'typescript/no-deprecated': 'error',
    // The compiler knows when a switch over a union is exhaustive; this rule does not.
    'typescript/consistent-return': 'off',
    'eslint/no-shadow': 'off',
    'eslint/no-await-in-loop': 'off',
    'eslint/no-underscore-dangle': 'off',
    'eslint/no-console': 'off',
    'eslint/eqeqeq': 'error',
    'eslint/no-var': 'error',
    'eslint/prefer-const': 'error',
    'eslint/max-params': ['error', { max: 5 }],
    'unicorn/no-array-sort': 'off',
    'unicorn/no-array-reverse': 'off',
    'unicorn/consistent-function-scoping': 'off',
    // A rule for browser windows; a worker's port has no origin.
    'unicorn/require-post-message-target-origin': 'off',
    'promise/always-return': 'off',
  },
  overrides: [
    { files: ['*.config.ts', '**/*.config.ts'], rules: { 'import/no-default-export': 'off' } },
    { files: ['subgraphs/**/*.ts'], rules: { 'eslint/no-restricted-imports': ['error', { patterns: [GATEWAY_IS_FOREIGN] }] } },
    ...Object.keys(SHARED_ROOMS).map((room) => roomOverride('shared', room, SHARED_ROOMS, GATEWAY_IS_FOREIGN)),
    ...Object.keys(GATEWAY_ROOMS).map((room) => roomOverride('gateway', room, GATEWAY_ROOMS, KIT_BY_NAME)),
  ],
})
