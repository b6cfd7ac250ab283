import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseContracts, type DataProduct } from '@polyseme/kit/contract'
import { AgreementStore, type AgreementRequest } from '../../../gateway/access/agreements/index.ts'
import { productId } from '../../../gateway/access/policies/index.ts'
import { AccessDatabase } from '../../../gateway/access/store/index.ts'
import { caller, deciderOf, demoProducts, PRODUCTS, WITH_AGREEMENT } from '../policies/policy-fixture.ts'
import { leastCpuMs } from '../../testkit/cpu-time.ts'

const REQUEST: AgreementRequest = { product: 'closed/people', consumer: 'bi', people: ['ana'], purpose: 'fraud', useCase: 'Find payers that exist twice.', until: '2026-06-30' }

/** A contract whose team and roles name who owns it. */
const OWNED: readonly DataProduct[] = (() => {
  const result = parseContracts([{ file: 'a.odcs.yaml', text: `
apiVersion: v3.1.0
kind: DataContract
id: closed
name: people
version: 1.0.0
status: active
domain: closed
roles: [{ role: 'closed:read', access: read, firstLevelApprovers: 'olga, otto' }]
team: { name: People, members: [{ username: olga, role: Owner }, { username: oskar, role: data product owner }, { username: stig, role: data steward }] }
schema: [{ name: Person, physicalName: people, logicalType: object, properties: [{ name: person_id, logicalType: integer, primaryKey: true, required: true }] }]
` }])
  if (result.kind === 'invalid') throw new Error('invalid')
  return result.value
})()

async function open(): Promise<{ store: AgreementStore; database: AccessDatabase; file: string; clock: { nowMs: number } }> {
  const file = join(await mkdtemp(join(tmpdir(), 'polyseme-access-')), 'access.db')
  const clock = { nowMs: Date.parse('2026-03-10T12:00:00Z') }
  const database = new AccessDatabase({ file, clock: () => clock.nowMs })
  const store = new AgreementStore(database)
  store.useProducts(OWNED)
  store.usePeopleIssuer('https://issuer.test')
  return { store, database, file, clock }
}

const ana = caller({ purpose: 'fraud' })

describe('an agreement', () => {
  it('is requested, approved by an owner, and in force from then on', async () => {
    const { store, database } = await open()
    using _ = database
    const { id, state } = store.request(REQUEST, 'ana')
    expect([state, store.productsFor(ana)]).toEqual(['requested', []])
    expect(store.decide(id, 'approved', { actor: 'olga', reason: 'agreed with legal' })).toEqual({
      ...REQUEST,
      issuer: 'https://issuer.test',
      id,
      state: 'approved',
      history: [
        { kind: 'requested', actor: 'ana', at: '2026-03-10T12:00:00.000Z' },
        { kind: 'approved', actor: 'olga', at: '2026-03-10T12:00:00.000Z', reason: 'agreed with legal' },
      ],
    })
    expect(store.productsFor(ana)).toEqual(['closed/people'])
  })

  it('is decided only by who owns the product, or may approve in its domain', async () => {
    const { store, database } = await open()
    using _ = database
    const { id } = store.request(REQUEST, 'ana')
    expect(store.ownersOf('closed/people')).toEqual(['olga', 'oskar', 'otto'])
    for (const actor of ['ana', 'stig', 'OLGA', '']) {
      expect(() => store.decide(id, 'approved', { actor })).toThrow(expect.objectContaining({ code: 'FORBIDDEN', message: expect.stringContaining('olga, oskar, otto') }))
    }
    expect(store.get(id).state).toBe('requested')
    expect(store.decide(id, 'rejected', { actor: 'admin', mayApprove: true }).state).toBe('rejected')
  })

  it('goes only where its state leads', async () => {
    const { store, database } = await open()
    using _ = database
    const { id } = store.request(REQUEST, 'ana')
    const decide = (step: 'approved' | 'rejected' | 'revoked') => () => store.decide(id, step, { actor: 'olga' })
    expect(decide('revoked')).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }))
    decide('approved')()
    for (const step of ['approved', 'rejected'] as const) expect(decide(step)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }))
    decide('revoked')()
    for (const step of ['approved', 'rejected', 'revoked'] as const) expect(decide(step)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }))
    expect(store.productsFor(ana)).toEqual([])
  })

  it('ends after its last day, by the clock alone', async () => {
    const { store, database, clock } = await open()
    using _ = database
    const { id } = store.request({ ...REQUEST, until: '2026-03-12' }, 'ana')
    store.decide(id, 'approved', { actor: 'olga' })
    clock.nowMs = Date.parse('2026-03-12T23:59:59.999Z')
    const version = store.version()
    expect(store.productsFor(ana)).toEqual(['closed/people'])
    clock.nowMs += 1
    expect(store.version()).not.toBe(version)
    expect([store.productsFor(ana), store.get(id).state]).toEqual([[], 'expired'])
    expect(() => store.decide(id, 'revoked', { actor: 'olga' })).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }))
  })

  it('is for the people it names, or for whoever uses the client', async () => {
    const { store, database } = await open()
    using _ = database
    const approve = (request: AgreementRequest): void => void store.decide(store.request(request, 'x').id, 'approved', { actor: 'olga' })
    approve({ ...REQUEST, people: ['ana'], issuer: 'https://issuer.test' })
    approve({ ...REQUEST, people: [], consumer: 'reporter' })
    const products = (parts: Parameters<typeof caller>[0], issuer?: string): readonly string[] => store.productsFor({ ...caller({ purpose: 'fraud', ...parts }), ...(issuer === undefined ? {} : { issuer }) })
    expect(products({ subject: 'ana' })).toEqual(['closed/people'])
    expect(products({ subject: 'ana' }, 'https://other.test')).toEqual([])
    expect(products({ subject: 'bob' })).toEqual([])
    expect(products({ subject: 'bob', clientId: 'reporter' })).toEqual(['closed/people'])
    expect(products({ subject: 'bob', clientId: 'bi' })).toEqual([])
  })

  it('is for its purpose; a request without one is covered where there is no doubt', async () => {
    const { store, database } = await open()
    using _ = database
    const approve = (purpose: string): void => void store.decide(store.request({ ...REQUEST, purpose }, 'ana').id, 'approved', { actor: 'olga' })
    const products = (purpose?: string): readonly string[] => store.productsFor(caller(purpose === undefined ? {} : { purpose }))
    approve('fraud')
    expect([products('fraud'), products('marketing'), products()]).toEqual([['closed/people'], [], ['closed/people']])
    approve('fraud')
    expect(products()).toEqual(['closed/people'])
    approve('reporting')
    expect([products('fraud'), products('reporting'), products()]).toEqual([['closed/people'], ['closed/people'], []])
  })
})

describe('a name', () => {
  const OTHER = 'https://other.test'

  it('is a person only together with its issuer: a namesake of another one owns, decides and reads nothing', async () => {
    const { store, database } = await open()
    using _ = database
    const { id } = store.request(REQUEST, 'ana')
    for (const actor of [`${OTHER}|olga`, 'https://issuer.test/|olga', 'https://issuer.test|OLGA']) expect(() => store.decide(id, 'approved', { actor })).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }))
    expect(store.decide(id, 'approved', { actor: 'https://issuer.test|olga' }).history.at(-1)).toMatchObject({ actor: 'olga' })
    expect([store.productsFor(ana), store.productsFor({ ...ana, issuer: OTHER })]).toEqual([['closed/people'], []])
    expect([store.owns('olga', 'closed/people'), store.owns(`${OTHER}|olga`, 'closed/people'), store.asked(`${OTHER}|ana`, store.get(id)), store.asked('ana', store.get(id))]).toEqual([true, false, false, true])
  })

  it('may be of another issuer where it is written whole', async () => {
    const { store, database } = await open()
    using _ = database
    store.useProducts(OWNED.map((product) => ({ ...product, contract: { ...product.contract, team: { members: [{ username: `${OTHER}|auth0|17`, role: 'owner' }] } } })))
    const { id } = store.request({ ...REQUEST, issuer: OTHER }, `${OTHER}|ana`)
    expect(store.decide(id, 'approved', { actor: `${OTHER}|auth0|17` }).history.map(({ actor }) => actor)).toEqual([`${OTHER}|ana`, `${OTHER}|auth0|17`])
    expect([store.productsFor(ana), store.productsFor({ ...ana, issuer: OTHER })]).toEqual([[], ['closed/people']])
  })

  it('is nobody\'s where there are several issuers and none of them is the people\'s', async () => {
    const { store, database } = await open()
    using _ = database
    store.usePeopleIssuer(undefined)
    expect(() => store.request(REQUEST, 'https://issuer.test|ana')).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT', message: expect.stringContaining('issuer') }))
    const { id } = store.request({ ...REQUEST, issuer: 'https://issuer.test' }, 'https://issuer.test|ana')
    expect(() => store.decide(id, 'approved', { actor: 'https://issuer.test|olga' })).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }))
  })

  it('in an agreement of before that had no issuer is of the people\'s from then on, and opens nothing until then', async () => {
    const { store, database } = await open()
    using _ = database
    const { id } = store.request(REQUEST, 'ana')
    store.decide(id, 'approved', { actor: 'olga' })
    store.usePeopleIssuer(undefined)
    database.change(() => database.run('UPDATE agreements SET issuer = NULL'))
    expect(store.productsFor(ana)).toEqual([])
    store.usePeopleIssuer('https://issuer.test')
    expect([store.productsFor(ana), store.productsFor({ ...ana, issuer: OTHER }), store.get(id).issuer]).toEqual([['closed/people'], [], 'https://issuer.test'])
  })
})

describe('a request', () => {
  it.each<[string, Partial<AgreementRequest>]>([
    ['consumer', { consumer: ' ' }],
    ['people', { people: ['a', ''] }],
    ['people', { people: ['a\u001b[31m'] }],
    ['people', { people: Array(501).fill('a') }],
    ['purpose', { purpose: 'Fraud prevention' }],
    ['use case', { useCase: 'because' }],
    ['until', { until: '2026-03-09' }],
    ['until', { until: '2026-02-30' }],
    ['until', { until: '30.06.2026' }],
    ['until', { until: '2028-01-01' }],
  ])('without an acceptable %s is refused: %j', async (part, change) => {
    const { store, database } = await open()
    using _ = database
    expect(() => store.request({ ...REQUEST, ...change }, 'ana')).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT', message: expect.stringContaining(`The ${part} of the request`) }))
    expect(store.list()).toEqual([])
  })

  it('for a purpose that the vocabulary does not have is refused, here and in another process, and says which there are', async () => {
    const { store, database, file, clock } = await open()
    using _ = database
    const { id } = store.request({ ...REQUEST, purpose: 'zzz' }, 'ana')
    store.usePurposes(['fraud', 'marketing'])
    using elsewhere = new AccessDatabase({ file, clock: () => clock.nowMs })
    const refusal = expect.objectContaining({ code: 'BAD_USER_INPUT', message: expect.stringMatching(/no purpose "zzz"; it has fraud, marketing/) })
    for (const one of [store, new AgreementStore(elsewhere)]) expect(() => one.request({ ...REQUEST, purpose: 'zzz' }, 'ana')).toThrow(refusal)
    expect(() => store.decide(id, 'approved', { actor: 'olga' })).toThrow(refusal)
    expect(store.request(REQUEST, 'ana').state).toBe('requested')
    store.usePurposes(undefined)
    expect(store.decide(id, 'approved', { actor: 'olga' }).state).toBe('approved')
  })

  it('for a product that there is not says which it could be', async () => {
    const { store, database } = await open()
    using _ = database
    expect(() => store.request({ ...REQUEST, product: 'closed/peopel' }, 'ana')).toThrow(expect.objectContaining({ code: 'NOT_FOUND', message: expect.stringContaining('did you mean closed/people?') }))
  })

  it('of a demo product goes to its owners', async () => {
    const { store, database } = await open()
    using _ = database
    store.useProducts(demoProducts())
    const invoices = demoProducts().find(({ domain, name }) => domain === 'billing' && name === 'invoices')
    if (invoices === undefined) throw new Error('the demo has no invoices')
    expect(store.ownersOf(productId(invoices))).toContain('maria.conti')
  })
})

describe('with policies', () => {
  it('X02 a revocation in another process closes the product within a quarter of a second', async () => {
    const { store, database, file, clock } = await open()
    using _ = database
    store.useProducts([...OWNED, ...PRODUCTS])
    const { id } = store.request(REQUEST, 'ana')
    store.decide(id, 'approved', { actor: 'olga' })
    const reader = caller({ scopes: ['closed:read'], purpose: 'fraud' })
    const decide = (): string => deciderOf([], { agreements: store }, WITH_AGREEMENT).decide('ClosedPerson.name', reader).kind
    expect(decide()).toBe('allow')
    const before = store.version()
    using elsewhere = new AccessDatabase({ file, clock: () => clock.nowMs })
    new AgreementStore(elsewhere).decide(id, 'revoked', { actor: 'olga' })
    clock.nowMs += 250
    expect(store.version()).not.toBe(before)
    expect(decide()).toBe('deny')
  })

  it('two decisions at once: one holds, the other is refused', async () => {
    const { store, database, file, clock } = await open()
    using _ = database
    using elsewhere = new AccessDatabase({ file, clock: () => clock.nowMs })
    const { id } = store.request(REQUEST, 'ana')
    store.decide(id, 'approved', { actor: 'olga' })
    expect(() => new AgreementStore(elsewhere).decide(id, 'rejected', { actor: 'otto' })).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }))
  })

  it('asking for the version costs microseconds', async () => {
    const { store, database } = await open()
    using _ = database
    expect(leastCpuMs(() => { for (let i = 0; i < 10_000; i++) store.version() })).toBeLessThan(200)
  })
})

it('a file that is no database is refused', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'polyseme-access-'))
  await writeFile(join(dir, 'access.db'), 'nonsense '.repeat(1_000))
  expect(() => new AccessDatabase({ file: join(dir, 'access.db') })).toThrow(expect.objectContaining({ code: 'DATA_DIR_CORRUPT' }))
})
