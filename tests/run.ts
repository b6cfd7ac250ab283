/**
 * `npm test`: types and lint, then every test; ends with `N passed, N failed, N skipped`.
 *
 * `npm test -- tests/unit/plan` runs the tests of one folder only.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { startVitest, type TestCase, type TestModule, type Vitest } from 'vitest/node'
import { threatCoverage } from './threats.ts'

const root = resolve(import.meta.dirname, '..')
const require = createRequire(import.meta.url)

interface Outcome {
  readonly passed: readonly string[]
  readonly failed: readonly string[]
  readonly skipped: readonly string[]
}

/** Its name when it finds something. Its output comes whole at its end: two run at a time, for each leaves a core idle now and then. */
async function runTool(title: string, packageName: string, bin: string, args: readonly string[]): Promise<string | undefined> {
  const script = join(dirname(require.resolve(`${packageName}/package.json`)), bin)
  const child = spawn(process.execPath, [script, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close') as Promise<[number | null]>])
  process.stdout.write(`> ${title}\n${out}${err}`)
  return code === 0 ? undefined : title
}

function collect(vitest: Vitest): Outcome {
  const outcome = { passed: [] as string[], failed: [] as string[], skipped: [] as string[] }
  const modules: readonly TestModule[] = vitest.state.getTestModules()
  for (const module of modules) {
    // A file that failed before its tests began has no failing test of its own.
    if (module.state() === 'failed' && module.errors().length > 0) outcome.failed.push(module.moduleId)
    for (const test of module.children.allTests()) place(outcome, test)
  }
  return outcome
}

function place(outcome: { passed: string[]; failed: string[]; skipped: string[] }, test: TestCase): void {
  const { state } = test.result()
  if (state === 'passed') outcome.passed.push(test.fullName)
  else if (state === 'failed') outcome.failed.push(test.fullName)
  else outcome.skipped.push(test.fullName)
}

async function main(): Promise<number> {
  const filters = process.argv.slice(2)
  const tools = filters.length > 0 ? [] : await Promise.all([
    runTool('types', 'typescript', 'bin/tsc', ['--noEmit']),
    runTool('lint', 'oxlint', 'bin/oxlint', ['--type-aware', '--deny-warnings']),
  ])
  const toolsFailed = tools.filter((title) => title !== undefined)

  const vitest = await startVitest(filters, { root, watch: false, reporters: process.env['CI'] === undefined ? ['default'] : [['default', { summary: false }]] })
  const outcome = collect(vitest)
  const unhandled = vitest.state.getUnhandledErrors().length
  await vitest.close()

  for (const name of outcome.skipped) console.log(`skipped: ${name}`)
  if (filters.length === 0) for (const line of threatCoverage(outcome.passed)) console.log(line)
  const failed = outcome.failed.length + toolsFailed.length + unhandled
  console.log(`${outcome.passed.length} passed, ${failed} failed, ${outcome.skipped.length} skipped`)
  return failed > 0 || outcome.passed.length === 0 ? 1 : 0
}

process.exitCode = await main()
