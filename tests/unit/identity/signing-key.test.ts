import { chmod, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { generateSigningKey, loadOrCreateSigningKey, SIGNING_KEY_FILES } from '@polyseme/kit/identity'

const makeDir = (): Promise<string> => mkdtemp(join(tmpdir(), 'polyseme-key-'))

it('makes a key pair once, for its owner only, and publishes the public half', async () => {
  const dir = await makeDir()
  const made = await loadOrCreateSigningKey(dir)
  await expect(loadOrCreateSigningKey(dir)).resolves.toEqual(made)
  expect((await stat(join(dir, SIGNING_KEY_FILES.privateJwk))).mode & 0o777).toBe(0o600)
  const published = JSON.parse(await readFile(join(dir, SIGNING_KEY_FILES.publicJwks), 'utf8')) as unknown
  expect(published).toEqual(made.publicJwks)
  expect(JSON.stringify(published)).not.toContain(String(made.privateJwk.d))
  expect(await readdir(dir)).toEqual(['gateway-private.jwk.json', 'gateway-public.jwks.json'])
})

it('twenty that start at once get one key', async () => {
  const dir = await makeDir()
  const keys = await Promise.all(Array.from({ length: 20 }, () => loadOrCreateSigningKey(dir)))
  expect(new Set(keys.map(key => key.privateJwk.d)).size).toBe(1)
  expect(await readdir(dir)).toHaveLength(2)
})

it('refuses a file that others may read, or that holds no key', async () => {
  const dir = await makeDir()
  const { privateJwk } = await generateSigningKey()
  const path = join(dir, SIGNING_KEY_FILES.privateJwk)
  await writeFile(path, JSON.stringify(privateJwk), { mode: 0o644 })
  await expect(loadOrCreateSigningKey(dir)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  await chmod(path, 0o600)
  await expect(loadOrCreateSigningKey(dir)).resolves.toMatchObject({ privateJwk })
  await writeFile(path, JSON.stringify({ ...privateJwk, crv: 'P-256' }))
  await expect(loadOrCreateSigningKey(dir)).rejects.toMatchObject({ code: 'DATA_DIR_CORRUPT' })
  await writeFile(path, '{"kty":"OKP"')
  await expect(loadOrCreateSigningKey(dir)).rejects.toMatchObject({ code: 'DATA_DIR_CORRUPT' })
})
