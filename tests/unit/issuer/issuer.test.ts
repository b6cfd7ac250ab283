import { loadIssuerKeys, DEVELOPMENT_SCOPES, PERSONAS, rotateIssuerKeys, signPersonaToken, startIssuer, findPersona, type RunningIssuer } from '../../../gateway/issuer/index.ts'
import { createLocalJWKSet, createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { SignIn } from './sign-in.ts'

const CONSOLE = 'http://127.0.0.1:4000'
const ALL_SCOPES = 'openid sales:read sales:all-regions marketing:read billing:read support:read'
let keysDir: string
let issuer: RunningIssuer

beforeAll(async () => {
  keysDir = await mkdtemp(join(tmpdir(), 'polyseme-issuer-'))
  issuer = await startIssuer({ keysDir, consoleOrigins: [CONSOLE, 'http://localhost:4000'] })
})

afterAll(async () => {
  await issuer.close()
  await rm(keysDir, { recursive: true })
})

async function signIn(persona: string, scope = ALL_SCOPES): Promise<string> {
  const session = new SignIn(issuer.url, `${CONSOLE}/`)
  const result = await session.choose(await session.begin(scope), persona)
  const { body } = await session.exchange(result.get('code') ?? '')
  return String(body['access_token'])
}

async function verify(token: string): Promise<Record<string, unknown>> {
  const keys = createRemoteJWKSet(new URL(issuer.jwksUrl))
  const { payload } = await jwtVerify(token, keys, { issuer: issuer.url, audience: 'polyseme', typ: 'at+jwt', algorithms: ['ES256'], requiredClaims: ['exp', 'sub', 'jti', 'client_id'] })
  return payload
}

describe('the development issuer', () => {
  it('publishes where its endpoints are', async () => {
    const discovery = await (await fetch(`${issuer.url}/.well-known/openid-configuration`)).json() as Record<string, unknown>
    expect(discovery).toMatchObject({
      issuer: issuer.url,
      authorization_endpoint: `${issuer.url}/auth`,
      token_endpoint: `${issuer.url}/token`,
      jwks_uri: issuer.jwksUrl,
      code_challenge_methods_supported: ['S256'],
      response_types_supported: ['code'],
    })
  })

  it('publishes the public half of its keys and nothing of the private one', async () => {
    const { keys } = await (await fetch(issuer.jwksUrl)).json() as JSONWebKeySet
    expect(keys).toHaveLength(1)
    expect(Object.keys(keys[0] ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
  })

  it('keeps its private keys readable by their owner only', async () => {
    expect((await stat(join(keysDir, 'issuer-private.json'))).mode & 0o777).toBe(0o600)
  })

  it('does not start with NODE_ENV=production', async () => {
    await expect(startIssuer({ keysDir, consoleOrigins: [], env: { NODE_ENV: 'production' } })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  it('says which port is in use', async () => {
    await expect(startIssuer({ keysDir, consoleOrigins: [], port: issuer.port })).rejects.toMatchObject({ code: 'PORT_IN_USE', message: `port ${issuer.port} on 127.0.0.1 is in use` })
  })

  it('says that a damaged key file is damaged', async () => {
    const damaged = await mkdtemp(join(tmpdir(), 'polyseme-issuer-'))
    for (const content of ['', 'null', '{}', '{"signing":[{}]}', '{"signing":[{"kid":"a","d":"b"}]}']) {
      await writeFile(join(damaged, 'issuer-private.json'), content)
      await expect(loadIssuerKeys(damaged), content).rejects.toMatchObject({ code: 'DATA_DIR_CORRUPT' })
    }
    await rm(damaged, { recursive: true })
  })

  it('answers no request that came under another host name, but for its public keys', async () => {
    const statusAs = async (path: string): Promise<number | undefined> => await new Promise((resolve, reject) => {
      httpRequest({ host: '127.0.0.1', port: issuer.port, path, headers: { host: 'evil.example' } }, (response) => {
        response.resume()
        resolve(response.statusCode)
      }).on('error', reject).end()
    })
    expect(await statusAs('/.well-known/openid-configuration')).toBe(421)
    expect(await statusAs('/jwks')).toBe(200)
  })

  it('writes nothing to the console while it is used', async () => {
    const written = [vi.spyOn(console, 'warn'), vi.spyOn(console, 'info'), vi.spyOn(console, 'error')]
    const quiet = await startIssuer({ keysDir, consoleOrigins: [CONSOLE] })
    const session = new SignIn(quiet.url, `${CONSOLE}/`)
    const result = await session.choose(await session.begin(ALL_SCOPES), 'analyst')
    expect((await session.exchange(result.get('code') ?? '')).status).toBe(200)
    expect((await session.begin('openid', { redirect_uri: 'https://evil.example/' })).status).toBe(400)
    await quiet.close()
    for (const spy of written) expect(spy).not.toHaveBeenCalled()
    vi.restoreAllMocks()
  })
})

describe('signing in at the console', () => {
  it.each(PERSONAS.filter((persona) => !persona.program))('gives $id exactly the scopes and claims of the persona', async ({ id, scopes, roles, claims }) => {
    const token = await signIn(id, `openid ${DEVELOPMENT_SCOPES.join(' ')}`)
    const payload = await verify(token)
    expect(decodeProtectedHeader(token)).toMatchObject({ typ: 'at+jwt', alg: 'ES256' })
    expect(payload).toMatchObject({ sub: id, aud: 'polyseme', client_id: 'polyseme-console', roles, ...claims })
    expect(typeof payload['scope'] === 'string' ? payload['scope'].split(' ').sort() : []).toEqual(scopes.toSorted())
    expect(Object.keys(payload).sort()).toEqual(['aud', 'client_id', 'exp', 'iat', 'iss', 'jti', 'roles', ...(scopes.length === 0 ? [] : ['scope']), 'sub', ...Object.keys(claims)].sort())
  })

  it('shows a page without script, with a loud warning, that asks nothing of any other host', async () => {
    const page = await new SignIn(issuer.url, `${CONSOLE}/`).begin('openid')
    const html = await page.text()
    expect(html).toContain('Development only')
    expect(html).not.toMatch(/<script|@import|https?:\/\//)
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self' http:\/\/127\.0\.0\.1:4000; frame-ancestors 'none'; base-uri 'none'$/)
  })

  it('offers every person and no program', async () => {
    const html = await (await new SignIn(issuer.url, `${CONSOLE}/`).begin('openid')).text()
    expect([...html.matchAll(/value="([^"]+)"/g)].map((match) => match[1])).toEqual(['analyst', 'sales-analyst-emea', 'support-agent', 'billing-clerk', 'steward', 'nobody'])
  })

  it.each(['bi-service', 'root', '', '__proto__'])('does not sign in as %j', async (persona) => {
    const session = new SignIn(issuer.url, `${CONSOLE}/`)
    expect((await session.choose(await session.begin('openid'), persona)).get('code')).toBeNull()
  })

  it('refuses a redirect to any other place', async () => {
    for (const redirectUri of ['https://evil.example/', `${CONSOLE}/other`, `${CONSOLE}.evil.example/`]) {
      const answer = await new SignIn(issuer.url, redirectUri).begin('openid')
      expect(answer.status).toBe(400)
      expect(await answer.text()).not.toMatch(/@import|https?:\/\//)
    }
  })

  it('refuses a sign-in without PKCE', async () => {
    const answer = await new SignIn(issuer.url, `${CONSOLE}/`).begin('openid', { code_challenge: undefined, code_challenge_method: undefined })
    expect(answer.headers.get('location')).toContain('error=invalid_request')
  })

  it('refuses a code with another verifier, and a code used twice', async () => {
    const session = new SignIn(issuer.url, `${CONSOLE}/`)
    const code = (await session.choose(await session.begin('openid'), 'analyst')).get('code') ?? ''
    expect(await session.exchange(code, 'x'.repeat(43))).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    const again = (await session.choose(await session.begin('openid'), 'analyst')).get('code') ?? ''
    expect(await session.exchange(again)).toMatchObject({ status: 200 })
    expect(await session.exchange(again)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })

  it('lets the console read the token endpoint, and no other origin', async () => {
    const session = new SignIn(issuer.url, `${CONSOLE}/`)
    const code = (await session.choose(await session.begin('openid'), 'analyst')).get('code') ?? ''
    expect((await session.exchange(code)).allowOrigin).toBe(CONSOLE)
    const again = (await session.choose(await session.begin('openid'), 'analyst')).get('code') ?? ''
    expect((await session.exchange(again, session.verifier, 'https://evil.example')).allowOrigin).toBeNull()
  })
})

describe('tokens without a browser', () => {
  async function askAsService(secret: string, scope?: string): Promise<{ status: number; body: Record<string, unknown> }> {
    const response = await fetch(`${issuer.url}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`bi-service:${secret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) }),
    })
    return { status: response.status, body: await response.json() as Record<string, unknown> }
  }

  it('gives bi-service a token for its client credentials', async () => {
    const { programSecret } = await loadIssuerKeys(keysDir)
    const { body } = await askAsService(programSecret, 'sales:read sales:all-regions billing:read')
    expect(await verify(String(body['access_token']))).toMatchObject({ sub: 'bi-service', client_id: 'bi-service', scope: 'sales:read sales:all-regions billing:read', roles: ['service'] })
  })

  it('gives bi-service no scope that it does not have', async () => {
    const { programSecret } = await loadIssuerKeys(keysDir)
    expect(await askAsService(programSecret, 'support:read')).toMatchObject({ status: 400, body: { error: 'invalid_scope' } })
  })

  it('refuses a wrong secret', async () => {
    expect(await askAsService('wrong')).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
  })

  it('signs for the command line what the token endpoint would have issued', async () => {
    const persona = findPersona('sales-analyst-emea') ?? expect.unreachable()
    const token = await signPersonaToken(persona, { issuer: issuer.url, keys: await loadIssuerKeys(keysDir) })
    expect(await verify(token)).toMatchObject({ sub: 'sales-analyst-emea', scope: 'sales:read marketing:read', regions: ['EMEA'], roles: ['analyst'], client_id: 'polyseme-cli' })
    const browser = decodeJwt(await signIn('sales-analyst-emea', 'sales:read marketing:read'))
    expect(Object.keys(decodeJwt(token)).sort()).toEqual(Object.keys(browser).sort())
  })
})

describe('key rotation', () => {
  it('signs with the new key while the old one still verifies, and drops it at the next rotation', async () => {
    const rotatedDir = await mkdtemp(join(tmpdir(), 'polyseme-issuer-'))
    const persona = findPersona('analyst') ?? expect.unreachable()
    const before = await signPersonaToken(persona, { issuer: 'http://issuer.example', keys: await loadIssuerKeys(rotatedDir) })
    await rotateIssuerKeys(rotatedDir)
    const rotated = await startIssuer({ keysDir: rotatedDir, consoleOrigins: [CONSOLE] })
    const published = createLocalJWKSet(await (await fetch(rotated.jwksUrl)).json() as JSONWebKeySet)
    await rotated.close()
    const after = await signPersonaToken(persona, { issuer: 'http://issuer.example', keys: await loadIssuerKeys(rotatedDir) })
    expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(before).kid)
    for (const token of [before, after]) expect((await jwtVerify(token, published)).payload.sub).toBe('analyst')
    const final = await rotateIssuerKeys(rotatedDir)
    expect(final.signing.map((key) => key.kid)).not.toContain(decodeProtectedHeader(before).kid)
    expect(await readFile(join(rotatedDir, 'issuer-private.json'), 'utf8')).toContain(decodeProtectedHeader(after).kid ?? 'none')
    await rm(rotatedDir, { recursive: true })
  })
})
