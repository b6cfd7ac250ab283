import { mkdtemp, readFile, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Principal, TokenVerifier } from '@polyseme/kit/identity'
import { AccessDatabase } from '../../../gateway/access/store/index.ts'
import { acceptPersonalTokens, PersonalTokenStore, RevocationStore } from '../../../gateway/access/tokens/index.ts'
import { caller } from '../policies/policy-fixture.ts'

const ANA = { ...caller({ subject: 'ana', scopes: ['hr:read', 'shop:read'], roles: ['analyst'], claims: { regions: ['EMEA'] } }), clientId: 'console', tokenId: 't1' }
const DAY_MS = 86_400_000

/** Stands for the JWT side, which is tested by itself. */
const noJwts: TokenVerifier = { verify: () => Promise.reject(new Error('a JWT')), close: () => undefined }

async function open() {
  const dir = await mkdtemp(join(tmpdir(), 'polyseme-tokens-'))
  const clock = { nowMs: Date.parse('2026-03-10T12:00:00Z') }
  const database = new AccessDatabase({ file: join(dir, 'access.db'), clock: () => clock.nowMs })
  const store = new PersonalTokenStore(database)
  const revocations = new RevocationStore(database)
  return { dir, clock, database, store, revocations, verifier: acceptPersonalTokens(noJwts, store, revocations) }
}

describe('a personal token', () => {
  it('stands for its owner, with the scopes it was given, until it expires', async () => {
    const { store, verifier, clock, database } = await open()
    using _ = database
    const { secret, token } = store.create(ANA, { name: 'Excel', scopes: ['hr:read'], days: 30 })
    await expect(verifier.verify(secret)).resolves.toEqual({ ...ANA, scopes: new Set(['hr:read']), expiresAtSec: (clock.nowMs + 30 * DAY_MS) / 1_000, tokenId: `personal:${token.id}` })
    clock.nowMs += 30 * DAY_MS
    await expect(verifier.verify(secret)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(store.list()).toMatchObject([{ state: 'expired' }])
  })

  it('never exceeds what its owner has now, as far as a newer token of the owner told', async () => {
    const { store, database, revocations } = await open()
    using _ = database
    const { secret } = store.create(ANA, { name: 'Excel', scopes: ['hr:read'], days: 30 })
    let current: Principal = ANA
    const verifier = acceptPersonalTokens({ verify: () => Promise.resolve(current), close: () => undefined }, store, revocations)
    const seen = async (): Promise<unknown> => { const { roles, claims, scopes } = await verifier.verify(secret); return { roles, claims, scopes: [...scopes] } }
    const signIn = async (changes: Partial<Principal>): Promise<void> => { current = { ...ANA, tokenId: 't2', expiresAtSec: ANA.expiresAtSec + 60, ...changes }; await verifier.verify('a JWT') }
    expect(await seen()).toEqual({ roles: ['analyst'], claims: { regions: ['EMEA'] }, scopes: ['hr:read'] })
    await signIn({ roles: ['contractor'], claims: {} })
    expect(await seen()).toEqual({ roles: ['contractor'], claims: {}, scopes: ['hr:read'] })
    // An older token, another client's and another person's change nothing.
    await signIn({ expiresAtSec: ANA.expiresAtSec, roles: ['analyst'] })
    await signIn({ clientId: 'crm', roles: ['admin'] })
    await signIn({ issuer: 'https://other.test', roles: ['admin'] })
    await signIn({ subject: 'bob', roles: ['admin'] })
    expect(await seen()).toMatchObject({ roles: ['contractor'] })
    revocations.add({ kind: 'subject', issuer: ANA.issuer, subject: 'ana' }, { actor: 'admin' })
    await expect(verifier.verify(secret)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  it('costs nothing for who has none', async () => {
    const { store, database } = await open()
    using _ = database
    const before = database.version()
    for (let index = 0; index < 100; index++) store.noteOwner({ ...ANA, tokenId: `t${index}`, roles: [`r${index}`] })
    expect(database.version()).toBe(before)
  })

  it('is shown once: neither the list nor the files hold it', async () => {
    const { store, dir, database } = await open()
    using _ = database
    const { secret, token } = store.create(ANA, { name: 'Excel', scopes: ['hr:read'], days: 1 })
    const hidden = secret.split('_').slice(2).join('_')
    expect(JSON.stringify(store.list())).not.toContain(hidden)
    for (const name of await readdir(dir)) expect((await readFile(join(dir, name))).includes(hidden)).toBe(false)
    expect(store.list()).toEqual([{ id: token.id, name: 'Excel', issuer: ANA.issuer, subject: 'ana', scopes: ['hr:read'], createdAt: '2026-03-10T12:00:00.000Z', expiresAt: '2026-03-11T12:00:00.000Z', state: 'valid' }])
  })

  it('that is revoked, changed or made up is refused', async () => {
    const { store, verifier, database } = await open()
    using _ = database
    const first = store.create(ANA, { name: 'one', scopes: [], days: 1 })
    const second = store.create(ANA, { name: 'two', scopes: [], days: 1 })
    const secondSecret = second.secret.split('_').slice(2).join('_')
    for (const made of [`${first.secret.slice(0, -1)}${first.secret.endsWith('A') ? 'B' : 'A'}`, `polyseme_${first.token.id}_${secondSecret}`, `polyseme_${'0'.repeat(16)}_${'A'.repeat(43)}`]) {
      await expect(verifier.verify(made)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    }
    store.revoke(first.token.id)
    await expect(verifier.verify(first.secret)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    await expect(verifier.verify(second.secret)).resolves.toMatchObject({ subject: 'ana' })
    expect(store.list().map(({ name, state }) => [name, state])).toEqual(expect.arrayContaining([['one', 'revoked'], ['two', 'valid']]))
  })

  it('revoked by another process dies within a quarter of a second', async () => {
    const { store, verifier, dir, clock, database } = await open()
    using _ = database
    const { secret, token } = store.create(ANA, { name: 'Excel', scopes: [], days: 1 })
    await verifier.verify(secret)
    using elsewhere = new AccessDatabase({ file: join(dir, 'access.db'), clock: () => clock.nowMs })
    new PersonalTokenStore(elsewhere).revoke(token.id)
    clock.nowMs += 250
    await expect(verifier.verify(secret)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  it('cannot have more than its owner, nor make another one', async () => {
    const { store, verifier, database } = await open()
    using _ = database
    expect(() => store.create(ANA, { name: 'x', scopes: ['billing:read'], days: 1 })).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }))
    const { secret } = store.create(ANA, { name: 'x', scopes: ['hr:read'], days: 1 })
    const principal = await verifier.verify(secret)
    expect(() => store.create(principal, { name: 'y', scopes: ['hr:read'], days: 300 })).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }))
  })

  it.each([{ name: '' }, { name: 'x'.repeat(101) }, { days: 0 }, { days: 367 }, { days: 1.5 }, { days: Number.NaN }])('with %j is not made', async (change) => {
    const { store, database } = await open()
    using _ = database
    expect(() => store.create(ANA, { name: 'x', scopes: [], days: 1, ...change })).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }))
  })

  it('is made at most fifty times for one person, and is revoked by its owner only', async () => {
    const { store, database } = await open()
    using _ = database
    const made = Array.from({ length: 50 }, (__, index) => store.create(ANA, { name: `t${index}`, scopes: [], days: 1 }))
    expect(() => store.create(ANA, { name: 'one more', scopes: [], days: 1 })).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }))
    expect(() => store.revoke(made[0]?.token.id ?? '', { issuer: ANA.issuer, subject: 'bob' })).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
    store.revoke(made[0]?.token.id ?? '', { issuer: ANA.issuer, subject: 'ana' })
    store.create(ANA, { name: 'one more', scopes: [], days: 1 })
  })

  it('leaves JWTs to their verifier', async () => {
    const { verifier, database } = await open()
    using _ = database
    await expect(verifier.verify('a.b.c')).rejects.toThrow('a JWT')
  })
})

describe('the revocation list', () => {
  it('J21 stops a subject\'s tokens in every process, and the personal ones made before', async () => {
    const { store, verifier, revocations, dir, clock, database } = await open()
    using _ = database
    const { secret } = store.create(ANA, { name: 'Excel', scopes: [], days: 10 })
    const nowSec = clock.nowMs / 1_000
    using elsewhere = new AccessDatabase({ file: join(dir, 'access.db'), clock: () => clock.nowMs })
    new RevocationStore(elsewhere).add({ kind: 'subject', issuer: ANA.issuer, subject: 'ana', beforeSec: nowSec + 1 }, { actor: 'olga', reason: 'left' })
    clock.nowMs += 2_000
    expect(revocations.isRevoked({ issuer: ANA.issuer, subject: 'ana', tokenId: undefined, issuedAtSec: nowSec })).toBe(true)
    expect(revocations.isRevoked({ issuer: ANA.issuer, subject: 'ana', tokenId: undefined, issuedAtSec: nowSec + 2 })).toBe(false)
    await expect(verifier.verify(secret)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    const later = store.create(ANA, { name: 'Excel', scopes: [], days: 10 })
    await expect(verifier.verify(later.secret)).resolves.toMatchObject({ subject: 'ana' })
  })

  it('stops a token by its id, and takes it back', async () => {
    const { revocations, database } = await open()
    using _ = database
    const token = { issuer: 'i', subject: 's', tokenId: 'j1', issuedAtSec: 1 }
    revocations.add({ kind: 'token', issuer: 'i', tokenId: 'j1' }, { actor: 'olga' })
    expect(revocations.isRevoked(token)).toBe(true)
    expect(revocations.list()).toEqual([{ kind: 'token', issuer: 'i', tokenId: 'j1' }])
    expect([revocations.remove('token', 'i', 'j1'), revocations.remove('token', 'i', 'j1')]).toEqual([true, false])
    expect(revocations.isRevoked(token)).toBe(false)
  })
})
