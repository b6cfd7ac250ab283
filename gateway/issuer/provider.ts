import type { ClientMetadata, Configuration, KoaContextWithOIDC } from 'oidc-provider'
import { Provider } from 'oidc-provider/lib/provider.js'
import { ACCESS_TOKEN_AUDIENCE, ACCESS_TOKEN_LIFETIME_SEC, personaClaims } from './access-token.ts'
import { renderErrorPage } from './pages.ts'
import { ISSUER_ALGORITHM, type IssuerKeys } from './issuer-keys.ts'
import { createMemoryAdapter } from './memory-adapter.ts'
import { DEVELOPMENT_SCOPES, findPersona, PERSONAS } from './personas.ts'

/** The one resource that tokens are for; its audience on the token is `ACCESS_TOKEN_AUDIENCE`. */
const RESOURCE = 'urn:polyseme:gateway'

/** OAuth client of the console: public, code with PKCE. */
export const CONSOLE_CLIENT_ID = 'polyseme-console'

/** What the provider needs to know of the demo around it. */
export interface ProviderOptions {
  readonly issuer: string
  readonly keys: IssuerKeys
  /** Origins at which the console may be opened; sign-in returns to their root and nowhere else. */
  readonly consoleOrigins: readonly string[]
}

/** The OpenID provider: discovery, JWKS, authorization code with PKCE for the console, client credentials for programs. */
export function buildProvider(options: ProviderOptions): Provider {
  const provider = new Provider(options.issuer, buildConfiguration(options))
  // Failures of a request are answered to the client; without a listener the library prints them as well.
  provider.on('server_error', (_ctx, error) => process.emitWarning(error, 'IssuerWarning'))
  return provider
}

function buildConfiguration({ keys, consoleOrigins }: ProviderOptions): Configuration {
  return {
    adapter: createMemoryAdapter(),
    clients: [
      {
        client_id: CONSOLE_CLIENT_ID,
        client_name: 'Polyseme console',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code'],
        response_types: ['code'],
        redirect_uris: consoleOrigins.map((origin) => `${origin}/`),
        post_logout_redirect_uris: consoleOrigins.map((origin) => `${origin}/`),
        id_token_signed_response_alg: ISSUER_ALGORITHM,
      },
      ...PERSONAS.filter((persona) => persona.program).map((persona): ClientMetadata => ({
        client_id: persona.id,
        client_secret: keys.programSecret,
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
        scope: persona.scopes.join(' '),
        id_token_signed_response_alg: ISSUER_ALGORITHM,
      })),
    ],
    clientDefaults: { id_token_signed_response_alg: ISSUER_ALGORITHM },
    clientBasedCORS: (_ctx, origin) => consoleOrigins.includes(origin),
    cookies: { keys: [...keys.cookies], short: { signed: true, httpOnly: true, sameSite: 'lax' }, long: { signed: true, httpOnly: true, sameSite: 'lax' } },
    // The library reads no more than the JWKS form of the keys; private parts never leave it.
    jwks: { keys: keys.signing.map((key) => ({ ...key })) as never },
    findAccount: (_ctx, id) => (findPersona(id) === undefined ? undefined : { accountId: id, claims: () => ({ sub: id }) }),
    scopes: ['openid', ...DEVELOPMENT_SCOPES],
    extraTokenClaims: (_ctx, token) => {
      const persona = findPersona(token.kind === 'AccessToken' ? token.accountId : (token.clientId ?? ''))
      return persona === undefined ? undefined : personaClaims(persona)
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          audience: ACCESS_TOKEN_AUDIENCE,
          scope: DEVELOPMENT_SCOPES.join(' '),
          accessTokenFormat: 'jwt',
          accessTokenTTL: ACCESS_TOKEN_LIFETIME_SEC,
          jwt: { sign: { alg: ISSUER_ALGORITHM, kid: keys.signing[0].kid } },
        }),
      },
    },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant: grantWhatPersonaHas,
    pkce: { required: () => true },
    renderError: (ctx, out) => {
      const page = renderErrorPage(out.error, out.error_description)
      ctx.type = 'html'
      ctx.set('content-security-policy', page.contentSecurityPolicy)
      ctx.body = page.html
    },
    responseTypes: ['code'],
    ttl: { AccessToken: ACCESS_TOKEN_LIFETIME_SEC, AuthorizationCode: 60, ClientCredentials: ACCESS_TOKEN_LIFETIME_SEC, Grant: ACCESS_TOKEN_LIFETIME_SEC, IdToken: 600, Interaction: 600, Session: ACCESS_TOKEN_LIFETIME_SEC },
  }
}

/** No consent page: a persona is given those of the requested scopes that it has, and the rest is refused in silence. */
async function grantWhatPersonaHas(ctx: KoaContextWithOIDC): Promise<InstanceType<Provider['Grant']> | undefined> {
  const { client, session, provider } = ctx.oidc
  const persona = findPersona(session?.accountId ?? '')
  if (client === undefined || persona === undefined) return undefined
  const grant = new provider.Grant({ clientId: client.clientId, accountId: persona.id })
  const requested = [...ctx.oidc.requestParamScopes]
  grant.addOIDCScope(requested.join(' '))
  grant.addResourceScope(RESOURCE, requested.filter((scope) => persona.scopes.includes(scope)).join(' '))
  grant.rejectResourceScope(RESOURCE, requested.filter((scope) => !persona.scopes.includes(scope)).join(' '))
  await grant.save()
  return grant
}
