import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { lockDataDir } from '../../../gateway/cli/demo/demo-lock.ts'

const folders: string[] = []
let dataDir = ''

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'polyseme-lock-'))
  folders.push(dataDir)
})

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

describe('the lock of a data directory', () => {
  it('is held by one, names its file and who holds it, and is gone afterwards', async () => {
    {
      await using _held = await lockDataDir(dataDir)
      await expect(lockDataDir(dataDir)).rejects.toMatchObject({
        code: 'DEMO_RUNNING',
        message: `a demo (process ${process.pid}) already runs on the data directory ${dataDir} and holds ${join(dataDir, 'demo.lock')}; stop it, or name another with --data-dir`,
      })
    }
    expect(await readdir(dataDir)).toEqual([])
    await using _again = await lockDataDir(dataDir)
  })

  it.each([String(process.pid), '1', 'garbage'])('is not held by a file that says %j, whatever process has that number', async (text) => {
    await writeFile(join(dataDir, 'demo.lock'), text)
    await using _held = await lockDataDir(dataDir)
    await expect(lockDataDir(dataDir)).rejects.toMatchObject({ code: 'DEMO_RUNNING' })
  })

  it('ends with a process that is killed', async () => {
    const code = `import { lockDataDir } from ${JSON.stringify(join(import.meta.dirname, '../../../gateway/cli/demo/demo-lock.ts'))}
      globalThis.held = await lockDataDir(${JSON.stringify(dataDir)})
      console.log('held')
      setInterval(() => globalThis.held, 1e6)`
    const holder = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = await once(createInterface({ input: holder.stdout }), 'line')
    expect(line).toBe('held')
    await expect(lockDataDir(dataDir)).rejects.toMatchObject({ code: 'DEMO_RUNNING', message: expect.stringContaining(`process ${holder.pid}`) as unknown })
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    await using _held = await lockDataDir(dataDir)
    expect(await readdir(dataDir)).toContain('demo.lock')
  })
})
