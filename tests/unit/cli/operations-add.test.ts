import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCommandLine } from '../../../gateway/cli/run-command-line.ts'

let folder: string
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'polyseme-operations-')) })
afterEach(async () => await rm(folder, { recursive: true, force: true }))

async function add(...argv: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  const lines: string[] = []
  const write = (line: string): void => void lines.push(line)
  const code = await runCommandLine(['operations', 'add', ...argv], { out: write, err: write, env: {}, cwd: folder, signal: new AbortController().signal })
  return { code, output: lines.join('\n') }
}

const put = async (name: string, text: string): Promise<void> => await writeFile(join(folder, name), text)
const LIST = 'query List { orders { id } }'
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

describe('polyseme operations add', () => {
  it('keeps what older releases were built with beside what the new one is', async () => {
    await put('one.json', JSON.stringify({ 'relay-1': LIST }))
    await put('two.graphql', 'mutation Pay { pay }')
    expect(await add('one.json', '--client', 'web')).toMatchObject({ code: 0, output: expect.stringContaining('1 operations added, 1 in all') as string })
    expect(await add('two.graphql', '--client', 'web')).toMatchObject({ code: 0, output: expect.stringContaining('1 operations added, 2 in all') as string })
    expect(await add('one.json', '--client', 'web')).toMatchObject({ code: 0, output: expect.stringContaining('0 operations added, 2 in all') as string })
    expect(JSON.parse(await readFile(join(folder, 'operations/web.json'), 'utf8'))).toEqual({
      format: 'apollo-persisted-query-manifest', version: 1,
      operations: [
        { id: 'relay-1', name: 'List', type: 'query', body: LIST },
        { id: sha256('mutation Pay { pay }'), name: 'Pay', type: 'mutation', body: 'mutation Pay { pay }' },
      ].sort((left, right) => (left.id < right.id ? -1 : 1)),
    })
  })

  it('refuses an id for another text, and writes nothing', async () => {
    await put('one.json', JSON.stringify({ a: LIST }))
    await put('two.json', JSON.stringify({ a: '{ other }' }))
    await add('one.json', '--client', 'web')
    expect(await add('two.json', '--client', 'web')).toMatchObject({ code: 1, output: expect.stringContaining('error BAD_USER_INPUT: the operation a is registered with another text') as string })
    expect(await readFile(join(folder, 'operations/web.json'), 'utf8')).toContain(LIST)
  })

  it('says what of a file is not GraphQL, and writes nothing', async () => {
    await put('bad.json', JSON.stringify({ a: LIST, b: '{ broken' }))
    expect(await add('bad.json', '--client', 'web')).toMatchObject({ code: 1, output: expect.stringContaining('bad.json: b is no GraphQL: Syntax Error') as string })
    await expect(readFile(join(folder, 'operations/web.json'))).rejects.toThrow('ENOENT')
  })

  it.each([[['--client', 'web'], 'needs at least one FILE'], [['a.json'], '`--client` is a name'], [['a.json', '--client', '../web'], '`--client` is a name']])('does not understand %j', async (argv, message) => {
    expect(await add(...argv)).toMatchObject({ code: 2, output: expect.stringContaining(message) as string })
  })
})
