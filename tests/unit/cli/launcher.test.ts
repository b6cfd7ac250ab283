import { execFile } from 'node:child_process'
import { copyFile, cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const LAUNCHER = resolve(import.meta.dirname, '../../../gateway/cli/polyseme.mjs')
/** Makes a Node say that it is older than it is, before the launcher looks. */
const AGE = 'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"20.11.0"})'
let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'polyseme-launcher-'))
})

afterAll(async () => {
  await rm(dir, { recursive: true })
})

async function run(node: string, args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return await new Promise((resolve) => {
    execFile(node, args, (error, out, err) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }))
  })
}

describe('the launcher', () => {
  it('runs the command on this Node when it is new enough', async () => {
    expect(await run(process.execPath, [LAUNCHER, '--version'])).toEqual({ code: 0, out: '0.1.0\n', err: '' })
  })

  it('runs the command on the pinned Node when this one is too old, and passes on its exit code', async () => {
    const old = join(dir, 'node')
    await copyFile(process.execPath, old)
    expect(await run(old, ['--import', AGE, LAUNCHER, '--version'])).toEqual({ code: 0, out: '0.1.0\n', err: '' })
    expect((await run(old, ['--import', AGE, LAUNCHER, 'tokne'])).code).toBe(2)
  })

  it('says in its first line what to do when there is no Node that can run it', async () => {
    const alone = join(dir, 'alone')
    await cp(LAUNCHER, join(alone, 'polyseme.mjs'))
    const { code, err } = await run(process.execPath, ['--import', AGE, join(alone, 'polyseme.mjs'), 'demo'])
    expect({ code, err }).toEqual({ code: 1, err: 'error NODE_TOO_OLD: this is Node 20.11.0 and Polyseme needs 24 or later; `npm ci` in the checkout or `npm install node@26` beside the package brings one\n' })
  })
})
