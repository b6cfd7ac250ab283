import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLog, healthRoutes, listen, type HttpListener, type Readiness } from '../../../gateway/serve/index.ts'

let listener: HttpListener
let readiness: Readiness = { ready: false }

beforeAll(async () => {
  listener = await listen({ host: '127.0.0.1', port: 0, log: createLog(() => undefined) })
  listener.serve(healthRoutes(() => readiness))
})

afterAll(async () => await listener.close(0))

describe('health', () => {
  it('is live as soon as it listens', async () => {
    await request(listener.url).get('/health/live').expect(200, { status: 'live' })
  })

  it('is not ready before it has a graph, and says which one it serves then', async () => {
    readiness = { ready: false }
    await request(listener.url).get('/health/ready').expect(503)
    readiness = { ready: true, supergraph: 'abc' }
    const answer = await request(listener.url).get('/health/ready').expect(200)
    expect(answer.body).toEqual({ status: 'ready', supergraph: 'abc' })
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  })

  it('T15 says that the graph may be old while the registry does not answer', async () => {
    readiness = { ready: true, supergraph: 'abc', stale: true }
    await request(listener.url).get('/health/ready').expect(200, { status: 'ready', supergraph: 'abc', stale: true })
  })
})
