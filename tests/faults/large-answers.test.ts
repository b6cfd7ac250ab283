import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { AuditEntry } from '../../gateway/usage/index.ts'
import { eventually } from '../testkit/eventually.ts'
import { liveBytes } from '../testkit/live-memory.ts'
import { startPagedDomain, type PagedDomain, type PagedDomainOptions } from '../testkit/paged-domain.ts'
import { postFor, readLong, type LongAnswer } from '../testkit/post-for-export.ts'

const QUERY = { query: '{ hr { people(first: 100000) { totalCount nodes { personId note } pageInfo { hasNextPage } } } }' }
const NOTE = 'ü'.repeat(250)
const HEAD = '{"data":{"hr":{"people":{"totalCount":100000,"nodes":['
const TAIL = '],"pageInfo":{"hasNextPage":false}}}}}'

function row(index: number): string {
  return `{"personId":${index},"note":"${NOTE}"}`
}

/** Writes rows as fast as they are taken; how many were written. */
async function writeRows(response: ServerResponse, rows: number): Promise<number> {
  response.setHeader('content-type', 'application/json').write(HEAD)
  let written = 0
  for (let from = 0; from < rows && !response.destroyed; from += 500) {
    const text = Array.from({ length: 500 }, (_unused, index) => row(from + index)).join(',')
    if (!response.write(`${from === 0 ? '' : ','}${text}`)) await new Promise<void>((resolve) => { response.write(' ', () => resolve()) })
    written = from + 500
  }
  return written
}

async function post(domain: PagedDomain, headers: Readonly<Record<string, string>> = {}): ReturnType<typeof postFor> {
  return await postFor(`${domain.url}/graphql`, QUERY, { token: await domain.token(), headers })
}

describe('a list of 100,000 rows from one domain', () => {
  it('is the answer that it would be whole, and stands in the audit log when it begins and when it ends', async () => {
    await using domain = await startPagedDomain({ rowCount: 0, classification: 'confidential', onPage: async ({ response }) => { await writeRows(response, 100_000); response.end(TAIL) } })
    const { status, headers, body, complete } = await readLong(await post(domain))
    expect({ status, complete, length: headers['content-length'], type: headers['content-type'] }).toEqual({ status: 200, complete: true, length: undefined, type: 'application/json; charset=utf-8' })
    expect(body.length).toBeGreaterThan(27_000_000)
    expect(body === `${HEAD}${Array.from({ length: 100_000 }, (_unused, index) => row(index)).join(',')}${TAIL}`).toBe(true)
    const dir = join(domain.dataDir, 'audit')
    const text = (await Promise.all((await readdir(dir)).filter((name) => name.endsWith('.jsonl')).map(async (name) => await readFile(join(dir, name), 'utf8')))).join('')
    const entries = text.trimEnd().split('\n').map((line) => (JSON.parse(line) as { readonly entry: AuditEntry }).entry)
    expect(entries).toMatchObject([{ way: 'graphql', outcome: 'started', products: ['hr/people'] }, { outcome: 'answered', rows: 100_000 }])
  })

  it('says what it is estimated to cost, since nobody holds it to count', async () => {
    await using domain = await startPagedDomain({ rowCount: 0, onPage: async ({ response }) => { await writeRows(response, 10_000); response.end(TAIL) } })
    const { headers, complete } = await readLong(await post(domain, { 'x-polyseme-cost': 'include' }))
    expect(complete).toBe(true)
    expect([Number(headers['x-polyseme-cost-estimated']) >= 100_000, headers['x-polyseme-cost-actual']]).toEqual([true, undefined])
  })

  it('T40 waits for a slow reader, and memory stays flat', async () => {
    let written = 0
    await using domain = await startPagedDomain({ rowCount: 0, onPage: async ({ response }) => { written = await writeRows(response, 100_000); response.end(TAIL) } })
    const before = liveBytes()
    const response = await post(domain)
    let bytes = 0
    let highest = 0
    let chunks = 0
    for await (const chunk of response) {
      bytes += (chunk as Buffer).length
      // A pause now and then, in which everybody who could go on does.
      if (++chunks % 100 !== 0) continue
      await new Promise((resolve) => setTimeout(resolve, 5))
      highest = Math.max(highest, liveBytes() - before)
    }
    expect(written).toBe(100_000)
    expect(bytes).toBeGreaterThan(52_000_000)
    // Gateway, domain and reader share this process.
    expect(highest).toBeLessThan(48 * 1024 * 1024)
  })

  it('T40 holds the domain up while nobody reads', async () => {
    let last: ServerResponse | undefined
    await using domain = await startPagedDomain({ rowCount: 0, onPage: async ({ response }) => { last = response; await writeRows(response, 1_000_000) } })
    const response = await post(domain)
    response.pause()
    let before = -1
    await eventually(async () => {
      const now = last?.socket?.bytesWritten ?? 0
      const same = now === before && now > 1_000_000
      before = now
      if (!same) await new Promise((resolve) => setTimeout(resolve, 100))
      expect(same).toBe(true)
    })
    expect(before).toBeLessThan(30_000_000)
    response.destroy()
  })

  it('T07 a domain that is reset in the middle: the answer breaks off, never looks complete', async () => {
    await using domain = await startPagedDomain({ rowCount: 0, onPage: async ({ response }) => { await writeRows(response, 20_000); response.destroy() } })
    const answer = await readLong(await post(domain))
    expect({ status: answer.status, complete: answer.complete }).toEqual({ status: 200, complete: false })
    expect(() => { JSON.parse(answer.body) }).toThrow()
    expect(domain.log.join('\n')).toMatch(/an answer was cut.*SUBGRAPH_UNAVAILABLE/)
  })

  it('F08 F09 has the errors of its rows with their numbers, behind the data; what nobody asked for is left out', async () => {
    await using domain = await startPagedDomain({ rowCount: 0, onPage: async ({ response }) => { await writeRows(response, 20_000); response.end(`,{"personId":null,"note":"x"},{"personId":20001,"note":7,"iban":"DE1"}${TAIL}`) } })
    const { body, complete } = await readLong(await post(domain))
    const { data, errors } = JSON.parse(body) as { data: { hr: { people: { nodes: readonly unknown[] } } }; errors: readonly unknown[] }
    expect(complete).toBe(true)
    expect(data.hr.people.nodes.slice(20_000)).toEqual([null, { personId: 20_001, note: null }])
    expect(errors).toMatchObject([
      { path: ['hr', 'people', 'nodes', 20_000, 'personId'], extensions: { code: 'SUBGRAPH_RESPONSE_INVALID', subgraph: 'hr' } },
      { path: ['hr', 'people', 'nodes', 20_001, 'note'], extensions: { code: 'SUBGRAPH_RESPONSE_INVALID', subgraph: 'hr' } },
    ])
  })

  it('T39 is not asked for any longer when the client is gone', async () => {
    let closed = false
    await using domain = await startPagedDomain({ rowCount: 0, onPage: async ({ response }) => {
      response.on('close', () => { closed = !response.writableFinished })
      await writeRows(response, 1_000_000)
    } })
    const response = await post(domain)
    response.destroy()
    await eventually(async () => expect(closed).toBe(true))
    await eventually(async () => expect(domain.log.join('\n')).toMatch(/an answer was cut.*CLIENT_GONE/))
  })

  it.each([
    ['F13 its own cap of bytes', { maxBytes: 5_000_000 }],
    ['F11 its own deadline', { deadlineMs: 1_000 }],
  ])('has %s', async (_what, largeAnswers) => {
    await using domain = await startPagedDomain({ rowCount: 0, config: { largeAnswers }, onPage: async ({ response }) => {
      await writeRows(response, 20_000)
      await once(response, 'close')
    } })
    expect((await readLong(await post(domain))).complete).toBe(false)
  })

  it('is awaited whole when too many are under way already', async () => {
    let go = (): void => undefined
    const gate = new Promise<void>((resolve) => { go = resolve })
    let asked = 0
    await using domain = await startPagedDomain({ rowCount: 0, config: { largeAnswers: { maxAtOnce: 1 } }, onPage: async ({ response }) => {
      const isFirst = asked++ === 0
      await writeRows(response, 10_000)
      if (isFirst) await gate
      response.end(TAIL)
    } })
    const first = await post(domain)
    const second = await readLong(await post(domain))
    expect(Number(second.headers['content-length'])).toBeGreaterThan(5_000_000)
    go()
    const { headers, body } = await readLong(first)
    expect(headers['content-length']).toBeUndefined()
    expect(body).toBe(second.body)
  })

  it('is refused to who does not accept JSON, and the domain is let go', async () => {
    let closed = false
    await using domain = await startPagedDomain({ rowCount: 0, onPage: async ({ response }) => {
      response.on('close', () => { closed = true })
      await writeRows(response, 1_000_000)
    } })
    const answer = await readLong(await postFor(`${domain.url}/graphql`, QUERY, { token: await domain.token(), headers: { accept: 'text/html' } }))
    expect({ status: answer.status, complete: answer.complete }).toEqual({ status: 406, complete: true })
    await eventually(async () => expect(closed).toBe(true))
  })

  describe('among several lists', () => {
    const TWICE = { query: '{ hr { a: people(first: 100000) { nodes { personId note } } b: people(first: 100000) { nodes { personId note } } } }' }
    const rows = (count: number): string => Array.from({ length: count }, (_unused, index) => row(index)).join(',')
    const answerOf = (first: number, second: number): string => `{"data":{"hr":{"a":{"nodes":[${rows(first)}]},"b":{"nodes":[${rows(second)}]}}}}`
    const askTwice = async (answer: string, config: PagedDomainOptions['config'] = {}): Promise<LongAnswer & { readonly log: string }> => {
      await using domain = await startPagedDomain({ rowCount: 0, config, onPage: ({ response }) => void response.setHeader('content-type', 'application/json').end(answer) })
      const read = await readLong(await postFor(`${domain.url}/graphql`, TWICE, { token: await domain.token() }))
      return { ...read, log: domain.log.join('\n') }
    }

    it('is sent while it comes when it is the last', async () => {
      const answer = answerOf(10, 10_000)
      const { headers, body, complete } = await askTwice(answer)
      expect({ complete, length: headers['content-length'], same: body === answer }).toEqual({ complete: true, length: undefined, same: true })
    })

    it('F13 is made whole when another follows, and what is held of it has the bound of whole answers: it is refused, not cut', async () => {
      const answer = answerOf(10_000, 10)
      const whole = await askTwice(answer)
      expect({ complete: whole.complete, length: Number(whole.headers['content-length']), same: whole.body === answer }).toEqual({ complete: true, length: Buffer.byteLength(answer), same: true })
      const refused = await askTwice(answer, { traffic: { maxResponseBytes: 4_000_000 } })
      expect(refused.complete).toBe(true)
      expect(JSON.parse(refused.body)).toMatchObject({ data: { hr: null }, errors: [{
        message: expect.stringMatching(/^the answer of the domain "hr" cannot be used: it is longer than the 4000000 bytes .*one large list/) as string,
        extensions: { code: 'SUBGRAPH_RESPONSE_INVALID', subgraph: 'hr' },
      }] })
    })

    it('T40 is made whole when much stands before it', async () => {
      const answer = answerOf(10_000, 10_000)
      const { headers } = await askTwice(answer, { largeAnswers: { maxAroundBytes: 1_000_000 } })
      expect(Number(headers['content-length'])).toBe(Buffer.byteLength(answer))
    })
  })

  it('T40 has a bound of what is held of answers that are made whole, all together; one alone is never refused for it', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    let asked = 0
    await using domain = await startPagedDomain({ rowCount: 0, config: { largeAnswers: { maxHeldBytes: 4_000_000, maxAroundBytes: 1_000_000 } }, onPage: async ({ response }) => {
      asked += 1
      const isFirst = asked === 1
      response.setHeader('content-type', 'application/json').write(`{"data":{"hr":{"a":{"nodes":[${Array.from({ length: 10_000 }, (_unused, index) => row(index)).join(',')}]},`)
      if (isFirst) await released
      response.end('"b":{"nodes":[]}}}}')
    } })
    const query = { query: '{ hr { a: people(first: 100000) { nodes { personId note } } b: people(first: 100000) { nodes { personId note } } } }' }
    const ask = async (): Promise<LongAnswer> => await readLong(await postFor(`${domain.url}/graphql`, query, { token: await domain.token() }))
    const first = ask()
    await eventually(async () => await Promise.resolve(expect(asked).toBe(1)))
    await eventually(async () => {
      const { body } = await ask()
      expect(JSON.parse(body)).toMatchObject({ data: { hr: null }, errors: [{ message: expect.stringContaining('4000000 bytes') as string, extensions: { code: 'OVERLOADED', subgraph: 'hr' } }] })
    })
    release()
    expect((await first).body.length).toBeGreaterThan(2_500_000)
    expect((await ask()).body).toBe((await first).body)
  })

  it('T40 F13 what follows the list has a bound of its own; the log says whose answer, how long and what the bound is', async () => {
    await using domain = await startPagedDomain({ rowCount: 0, config: { largeAnswers: { maxAroundBytes: 1_000_000 } }, onPage: async ({ response }) => {
      await writeRows(response, 5_000)
      response.end(`],"nobodyAsked":"${'x'.repeat(1_500_000)}"}}}}`)
    } })
    expect((await readLong(await post(domain))).complete).toBe(false)
    await eventually(async () => expect(domain.log.join('\n')).toMatch(/an answer was cut.*SUBGRAPH_RESPONSE_INVALID.*domain \\?"hr\\?".*1\d{6} bytes stand beside its list, of which 1000000 may/))
  })

  it('small answers come as ever', async () => {
    await using domain = await startPagedDomain({ rowCount: 0, onPage: async ({ response }) => { await writeRows(response, 500); response.end(TAIL) } })
    const { headers, complete } = await readLong(await post(domain))
    expect(complete).toBe(true)
    expect(Number(headers['content-length'])).toBeGreaterThan(200_000)
  })
})
