import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AccessDatabase, AgreementStore, RevocationStore } from '../../gateway/access/index.ts'
import { eventually } from '../testkit/eventually.ts'
import { liveBytes } from '../testkit/live-memory.ts'
import { PEOPLE, startPagedDomain, writeAndHang, type AskedPage } from '../testkit/paged-domain.ts'
import { postFor, postForExport, readLong } from '../testkit/post-for-export.ts'

const NDJSON = { query: PEOPLE, format: 'ndjson' }

function answerWhole({ response, answer }: AskedPage): void {
  response.setHeader('content-type', 'application/json').end(answer)
}

function lastLine(body: string): unknown {
  return JSON.parse(body.trimEnd().split('\n').at(-1) ?? '')
}

describe('an export that cannot be completed', () => {
  it('T08 a domain that is reset in mid-export: the client sees failure, in NDJSON also the reason', async () => {
    await using domain = await startPagedDomain({
      rowCount: 5_000,
      onPage: (page) => {
        if (page.from < 2_000) answerWhole(page)
        else page.response.setHeader('content-type', 'application/json').write(page.answer.slice(0, 5_000), () => page.response.destroy())
      },
    })
    const token = await domain.token()
    const ndjson = await postForExport(domain.url, NDJSON, { token })
    expect(ndjson).toMatchObject({ status: 200, complete: false, trailers: {} })
    expect(lastLine(ndjson.body)).toMatchObject({ error: { code: 'SUBGRAPH_UNAVAILABLE' } })
    expect(ndjson.body.trimEnd().split('\n').length).toBe(2_001)
    const csv = await postForExport(domain.url, { query: PEOPLE }, { token })
    expect(csv).toMatchObject({ status: 200, complete: false, trailers: {} })
    expect(csv.body).not.toContain('error')
    expect(domain.log.join('\n')).toContain('an export was cut')
  })

  it('is an ordinary error where nothing was sent yet', async () => {
    await using domain = await startPagedDomain({ rowCount: 10, onPage: ({ response }) => void response.destroy() })
    const answer = await postForExport(domain.url, NDJSON, { token: await domain.token() })
    expect(answer).toMatchObject({ status: 502, complete: true, body: expect.stringContaining('SUBGRAPH_UNAVAILABLE') as string })
  })

  it('J27 a token that expires during the export ends it with an error, also in the middle of a page', async () => {
    await using domain = await startPagedDomain({ rowCount: 5_000, onPage: async (page) => (page.from < 2_000 ? answerWhole(page) : await writeAndHang(page.response, page.answer.slice(0, 5_000))) })
    const answer = await postForExport(domain.url, NDJSON, { token: await domain.token('ana', 5) })
    expect(answer.complete).toBe(false)
    expect(lastLine(answer.body)).toMatchObject({ error: { code: 'UNAUTHENTICATED', message: 'The token has expired.' } })
  })

  it('X02 an agreement that is revoked during the export ends it within a second, also in the middle of a page', async () => {
    await using domain = await startPagedDomain({ rowCount: 5_000, needsAgreement: true, onPage: async (page) => (page.from < 2_000 ? answerWhole(page) : await writeAndHang(page.response, page.answer.slice(0, 5_000))) })
    const token = await domain.token()
    expect(await postForExport(domain.url, NDJSON, { token })).toMatchObject({ status: 403, body: expect.stringContaining('access agreement on hr/people') as string })
    // Another process, as `polyseme access` is.
    using database = new AccessDatabase({ file: join(domain.dataDir, 'access.db') })
    const agreements = new AgreementStore(database)
    const { id } = agreements.request({ product: 'hr/people', consumer: 'team', people: ['ana'], purpose: 'planning', useCase: 'To plan who is where.', until: new Date(Date.now() + 86_400_000).toISOString().slice(0, 10) }, 'ana')
    agreements.decide(id, 'approved', { actor: 'olga' })
    const response = await eventually(async () => {
      const answered = await postFor(`${domain.url}/export`, NDJSON, { token })
      if (answered.statusCode !== 200) answered.resume()
      expect(answered.statusCode).toBe(200)
      return answered
    })
    await eventually(async () => expect(domain.asked).toContain(2_000))
    agreements.decide(id, 'revoked', { actor: 'olga' })
    const revokedMs = performance.now()
    const answer = await readLong(response)
    expect(performance.now() - revokedMs).toBeLessThan(1_500)
    expect(answer.complete).toBe(false)
    expect(lastLine(answer.body)).toMatchObject({ error: { code: 'FORBIDDEN', message: expect.stringContaining('not authorized to export HrPerson') as string } })
  })

  it('J21 a caller who is revoked during the export gets no more of it', async () => {
    await using domain = await startPagedDomain({ rowCount: 5_000, onPage: async (page) => (page.from < 1_000 ? answerWhole(page) : await writeAndHang(page.response, page.answer.slice(0, 5_000))) })
    const response = await postFor(`${domain.url}/export`, NDJSON, { token: await domain.token() })
    using database = new AccessDatabase({ file: join(domain.dataDir, 'access.db') })
    new RevocationStore(database).add({ kind: 'subject', issuer: 'https://issuer.test', subject: 'ana' }, { actor: 'operator' })
    const answer = await readLong(response)
    expect({ complete: answer.complete, last: lastLine(answer.body) }).toMatchObject({ complete: false, last: { error: { code: 'UNAUTHENTICATED' } } })
  })

  it('T39 nobody asks the domain for more when the client is gone', async () => {
    await using domain = await startPagedDomain({ rowCount: 1_000_000, onPage: async (page) => (page.from < 3_000 ? answerWhole(page) : await writeAndHang(page.response, '{"data":')) })
    const response = await postFor(`${domain.url}/export`, NDJSON, { token: await domain.token() })
    response.resume()
    await eventually(async () => expect(domain.asked).toContain(3_000))
    response.destroy()
    await eventually(async () => expect(domain.log.join('\n')).toContain('an export was cut'))
    expect(domain.asked).toEqual([0, 1_000, 2_000, 3_000])
  })
})

describe('an export that costs more than its caller may spend at once', () => {
  it('waits for the budget to fill up again', async () => {
    await using domain = await startPagedDomain({ rowCount: 5_000, config: { protection: { callerBudget: { cost: 2_500, windowSeconds: 1 } } } })
    const answer = await postForExport(domain.url, NDJSON, { token: await domain.token() })
    expect(answer).toMatchObject({ complete: true, trailers: { 'x-polyseme-rows': '5000' } })
  })
})

describe('exports at once', () => {
  it('are bounded for each caller and in all, with a word that says so', async () => {
    let go = (): void => undefined
    const gate = new Promise<void>((resolve) => { go = resolve })
    await using domain = await startPagedDomain({
      rowCount: 2_000, config: { exports: { maxAtOnce: 3, maxPerCaller: 2 } },
      onPage: async (page) => {
        if (page.from > 0) await gate
        answerWhole(page)
      },
    })
    const post = async (subject: string): Promise<Awaited<ReturnType<typeof postFor>>> => await postFor(`${domain.url}/export`, NDJSON, { token: await domain.token(subject) })
    const running = [await post('ana'), await post('ana'), await post('bob')]
    const third = await readLong(await post('ana'))
    expect(third).toMatchObject({ status: 429, headers: { 'retry-after': '5' }, body: expect.stringContaining('2 exports of yours are under way; at most 2 may be at once') as string })
    expect(await readLong(await post('eve'))).toMatchObject({ status: 429, body: expect.stringContaining('3 exports are under way; at most 3') as string })
    go()
    for (const response of running) expect((await readLong(response)).trailers['x-polyseme-rows']).toBe('2000')
    expect((await postForExport(domain.url, NDJSON, { token: await domain.token('ana') })).status).toBe(200)
  })
})

describe('a slow reader', () => {
  it('T40 holds up the pages, and memory stays flat', async () => {
    const note = 'ü'.repeat(500)
    await using domain = await startPagedDomain({ rowCount: 60_000, note })
    const response = await postFor(`${domain.url}/export`, { query: PEOPLE }, { token: await domain.token() })
    await once(response, 'readable')
    // Nothing is read now: the pages stop when the buffers on the way are full.
    let seen = -1
    await eventually(async () => {
      const before = seen
      seen = domain.asked.length
      await new Promise((resolve) => setTimeout(resolve, 250))
      expect([before, domain.asked.length]).toEqual([seen, seen])
    })
    expect(seen).toBeLessThan(30)
    let bytes = 0
    let highest = 0
    let chunks = 0
    const before = liveBytes()
    for await (const chunk of response) {
      bytes += (chunk as Buffer).length
      if (++chunks % 100 === 0) highest = Math.max(highest, liveBytes() - before)
    }
    expect(response.trailers['x-polyseme-rows']).toBe('60000')
    expect(bytes).toBeGreaterThan(60_000_000)
    expect(domain.asked.length).toBe(60)
    // Gateway, domain and reader share this process; 60 MB went through it.
    expect(highest).toBeLessThan(48 * 1024 * 1024)
  })
})
