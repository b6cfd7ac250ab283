import type { ConsoleConfig } from './console-config.ts'

type SignInConfig = NonNullable<ConsoleConfig['signIn']>

/** A token and what it says about its holder; kept for this tab only and forgotten when it expires. */
export interface Session {
  readonly accessToken: string
  readonly expiresAtMs: number
  readonly subject: string
  readonly scopes: readonly string[]
}

interface PendingSignIn {
  readonly state: string
  readonly verifier: string
}

const SESSION_KEY = 'polyseme.session'
const PENDING_KEY = 'polyseme.sign-in'

/** The session of this tab, if there is one that has not expired. */
export function findSession(): Session | undefined {
  const session = readStored(SESSION_KEY) as Session | undefined
  return session !== undefined && session.expiresAtMs > Date.now() ? session : undefined
}

export function forgetSession(): void {
  sessionStorage.removeItem(SESSION_KEY)
}

/** Leaves for the issuer's sign-in page (authorization code with PKCE, RFC 7636); `prompt=login` so that the person can change. */
export async function beginSignIn(config: SignInConfig): Promise<void> {
  const pending: PendingSignIn = { state: randomText(), verifier: randomText() }
  sessionStorage.setItem(PENDING_KEY, JSON.stringify(pending))
  const { authorization_endpoint: endpoint } = await discover(config)
  const url = new URL(endpoint)
  url.search = new URLSearchParams({
    client_id: config.clientId,
    response_type: 'code',
    redirect_uri: redirectUri(),
    scope: config.scopes.join(' '),
    state: pending.state,
    code_challenge: await challengeOf(pending.verifier),
    code_challenge_method: 'S256',
    prompt: 'login',
  }).toString()
  location.assign(url)
}

/**
 * When the page was opened by the issuer's redirect: exchanges the code for a token and cleans the address bar.
 * Undefined when it was opened in another way.
 */
export async function finishSignIn(config: SignInConfig): Promise<Session | undefined> {
  const answer = new URLSearchParams(location.search)
  const pending = readStored(PENDING_KEY) as PendingSignIn | undefined
  if (!answer.has('state')) return undefined
  history.replaceState(null, '', location.pathname)
  sessionStorage.removeItem(PENDING_KEY)
  // A state that is not ours: somebody else began this sign-in, so its code is not used.
  if (pending === undefined || answer.get('state') !== pending.state) throw new Error('this sign-in was begun elsewhere; sign in again')
  const code = answer.get('code')
  if (code === null) throw new Error(answer.get('error_description') ?? answer.get('error') ?? 'the issuer gave no code')
  const session = await exchangeCode(config, code, pending.verifier)
  sessionStorage.setItem(SESSION_KEY, JSON.stringify(session))
  return session
}

async function exchangeCode(config: SignInConfig, code: string, verifier: string): Promise<Session> {
  const { token_endpoint: endpoint } = await discover(config)
  const response = await fetch(endpoint, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'authorization_code', client_id: config.clientId, code, redirect_uri: redirectUri(), code_verifier: verifier }),
  })
  const body = await response.json() as { access_token?: string; expires_in?: number; scope?: string; error_description?: string }
  if (!response.ok || body.access_token === undefined) throw new Error(body.error_description ?? `the issuer answered ${response.status}`)
  return {
    accessToken: body.access_token,
    expiresAtMs: Date.now() + (body.expires_in ?? 300) * 1000,
    subject: subjectOf(body.access_token),
    scopes: (body.scope ?? '').split(' ').filter((scope) => scope !== ''),
  }
}

async function discover(config: SignInConfig): Promise<{ authorization_endpoint: string; token_endpoint: string }> {
  const response = await fetch(`${config.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
  if (!response.ok) throw new Error(`the issuer answered ${response.status}`)
  return await response.json() as { authorization_endpoint: string; token_endpoint: string }
}

/** For display only: the gateway is who verifies the token. An opaque token has no name to show. */
function subjectOf(token: string): string {
  try {
    const payload = token.split('.')[1] ?? ''
    const claims = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as { sub?: string }
    return claims.sub ?? 'signed in'
  } catch {
    return 'signed in'
  }
}

function redirectUri(): string {
  return `${location.origin}/`
}

function randomText(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(32)))
}

async function challengeOf(verifier: string): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))))
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCodePoint(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function readStored(key: string): unknown {
  const text = sessionStorage.getItem(key)
  return text === null ? undefined : JSON.parse(text)
}
