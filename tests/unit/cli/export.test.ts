import { lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommandLine } from '../../../gateway/cli/run-command-line.ts'
import { PEOPLE, startPagedDomain, type PagedDomain } from '../../testkit/paged-domain.ts'

let domain: PagedDomain
let failFrom = Infinity

beforeAll(async () => {
  domain = await startPagedDomain({
    rowCount: 2_500, note: '=1+1',
    onPage: ({ from, response, answer }) => void (from >= failFrom ? response.destroy() : response.setHeader('content-type', 'application/json').end(answer)),
  })
  await writeFile(join(domain.dataDir, 'people.graphql'), PEOPLE)
})

afterAll(async () => await domain[Symbol.asyncDispose]())

async function polyseme(...argv: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  return await polysemeTo(undefined, argv)
}

async function polysemeTo(stdout: Writable | undefined, argv: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  const output: string[] = []
  const write = (line: string): void => void output.push(line)
  const env = { POLYSEME_GATEWAY: domain.url, POLYSEME_TOKEN: await domain.token() }
  const code = await runCommandLine(['export', '--query', 'people.graphql', ...argv], { out: write, err: write, env, cwd: domain.dataDir, signal: new AbortController().signal, ...(stdout === undefined ? {} : { stdout }) })
  return { code, output: output.join('\n') }
}

async function filesNamed(start: string): Promise<readonly string[]> {
  return (await readdir(domain.dataDir)).filter((name) => name.startsWith(start))
}

describe('polyseme export', () => {
  it('writes all rows into a file, as CSV or by the name of the file as NDJSON', async () => {
    failFrom = Infinity
    expect(await polyseme('--out', 'people.csv')).toEqual({ code: 0, output: `wrote ${join(domain.dataDir, 'people.csv')}: 2500 rows` })
    const csv = await readFile(join(domain.dataDir, 'people.csv'), 'utf8')
    expect(csv.split('\r\n').slice(0, 2)).toEqual(['personId,note', `0,"'=1+1"`])
    expect(csv.trimEnd().split('\r\n').length).toBe(2_501)
    expect((await polyseme('--out', 'people.ndjson', '--max-rows', '2')).code).toBe(0)
    expect(await readFile(join(domain.dataDir, 'people.ndjson'), 'utf8')).toBe('{"personId":0,"note":"=1+1"}\n{"personId":1,"note":"=1+1"}\n')
    expect((await polyseme('--out', 'raw.csv', '--keep-formulas', '--max-rows', '1')).code).toBe(0)
    expect(await readFile(join(domain.dataDir, 'raw.csv'), 'utf8')).toBe('personId,note\r\n0,=1+1\r\n')
  })

  it('T08 leaves the file as it was when the export breaks off, and nothing half beside it', async () => {
    failFrom = Infinity
    await polyseme('--out', 'kept.ndjson', '--max-rows', '1')
    failFrom = 2_000
    expect(await polyseme('--out', 'kept.ndjson')).toEqual({ code: 1, output: expect.stringMatching(/^error SUBGRAPH_UNAVAILABLE: the export broke off: /) as string })
    expect(await readFile(join(domain.dataDir, 'kept.ndjson'), 'utf8')).toBe('{"personId":0,"note":"=1+1"}\n')
    expect(await polyseme('--out', 'kept.csv')).toEqual({ code: 1, output: expect.stringMatching(/^error SOURCE_UNAVAILABLE: /) as string })
    expect(await filesNamed('kept')).toEqual(['kept.ndjson'])
  })

  it.each(['-', '/dev/stdout'])('writes to standard output, and makes no file of it: %s', async (out) => {
    failFrom = Infinity
    let text = ''
    const stdout = new Writable({ write: (chunk: Buffer, _encoding, done) => { text += chunk.toString(); done() } })
    expect(await polysemeTo(stdout, ['--out', out, '--max-rows', '2'])).toEqual({ code: 0, output: 'wrote 2 rows' })
    expect(text).toBe(`personId,note\r\n0,"'=1+1"\r\n1,"'=1+1"\r\n`)
    expect(await filesNamed('-')).toEqual([])
    const gone = new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error('gone'), { code: 'EPIPE', syscall: 'write' })) })
    expect(await polysemeTo(gone, ['--out', out])).toEqual({ code: 2, output: 'error COMMAND_INVALID: standard output cannot be written: nobody reads it any more' })
  })

  it('writes the file that a link leads to, also one that is not there yet, and leaves the link', async () => {
    failFrom = Infinity
    await mkdir(join(domain.dataDir, 'far'))
    await writeFile(join(domain.dataDir, 'far/old.csv'), 'old')
    for (const name of ['old.csv', 'new.csv']) {
      await symlink(join('far', name), join(domain.dataDir, `link-${name}`))
      expect((await polyseme('--out', `link-${name}`, '--max-rows', '1')).code).toBe(0)
      expect((await lstat(join(domain.dataDir, `link-${name}`))).isSymbolicLink()).toBe(true)
      expect(await readFile(join(domain.dataDir, 'far', name), 'utf8')).toBe(`personId,note\r\n0,"'=1+1"\r\n`)
    }
    expect(await readdir(join(domain.dataDir, 'far'))).toEqual(['new.csv', 'old.csv'])
    await symlink('round', join(domain.dataDir, 'round'))
    expect((await polyseme('--out', 'round')).output).toMatch(/^error COMMAND_INVALID: .*round cannot be written: its links lead in a circle$/)
  })

  it('writes a pipe and a device as they are', async () => {
    failFrom = Infinity
    const pipe = join(domain.dataDir, 'pipe')
    await promisify(execFile)('mkfifo', [pipe])
    const [text, { code }] = await Promise.all([readFile(pipe, 'utf8'), polyseme('--out', 'pipe', '--max-rows', '1')])
    expect({ code, text }).toEqual({ code: 0, text: `personId,note\r\n0,"'=1+1"\r\n` })
    expect((await lstat(pipe)).isFIFO()).toBe(true)
    expect(await polyseme('--out', '/dev/full')).toEqual({ code: 2, output: 'error COMMAND_INVALID: /dev/full cannot be written: the disk is full' })
    expect((await lstat('/dev/full')).isCharacterDevice()).toBe(true)
  })

  it('says what is wrong with its files before it asks the gateway', async () => {
    const asked = domain.asked.length
    expect(await polyseme('--query', 'nothing.graphql', '--out', 'x.csv')).toEqual({ code: 2, output: `error COMMAND_INVALID: there is no file ${join(domain.dataDir, 'nothing.graphql')}` })
    expect(await polyseme('--query', '.', '--out', 'x.csv')).toEqual({ code: 2, output: `error COMMAND_INVALID: ${domain.dataDir} cannot be read` })
    expect(await polyseme('--out', 'nowhere/x.csv')).toEqual({ code: 2, output: `error COMMAND_INVALID: ${join(domain.dataDir, 'nowhere/x.csv')} cannot be written: its folder does not exist` })
    expect(await polyseme('--out', '.')).toEqual({ code: 2, output: `error COMMAND_INVALID: ${domain.dataDir} is a directory; name a file` })
    expect(domain.asked.length).toBe(asked)
  })

  it('says what the gateway refuses', async () => {
    failFrom = Infinity
    await writeFile(join(domain.dataDir, 'two.graphql'), '{ hr { people { totalCount } } }')
    expect(await polyseme('--query', 'two.graphql', '--out', 'x.csv')).toEqual({ code: 1, output: expect.stringMatching(/^error BAD_USER_INPUT: an export selects the rows of one list/) as string })
    expect((await polyseme('--out', 'x.csv', '--format', 'xlsx')).output).toMatch(/^error BAD_REQUEST: `format`/)
    expect((await polyseme('--out', 'x.csv', '--max-rows', 'many')).code).toBe(2)
    expect((await polyseme()).output).toMatch(/needs --out FILE/)
    expect(await filesNamed('x.csv')).toEqual([])
  })
})
