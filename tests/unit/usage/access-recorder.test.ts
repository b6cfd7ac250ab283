import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildDomainSdl } from '@polyseme/kit/product'
import { authorize, type AuthorizeOptions } from '../../../gateway/access/index.ts'
import { DEFAULT_OPERATION_LIMITS, parseOperation } from '../../../gateway/operation/index.ts'
import type { AnswerStream } from '../../../gateway/execute/index.ts'
import { recordedStream } from '../../../gateway/serve/send-stream.ts'
import type { Supergraph } from '../../../gateway/supergraph/index.ts'
import { AccessRecorder, AuditLog, UsageMeter, verifyAuditLog, type AnsweredOperation, type AuditEntry } from '../../../gateway/usage/index.ts'
import { composeTestSupergraph } from '../../testkit/test-mesh.ts'
import { caller, deciderOf, meshFile, PRODUCTS } from '../../access/policies/policy-fixture.ts'

const hr = PRODUCTS.filter(({ domain }) => domain === 'hr')
const composed = composeTestSupergraph({ hr: buildDomainSdl(hr) })
const graph: Supergraph = { ...composed, subgraphs: new Map([['hr', { name: 'hr', url: 'inprocess:hr', sdl: '', products: hr }]]) }
const NOW = '2026-03-10T12:00:00.000Z'

let dir: string
let audit: AuditLog
let meter: UsageMeter
let recorder: AccessRecorder

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'polyseme-recorder-'))
  audit = await AuditLog.open({ dir: join(dir, 'audit') })
  meter = new UsageMeter({ file: join(dir, 'usage.db') })
  recorder = new AccessRecorder({ audit, meter, clock: () => Date.parse(NOW) })
})

afterEach(async () => {
  await audit.close()
  meter[Symbol.dispose]()
  await rm(dir, { recursive: true, force: true })
})

function answered(query: string, { variables, principal = caller(), options, data = null }: { variables?: Record<string, unknown>; principal?: AnsweredOperation['principal']; options?: AuthorizeOptions; data?: unknown } = {}): AnsweredOperation {
  const operation = parseOperation({ query, variables }, graph, DEFAULT_OPERATION_LIMITS)
  return { requestId: 'r1', way: 'graphql', principal, authorized: authorize(operation, principal, graph, options), supergraph: graph, data, failed: false, durationMs: 3 }
}

async function entries(): Promise<readonly AuditEntry[]> {
  const found: AuditEntry[] = []
  await verifyAuditLog(join(dir, 'audit'), { onRecord: ({ entry }) => found.push(entry) })
  return found
}

describe('an access', () => {
  it('to protected fields is written down: who, what, why, what was shown and how much', async () => {
    const decider = deciderOf([meshFile('@mask("partial") forbid (principal, action == Action::"reveal", resource == Field::"HrPerson.email"); forbid (principal, action == Action::"read", resource == Field::"HrPerson.phone");')], {}, hr)
    const principal = { ...caller({ purpose: 'fraud', clientId: 'bi' }), tokenId: 't1' }
    const data = { hr: { people: { nodes: [{ name: 'a', email: 'a***' }, { name: 'b', email: null }] } } }
    const one = answered('query People { hr { people { nodes { name email phone } } } }', { principal, options: { decider }, data })
    await recorder.record(one)
    expect(await entries()).toEqual([{
      at: NOW, requestId: 'r1', way: 'graphql', issuer: 'https://issuer.test', subject: 'ana', clientId: 'bi', tokenId: 't1', purpose: 'fraud',
      operation: one.authorized.original.hash, operationName: 'People', products: ['hr/people'],
      fields: { 'HrPerson.email': 'confidential', 'HrPerson.phone': 'confidential' }, masked: ['HrPerson.email'], denied: ['HrPerson.phone'], outcome: 'answered', rows: 2,
    }])
    expect(meter.readUsage(1)).toMatchObject([{ name: 'People', consumer: 'bi', calls: 1, rows: 2, durationMs: 3 }])
  })

  it('to what is open is only counted', async () => {
    await recorder.record(answered('{ hr { people { nodes { name active } } } }', { data: { hr: { people: { nodes: [] } } } }))
    expect(await entries()).toEqual([])
    expect(meter.readUsage(1)).toMatchObject([{ name: '{ hr { people { nodes { name active } } } }', consumer: 'ana', calls: 1 }])
  })

  it('that was refused altogether is written down', async () => {
    const decider = deciderOf([], {}, hr)
    await recorder.record(answered('{ hr { people { nodes { name } } } }', { principal: caller({ scopes: [] }), options: { decider } }))
    expect(await entries()).toMatchObject([{ products: ['hr/people'], denied: ['HrQuery.people'], rows: 0 }])
  })

  it('by a filter, a sort or an aggregate counts as much as by a selection, in the document and in variables', async () => {
    await recorder.record(answered('{ hr { people(where: { email: { eq: "a" } }) { nodes { name } } } }'))
    await recorder.record(answered('{ hr { people(orderBy: [{ income: ASC }]) { nodes { name } } } }'))
    const query = 'query ($w: HrPersonWhere) { hr { people(where: $w) { nodes { name } } } }'
    await recorder.record(answered(query, { variables: { w: { name: { eq: 'a' } } } }))
    await recorder.record(answered(query, { variables: { w: { and: [{ bornOn: { eq: '2000-01-01' } }] } } }))
    expect((await entries()).map(({ fields }) => Object.keys(fields))).toEqual([['HrPerson.email'], ['HrPerson.income'], ['HrPerson.bornOn']])
  })
})

describe('an answer that is sent while it is made', () => {
  it('is written down when it begins and when it ends, and counted once', async () => {
    const recording = await recorder.begin(answered('{ hr { people { nodes { email } } } }'), { always: false })
    expect(await entries()).toMatchObject([{ outcome: 'started', fields: { 'HrPerson.email': 'confidential' } }])
    expect((await entries())[0]).not.toHaveProperty('rows')
    expect(meter.readUsage(1)).toEqual([])
    await recording.end({ outcome: 'interrupted', rows: 7, durationMs: 5 })
    expect((await entries()).map(({ outcome, rows }) => [outcome, rows])).toEqual([['started', undefined], ['interrupted', 7]])
    expect(meter.readUsage(1)).toMatchObject([{ calls: 1, failures: 1, rows: 7 }])
  })

  it('with open data only is counted, unless every such answer is to be written down', async () => {
    const open = answered('{ hr { people { nodes { name } } } }')
    await (await recorder.begin(open, { always: false })).end({ outcome: 'answered', rows: 1, durationMs: 1 })
    expect(await entries()).toEqual([])
    await (await recorder.begin(open, { always: true })).end({ outcome: 'answered', rows: 1, durationMs: 1 })
    expect(await entries()).toMatchObject([{ outcome: 'started', products: ['hr/people'] }, { outcome: 'answered', rows: 1 }])
  })
})

it('an access to rows of which a policy left some out says so, of the types that it is about', async () => {
  const decider = deciderOf([meshFile('@rows("name in claim.names") forbid (principal, action == Action::"readAllRows", resource);')])
  await recorder.record(answered('{ hr { people { nodes { email } } } }', { options: { decider } }))
  expect(await entries()).toMatchObject([{ rowsLeftOut: ['HrPerson'], outcome: 'answered' }])
})

describe('X04 an audit log that cannot be written', () => {
  it('lets no answer begin, and no answer end as if it were whole', async () => {
    const protectedOne = answered('{ hr { people { nodes { email } } } }')
    const recording = await recorder.begin(protectedOne, { always: false })
    const stream = await recordedStream(streamOf(['{"data":', '[1]', '}']), protectedOne, recorder)
    const pieces: string[] = []
    await audit.close()
    await expect(recording.end({ outcome: 'answered', rows: 1, durationMs: 1 })).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' })
    await expect((async () => { for await (const piece of stream.pieces()) pieces.push(piece) })()).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' })
    expect(pieces).toEqual(['{"data":', '[1]'])
    await expect(recorder.begin(protectedOne, { always: false })).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE', status: 503 })
    let cancelled = false
    await expect(recordedStream({ ...streamOf([]), cancel: () => { cancelled = true } }, protectedOne, recorder)).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' })
    expect(cancelled).toBe(true)
  })

  it('stops answers with protected data and lets others through', async () => {
    await audit.close()
    await expect(recorder.record(answered('{ hr { people { nodes { email } } } }'))).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE', status: 503 })
    await expect(recorder.record(answered('{ hr { people { nodes { name } } } }'))).resolves.toBeUndefined()
  })
})

function streamOf(texts: readonly string[]): AnswerStream {
  return { hasErrors: false, cancel: () => undefined, pieces: async function* pieces() { yield* texts } }
}
