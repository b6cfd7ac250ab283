import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const repository = resolve(import.meta.dirname, '../../..')
let tree: string

/** A tree with the project's own lint configuration and one planted file each, so the real rules judge it. */
beforeAll(async () => {
  tree = await mkdtemp(join(tmpdir(), 'polyseme-lint-'))
  await copyFile(join(repository, 'oxlint.config.ts'), join(tree, 'oxlint.config.ts'))
  await writeFile(join(tree, 'package.json'), '{ "type": "module" }')
  await symlink(join(repository, 'node_modules'), join(tree, 'node_modules'))
})

afterAll(() => rm(tree, { recursive: true }))

async function lint(file: string, source: string): Promise<string> {
  const path = join(tree, file)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, source)
  try {
    const oxlint = join(repository, 'node_modules/oxlint/bin/oxlint')
    await promisify(execFile)(process.execPath, [oxlint, '--deny-warnings', path], { cwd: tree })
    return 'clean'
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout)
  } finally {
    await rm(path)
  }
}

describe('import directions', () => {
  it.each([
    ['shared does not import the gateway', 'shared/product/a.ts', '@polyseme/gateway'],
    ['shared does not reach into the gateway by path', 'shared/product/a.ts', '../../gateway/plan/index.ts'],
    ['contract does not import source', 'shared/contract/a.ts', '../source/index.ts'],
    ['a subgraph does not import the gateway', 'subgraphs/sales/a.ts', '@polyseme/gateway'],
    ['plan does not import operation', 'gateway/plan/a.ts', '../operation/index.ts'],
    ['plan does not import execute', 'gateway/plan/a.ts', '../execute/index.ts'],
    ['access does not import plan from a sub-folder', 'gateway/access/policies/a.ts', '../../plan/index.ts'],
    ['supergraph does not import access', 'gateway/supergraph/a.ts', '../access/index.ts'],
    ['the gateway does not import shared by path', 'gateway/plan/a.ts', '../../shared/errors/index.ts'],
    ['a room does not reach past another room\'s index', 'gateway/plan/a.ts', '../access/authorize.ts'],
    ['a room does not import tests', 'gateway/plan/a.ts', '../../tests/testkit/postgres.ts'],
    ['a pure room does not read files', 'gateway/plan/a.ts', 'node:fs'],
    ['a pure room does not call the network', 'shared/contract/a.ts', 'undici'],
  ])('refuses: %s', async (_name, file, imported) => {
    expect(await lint(file, `import * as planted from '${imported}'\nexport const used = planted\n`)).toContain('no-restricted-imports')
  })

  it('refuses a type import in the wrong direction too', async () => {
    expect(await lint('gateway/supergraph/a.ts', 'export type { Planned } from \'../plan/index.ts\'\n')).toContain('no-restricted-imports')
  })

  it('refuses a cycle', async () => {
    await mkdir(join(tree, 'gateway/plan'), { recursive: true })
    await writeFile(join(tree, 'gateway/plan/b.ts'), 'import { a } from \'./a.ts\'\nexport const b = () => a\n')
    expect(await lint('gateway/plan/a.ts', 'import { b } from \'./b.ts\'\nexport const a = () => b\n')).toContain('no-cycle')
    await rm(join(tree, 'gateway/plan/b.ts'))
  })

  it.each([
    ['plan imports access through its index', 'gateway/plan/a.ts', '../access/index.ts'],
    ['the gateway imports the kit by name', 'gateway/plan/a.ts', '@polyseme/kit/errors'],
    ['a room imports its own files', 'gateway/access/policies/a.ts', '../decide.ts'],
  ])('allows: %s', async (_name, file, imported) => {
    expect(await lint(file, `import * as planted from '${imported}'\nexport const used = planted\n`)).toBe('clean')
  })
})
