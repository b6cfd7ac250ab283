import { mkdtemp, readdir, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Mask, Principal } from '@polyseme/kit/identity'
import { createCallIdentityBuilder, createMaskKeyring, loadOrCreateMaskSecret } from '../../../gateway/access/masks/index.ts'
import { caller, PRODUCTS } from '../policies/policy-fixture.ts'

const keyring = createMaskKeyring(new Uint8Array(32).fill(7))

it('a consumer is the OAuth client, or the person where there is none', () => {
  const key = (parts: Partial<Principal>): string => keyring.keyFor({ ...caller(), ...parts })
  expect(key({ clientId: 'bi', subject: 'a' })).toBe(key({ clientId: 'bi', subject: 'b' }))
  const keys = [key({ clientId: 'bi' }), key({ clientId: 'other' }), key({ subject: 'a' }), key({ subject: 'b' }), key({ subject: 'bi' }), key({ subject: 'a', issuer: 'other' })]
  expect(new Set(keys).size).toBe(keys.length)
  expect(createMaskKeyring(new Uint8Array(32).fill(8)).keyFor(caller())).not.toBe(keyring.keyFor(caller()))
  expect(() => createMaskKeyring(new Uint8Array(8))).toThrow(TypeError)
})

it('the secret is made once, for its owner only', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'polyseme-mask-'))
  const secrets = await Promise.all(Array.from({ length: 10 }, () => loadOrCreateMaskSecret(dir)))
  expect(new Set(secrets.map((secret) => Buffer.from(secret).toString('hex'))).size).toBe(1)
  expect(secrets[0]).toHaveLength(32)
  expect(await readdir(dir)).toEqual(['mask-secret'])
  expect((await stat(join(dir, 'mask-secret'))).mode & 0o777).toBe(0o600)
  await writeFile(join(dir, 'mask-secret'), 'short')
  await expect(loadOrCreateMaskSecret(dir)).rejects.toMatchObject({ code: 'DATA_DIR_CORRUPT' })
})

it('a subgraph is told its own masks and row restrictions only, and the key only where a mask is a hash', () => {
  const masks: Record<string, Mask> = { 'HrPerson.email': { kind: 'hash' }, 'HrPerson.iban': { kind: 'null' }, 'ShopPerson.iban': { kind: 'null' } }
  const rows = { ShopPerson: [{ anyOf: [{ field: 'name', claim: 'names' }] }] }
  const principal = caller()
  const hr = createCallIdentityBuilder(PRODUCTS.filter(({ domain }) => domain === 'hr'), keyring)
  const shop = createCallIdentityBuilder(PRODUCTS.filter(({ domain }) => domain === 'shop'), keyring)
  expect(hr.build(principal, masks, rows)).toEqual({ principal, masks: { 'HrPerson.email': { kind: 'hash' }, 'HrPerson.iban': { kind: 'null' } }, maskKey: keyring.keyFor(principal) })
  expect(shop.build(principal, masks, rows)).toEqual({ principal, masks: { 'ShopPerson.iban': { kind: 'null' } }, rowRestrictions: rows })
})
