import { access, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommandLine } from '../../../gateway/cli/run-command-line.ts'
import { openStore } from '../../../gateway/registry/index.ts'

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'polyseme-backup-'))
  await (await openStore({ kind: 'sqlite', file: join(folder, 'there/registry.sqlite') })).close()
})

afterAll(() => rm(folder, { recursive: true }))

async function run(...argv: string[]): Promise<{ readonly code: number; readonly output: string }> {
  const lines: string[] = []
  const write = (line: string): void => void lines.push(line)
  const code = await runCommandLine(argv, { out: write, err: write, env: {}, cwd: folder, signal: new AbortController().signal })
  return { code, output: lines.join('\n') }
}

describe('polyseme registry backup', () => {
  it('makes no backup of a registry that is not there, and no registry', async () => {
    expect(await run('registry', 'backup', 'b.jsonl', '--data-dir', 'elsewhere')).toEqual({ code: 1, output: `error CONFIG_INVALID: there is no registry ${join(folder, 'elsewhere/registry.sqlite')}; say with --config or --data-dir which is meant` })
    await expect(access(join(folder, 'elsewhere'))).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(access(join(folder, 'b.jsonl'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('says what is wrong with the place for the file', async () => {
    expect(await run('registry', 'backup', 'nowhere/b.jsonl', '--data-dir', 'there')).toEqual({ code: 2, output: `error COMMAND_INVALID: ${join(folder, 'nowhere/b.jsonl')} cannot be written: its folder does not exist` })
  })

  it('leaves nothing behind when the registry cannot be read', async () => {
    await mkdir(join(folder, 'broken'))
    await writeFile(join(folder, 'broken/registry.sqlite'), 'this is no database, and longer than a header of one hundred bytes would be if it were one, which it is not')
    expect(await run('registry', 'backup', 'b.jsonl', '--data-dir', 'broken')).toMatchObject({ code: 1, output: expect.stringMatching(/^error REGISTRY_CORRUPT: /) as string })
    expect(await readdir(folder)).toEqual(['broken', 'there'])
  })

  it('tells a program what it did', async () => {
    const backup = await run('registry', 'backup', 'j.jsonl', '--data-dir', 'there', '--json')
    expect({ code: backup.code, ...JSON.parse(backup.output) as object }).toEqual({ code: 0, file: join(folder, 'j.jsonl'), records: 0 })
    const restored = await run('registry', 'restore', 'j.jsonl', '--data-dir', 'new', '--json')
    expect({ code: restored.code, ...JSON.parse(restored.output) as object }).toEqual({ code: 0, steps: 0, versions: 0 })
  })

  it('backs up what is there, once', async () => {
    expect(await run('registry', 'backup', 'b.jsonl', '--data-dir', 'there')).toEqual({ code: 0, output: '0 records' })
    expect(await run('registry', 'backup', 'b.jsonl', '--data-dir', 'there')).toMatchObject({ code: 1, output: expect.stringContaining('is there already') as string })
  })
})
