import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AuditLog, verifyAuditLog, type AuditEntry, type AuditRecord } from '../../../gateway/usage/index.ts'

const ENTRY: AuditEntry = {
  at: '2026-01-01T00:00:00.000Z', requestId: 'r1', way: 'graphql', issuer: 'https://issuer.test', subject: 'ana', purpose: 'reporting', operation: 'abc',
  products: ['hr/people'], fields: { 'HrPerson.email': 'confidential' }, masked: ['HrPerson.email'], denied: [], outcome: 'answered', rows: 3,
}

const makeDir = (): Promise<string> => mkdtemp(join(tmpdir(), 'polyseme-audit-'))

async function write(dir: string, count: number, options: { maxFileBytes?: number } = {}): Promise<void> {
  await using log = await AuditLog.open({ dir, ...options })
  await Promise.all(Array.from({ length: count }, (_, index) => log.append({ ...ENTRY, requestId: `r${index}` })))
}

async function records(dir: string): Promise<readonly AuditRecord[]> {
  const found: AuditRecord[] = []
  const verification = await verifyAuditLog(dir, { onRecord: (record) => found.push(record) })
  expect(verification.kind).toBe('intact')
  return found
}

describe('an audit log', () => {
  it('keeps entries in order, over several openings', async () => {
    const dir = await makeDir()
    await write(dir, 3)
    await write(dir, 2)
    const all = await records(dir)
    expect(all.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5])
    expect(all.map(({ entry }) => entry.requestId)).toEqual(['r0', 'r1', 'r2', 'r0', 'r1'])
    expect(all[0]?.entry).toEqual({ ...ENTRY, requestId: 'r0' })
  })

  it('goes on in a new file when one is full', async () => {
    const dir = await makeDir()
    for (let i = 0; i < 10; i++) await write(dir, 1, { maxFileBytes: 1_000 })
    expect(await readdir(dir)).toEqual(['audit-000001.jsonl', 'audit-000002.jsonl', 'audit-000003.jsonl', 'audit-000004.jsonl'])
    expect(await records(dir)).toHaveLength(10)
  })

  it('acknowledges 2,000 entries that come together', async () => {
    const dir = await makeDir()
    await using log = await AuditLog.open({ dir })
    await Promise.all(Array.from({ length: 2_000 }, () => log.append(ENTRY)))
    expect(log.head.sequence).toBe(2_000)
  })

  it('refuses more than may wait, and after it is closed', async () => {
    const dir = await makeDir()
    const log = await AuditLog.open({ dir, maxWaiting: 2 })
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => log.append(ENTRY)))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    await log.close()
    await expect(log.append(ENTRY)).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' })
    expect(await records(dir)).toHaveLength(2)
  })

  it('belongs to one writer', async () => {
    const dir = await makeDir()
    const log = await AuditLog.open({ dir })
    await expect(AuditLog.open({ dir })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    await log.close()
    await write(dir, 1)
    // A lock of a process that is no more, and one of a process that now bears its number.
    for (const owner of ['999999999 12345', `${process.pid} 1`, '']) {
      await writeFile(join(dir, 'writer.lock'), owner)
      await write(dir, 1)
    }
    expect(await records(dir)).toHaveLength(4)
  })

  it('X03 what callers send moves no cursor and begins no line', async () => {
    const dir = await makeDir()
    const nasty = ['a\nb', '\u001b[31mred', '\u009b31m', '\u0000', '\u2028', '\u202e', '\r\n{"sequence":1}', '"},"hash":"', '\ud800', '\u007f', '😀']
    await using log = await AuditLog.open({ dir })
    for (const text of nasty) await log.append({ ...ENTRY, requestId: text, subject: text, operationName: text })
    const [name = ''] = await readdir(dir).then((names) => names.filter((one) => one.endsWith('.jsonl')))
    const lines = (await readFile(join(dir, name), 'utf8')).split('\n').slice(0, -1)
    expect(lines).toHaveLength(nasty.length)
    for (const line of lines) {
      // eslint-disable-next-line no-control-regex -- none of them may be there
      expect(line).not.toMatch(/[\u0000-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E]/)
    }
    expect((await records(dir)).map(({ entry }) => entry.subject)).toEqual(nasty)
  })
})

describe('verification', () => {
  it('finds every changed, removed, moved or added record', async () => {
    const dir = await makeDir()
    await write(dir, 20)
    const path = join(dir, 'audit-000001.jsonl')
    const good = (await readFile(path, 'utf8')).split('\n').slice(0, -1)
    const changes: Record<string, (lines: string[], at: number) => string[]> = {
      changed: (lines, at) => lines.map((line, index) => (index === at ? line.replace('"rows":3', '"rows":4') : line)),
      removed: (lines, at) => lines.filter((_, index) => index !== at),
      moved: (lines, at) => [...lines.slice(0, at), ...lines.slice(at, at + 2).reverse(), ...lines.slice(at + 2)],
      doubled: (lines, at) => [...lines.slice(0, at), lines[at] ?? '', ...lines.slice(at)],
    }
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(changes)), fc.nat(18), async (kind, at) => {
        await writeFile(path, `${changes[kind]?.(good, at).join('\n')}\n`)
        const verification = await verifyAuditLog(dir)
        expect(verification).toMatchObject({ kind: 'broken', fault: { file: path, line: expect.any(Number) } })
        if (verification.kind === 'broken') expect(verification.lastGood.sequence).toBeLessThanOrEqual(at + 1)
      }),
      { numRuns: 60 },
    )
  })

  it('finds any flipped byte', async () => {
    const dir = await makeDir()
    await write(dir, 3)
    const path = join(dir, 'audit-000001.jsonl')
    const good = await readFile(path)
    await fc.assert(
      fc.asyncProperty(fc.nat(good.byteLength - 2), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bad = Buffer.from(good)
        bad[at] = (bad[at] ?? 0) ^ flip
        await writeFile(path, bad)
        expect((await verifyAuditLog(dir)).kind).toBe('broken')
      }),
      { numRuns: 200 },
    )
  })

  it('finds an end that was cut off, against a head that was written down', async () => {
    const dir = await makeDir()
    await write(dir, 5)
    const path = join(dir, 'audit-000001.jsonl')
    const whole = await verifyAuditLog(dir)
    if (whole.kind !== 'intact') throw new Error('broken')
    const lines = (await readFile(path, 'utf8')).split('\n')
    await writeFile(path, `${lines.slice(0, 3).join('\n')}\n`)
    expect(await verifyAuditLog(dir)).toMatchObject({ kind: 'intact', head: { sequence: 3 } })
    expect(await verifyAuditLog(dir, { expected: whole.head })).toMatchObject({ kind: 'broken', fault: { why: expect.stringContaining('record 5 was written') } })
    expect(await verifyAuditLog(dir, { expected: { sequence: 2, hash: whole.head.hash } })).toMatchObject({ kind: 'broken', fault: { line: 2 } })
  })

  it('takes a torn last line for a crash, and one in the middle for damage', async () => {
    const dir = await makeDir()
    await write(dir, 2)
    const path = join(dir, 'audit-000001.jsonl')
    await appendFile(path, '{"sequence":3,"prev')
    expect(await verifyAuditLog(dir)).toMatchObject({ kind: 'intact', torn: true, head: { sequence: 2 } })
    await write(dir, 1)
    expect((await records(dir)).map(({ sequence }) => sequence)).toEqual([1, 2, 3])
    await appendFile(path, 'garbage\n')
    await expect(AuditLog.open({ dir })).rejects.toMatchObject({ code: 'DATA_DIR_CORRUPT' })
  })

  it('an empty folder is an intact log of nothing', async () => {
    expect(await verifyAuditLog(join(await makeDir(), 'missing'))).toMatchObject({ kind: 'intact', head: { sequence: 0 }, files: 0 })
  })
})

const WRITER = join(import.meta.dirname, 'audit-writer.ts')

function ended(child: ChildProcess): Promise<unknown> {
  return child.exitCode === null && child.signalCode === null ? once(child, 'exit') : Promise.resolve()
}

it('T11 kill -9 at random moments: every acknowledged record is there, and the log goes on', { timeout: 60_000 }, async () => {
  const dir = await makeDir()
  const acknowledged = new Set<string>()
  for (const records of [1, 7, 40, 100, 13, 3]) {
    const child = spawn(process.execPath, [WRITER, dir], { stdio: ['ignore', 'pipe', 'inherit'] })
    let seen = 0
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith('ready')) continue
      acknowledged.add(line)
      // What it still wrote into the pipe before it died was acknowledged as well, so the loop goes on to the end.
      if (++seen === records) child.kill('SIGKILL')
    }
    await ended(child)
  }
  const found = new Set<string>()
  const verification = await verifyAuditLog(dir, { onRecord: ({ entry }) => found.add(entry.requestId) })
  expect(verification.kind).toBe('intact')
  expect(acknowledged.size).toBeGreaterThanOrEqual(164)
  expect([...acknowledged].filter((id) => !found.has(id))).toEqual([])
})

it('X04 when the disk takes no more, entries are refused; when it does again, the log goes on unbroken', { timeout: 30_000 }, async () => {
  const dir = await makeDir()
  const child = spawn('bash', ['-c', `trap '' XFSZ; ulimit -S -f 4; exec "$0" "$@"`, process.execPath, WRITER, dir, 'asked'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  await answers.next()
  const ask = async (id: string): Promise<string> => {
    child.stdin.write(`${id}\n`)
    return String((await answers.next()).value)
  }
  const outcomes: string[] = []
  for (let i = 0; i < 12; i++) outcomes.push(await ask(`r${i}`))
  const refused = outcomes.filter((outcome) => outcome.endsWith('AUDIT_UNAVAILABLE'))
  expect(refused.length).toBeGreaterThan(0)
  const room = spawn('prlimit', ['--pid', String(child.pid), '--fsize=unlimited'], { stdio: 'inherit' })
  await ended(room)
  expect(await ask('after')).toBe('after written')
  child.stdin.end()
  await ended(child)
  const written = [...outcomes, 'after written'].filter((outcome) => outcome.endsWith(' written')).map((outcome) => outcome.split(' ')[0])
  expect((await records(dir)).map(({ entry }) => entry.requestId)).toEqual(written)
})
