import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { LongFirst } from './tests/long-first.ts'

// Where `polyseme` keeps compiled modules too: each test file, and each process that one starts, loads much the same ones.
process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'node-compile-cache')

const NO_TESTS = ['**/node_modules/**', 'tests/bench/**']
/** Tests that leave nothing behind in their process: files share it, and what they load and what Node has compiled is there for the next. */
const SHARING = ['tests/federation/**/*.test.ts', ...['access', 'contract', 'crosswalk', 'errors', 'execute', 'identity', 'lexicon', 'operation', 'serve', 'source', 'subgraph', 'usage'].map((room) => `tests/unit/${room}/**/*.test.ts`)]

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    // The default makes a sixth of the processor time of the long random runs garbage collection.
    execArgv: ['--max-semi-space-size=64'],
    sequence: { sequencer: LongFirst },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    env: { APOLLO_TELEMETRY_DISABLED: '1' },
    // Node loads the modules, as it does for users: nothing to transform, and one realm of graphql.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    projects: [
      { extends: true, test: { name: 'sharing', include: SHARING, exclude: NO_TESTS, isolate: false } },
      { extends: true, test: { name: 'alone', include: ['tests/**/*.test.ts'], exclude: [...NO_TESTS, ...SHARING] } },
    ],
  },
})
