import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommandLine } from '../../../gateway/cli/run-command-line.ts'

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'polyseme-promises-cli-'))
  await mkdir(join(folder, 'lab'))
  await writeFile(join(folder, 'lab/things.odcs.yaml'), `apiVersion: v3.1.0
kind: DataContract
id: things
name: things
version: 1.0.0
status: active
domain: lab
schema:
  - name: Thing
    physicalName: things
    quality:
      - { metric: rowCount, mustBe: 3 }
      - { type: text, description: Somebody looked. }
    properties:
      - { name: code, logicalType: string, quality: [{ metric: nullValues, mustBe: 0, severity: warning }] }
servers: [{ server: files, type: local, format: csv, path: 'things.csv' }]
`)
})

afterAll(() => rm(folder, { recursive: true, force: true }))

async function run(rows: string, ...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  await writeFile(join(folder, 'things.csv'), `code,n\n${rows}`)
  const out: string[] = []
  const err: string[] = []
  const code = await runCommandLine(['promises', 'lab', '--data-dir', '.', ...argv], {
    out: (line) => out.push(line), err: (line) => err.push(line), env: {}, cwd: folder, signal: new AbortController().signal,
  })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

describe('polyseme promises', () => {
  it('shows every promise, and exits with 0 where none is broken', async () => {
    expect(await run('a,1\nb,2\nc,3\n')).toEqual({
      code: 0,
      err: '',
      out: `urn:dataproduct:lab:things:1
  kept    Thing/rowCount, exactly 3 rows: 3 rows
  kept    Thing.code/nullValues, exactly 0 rows: 0 rows
  not run Thing/text, Somebody looked.
          the rule is written for people

2 kept, 0 broken, 1 not run, 0 unknown`,
    })
  })

  it('shows how each promise stood the last times that it was measured', async () => {
    await run('a,1\nb,2\nc,3\n')
    const { out } = await run('a,1\nb,2\n', '--history', '2')
    const times = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/
    expect(out.split('\n').slice(1, 4)).toEqual([
      '  broken  Thing/rowCount, exactly 3 rows: 2 rows',
      expect.stringMatching(new RegExp(`^ {10}${times.source}  broken: 2 rows$`)) as unknown,
      expect.stringMatching(new RegExp(`^ {10}${times.source}  kept: 3 rows$`)) as unknown,
    ])
    const json = JSON.parse((await run('a,1\nb,2\nc,3\n', '--history', '1', '--json')).out) as { readonly promises: readonly { readonly history?: unknown }[] }
    expect(json.promises[0]?.history).toEqual([{ measuredAt: expect.stringMatching(/Z$/) as unknown, state: 'KEPT', measured: 3 }])
    expect(await run('a,1\n', '--history', 'all')).toMatchObject({ code: 2, err: 'error COMMAND_INVALID: --history is a whole number from 0 to 200' })
  })

  it('exits with 1 where one is broken, or one of the severity that counts', async () => {
    const broken = await run('a,1\nb,2\n,3\n')
    expect(broken.code).toBe(1)
    expect(broken.out).toContain('  broken  Thing.code/nullValues, exactly 0 rows: 1 row (warning)')
    expect((await run('a,1\nb,2\n,3\n', '--severity', 'error')).code).toBe(0)
    expect((await run('a,1\nb,2\n', '--severity', 'error')).code).toBe(1)
  })

  it('keeps the results: a promise tells since when it is broken', async () => {
    const first = JSON.parse((await run('a,1\n', '--json')).out) as Document
    const again = JSON.parse((await run('a,1\nb,2\n', '--json')).out) as Document
    expect(again).toMatchObject({ ok: false, domain: 'lab', promises: [{ id: 'Thing/rowCount', state: 'BROKEN', measured: 2, unit: 'rows' }, {}, { state: 'NOT_RUN' }] })
    expect(again.promises[0]?.since).toBe(first.promises[0]?.since)
  })

  it('says what it needs', async () => {
    expect(await run('', '--severity', 'fatal')).toMatchObject({ code: 2, err: 'error COMMAND_INVALID: --severity is info, warning or error' })
  })
})

interface Document {
  readonly promises: readonly { readonly since?: string }[]
}
