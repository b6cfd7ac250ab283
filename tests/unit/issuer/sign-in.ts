import { createHash, randomBytes } from 'node:crypto'

/** What the token endpoint answered. */
export interface TokenAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** What a browser does at sign-in, without a browser: follows redirects, keeps cookies, submits the page's form. */
export class SignIn {
  private readonly cookies = new Map<string, string>()
  readonly verifier = randomBytes(32).toString('base64url')
  readonly issuerUrl: string
  readonly redirectUri: string

  constructor(issuerUrl: string, redirectUri: string) {
    this.issuerUrl = issuerUrl
    this.redirectUri = redirectUri
  }

  /** The authorization request of the console; `parameters` overwrite or, when undefined, remove. */
  async begin(scope: string, parameters: Readonly<Record<string, string | undefined>> = {}): Promise<Response> {
    const url = new URL('/auth', this.issuerUrl)
    const all = {
      client_id: 'polyseme-console',
      response_type: 'code',
      redirect_uri: this.redirectUri,
      scope,
      state: 's',
      prompt: 'login',
      code_challenge: createHash('sha256').update(this.verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...parameters,
    }
    for (const [name, value] of Object.entries(all)) if (value !== undefined) url.searchParams.set(name, value)
    return await this.follow(url)
  }

  /** Chooses a persona on the page and returns the code that comes back. */
  async choose(page: Response, persona: string): Promise<URLSearchParams> {
    const end = await this.follow(new URL(page.url), { method: 'POST', body: new URLSearchParams({ persona }) })
    return new URL(end.headers.get('location') ?? '', this.issuerUrl).searchParams
  }

  async exchange(code: string, verifier = this.verifier, origin = new URL(this.redirectUri).origin): Promise<TokenAnswer & { readonly allowOrigin: string | null }> {
    const response = await fetch(new URL('/token', this.issuerUrl), {
      method: 'POST',
      headers: { origin },
      body: new URLSearchParams({ grant_type: 'authorization_code', client_id: 'polyseme-console', code, redirect_uri: this.redirectUri, code_verifier: verifier }),
    })
    return { status: response.status, allowOrigin: response.headers.get('access-control-allow-origin'), body: await response.json() as Record<string, unknown> }
  }

  /** Follows redirects within the issuer; the one that leaves it is returned. */
  private async follow(url: URL, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(url, { ...init, redirect: 'manual', headers: { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ') } })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (name !== undefined && value !== undefined) this.cookies.set(name, value)
    }
    const location = response.headers.get('location')
    if (location === null) return response
    const next = new URL(location, url)
    return next.origin === new URL(this.issuerUrl).origin ? await this.follow(next) : response
  }
}
