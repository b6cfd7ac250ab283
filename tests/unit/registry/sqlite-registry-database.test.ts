import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SqliteRegistryDatabase } from '../../../gateway/registry/index.ts'

const DEADLINE_MS = 60_000

describe('the file of an embedded registry', () => {
  it('is made with the folders that it lies in', async () => {
    const root = await mkdtemp(join(tmpdir(), 'polyseme-registry-'))
    const file = join(root, 'deep', 'deeper', 'registry.sqlite')
    await new SqliteRegistryDatabase(file).close()
    expect(existsSync(file)).toBe(true)
    await new SqliteRegistryDatabase(file).close()
    await rm(root, { recursive: true })
  })

  it('cannot lie below a file, and says so', async () => {
    const root = await mkdtemp(join(tmpdir(), 'polyseme-registry-'))
    await writeFile(join(root, 'file'), '')
    expect(() => new SqliteRegistryDatabase(join(root, 'file', 'sub', 'registry.sqlite'))).toThrow(expect.objectContaining({ code: 'REGISTRY_UNAVAILABLE', message: 'the folder of the registry file registry.sqlite does not exist and cannot be made (ENOTDIR)' }))
    await rm(root, { recursive: true })
  })

  it.runIf(existsSync('/proc/self'))('below a folder that takes none is refused, and not tried for ever', { timeout: 2 * DEADLINE_MS }, () => {
    // In a process of its own: what never comes back can only be ended from outside.
    const script = `import { SqliteRegistryDatabase } from ${JSON.stringify(new URL('../../../gateway/registry/index.ts', import.meta.url).href)}
try { new SqliteRegistryDatabase('/proc/polyseme/registry.sqlite') } catch (error) { process.stdout.write(error.code + ' ' + error.message) }`
    const { signal, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { timeout: DEADLINE_MS, killSignal: 'SIGKILL', encoding: 'utf8' })
    expect([signal, stdout]).toEqual([null, 'REGISTRY_UNAVAILABLE the folder of the registry file registry.sqlite does not exist and cannot be made (ENOENT)'])
  })
})
