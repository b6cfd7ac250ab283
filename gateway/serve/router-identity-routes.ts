import { GatewayError } from '@polyseme/kit/errors'
import { CALL_IDENTITY_HEADER, readBearerToken, type Principal, type TokenVerifier } from '@polyseme/kit/identity'
import { sendAnswer, sendJson, type Exchange } from './exchange.ts'
import type { Route } from './http-listener.ts'
import { readJsonObject } from './json-body.ts'

export interface RouterIdentityOptions {
  readonly tokens: TokenVerifier
  /** What each subgraph of the exported graph has to be told about a caller, signed for it. */
  readonly identitiesFor: (principal: Principal) => Promise<ReadonlyMap<string, string>>
}

const MAX_BODY_BYTES = 1024 * 1024

/**
 * Signs for other routers, which send `polyseme-identity-NAME` on to the subgraph of that name as `polyseme-identity`.
 *
 * `/coprocessor` is the external coprocessor of Apollo Router and of Hive Router, at the stage of the client's request. `/authorize` is
 * asked by a proxy before a router that has none (Envoy's ext_authz, nginx's auth_request, Traefik's forwardAuth): the headers of its
 * answer are what the proxy adds.
 */
export function routerIdentityRoutes(options: RouterIdentityOptions): readonly Route[] {
  return [
    { path: '/coprocessor', handle: async (exchange) => await answerCoprocessor(exchange, options) },
    {
      path: '/authorize',
      handle: async (exchange) => {
        const headers = await identityHeaders(exchange.request.rawHeaders, options)
        sendAnswer(exchange, { status: 200, headers: { ...headers, 'cache-control': 'no-store' }, body: '' })
      },
    },
  ]
}

/** What a coprocessor is sent: header values are texts, or lists of them. */
type CoprocessorHeaders = Readonly<Record<string, string | readonly string[]>>

async function answerCoprocessor(exchange: Exchange, options: RouterIdentityOptions): Promise<void> {
  if (exchange.request.method !== 'POST') throw new GatewayError('METHOD_NOT_ALLOWED', 'use POST', { details: { allow: 'POST' } })
  const told = await readJsonObject(exchange.request, MAX_BODY_BYTES)
  const { headers: sent, body: _body, ...control } = told
  const headers = typeof sent === 'object' && sent !== null ? sent as CoprocessorHeaders : {}
  try {
    const signed = await identityHeaders(Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [value] : [...value]).flatMap((one) => [name, one])), options)
    // Each router gets values in the form in which it sends them.
    const asLists = Object.values(headers).some((value) => Array.isArray(value))
    sendJson(exchange, 200, { ...control, control: 'continue', headers: { ...headers, ...(asLists ? Object.fromEntries(Object.entries(signed).map(([name, value]) => [name, [value]])) : signed) } })
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== 'UNAUTHENTICATED') throw error
    // Apollo Router takes an object as a body, Hive Router a text.
    const errors = { errors: [{ message: error.message, extensions: { code: error.code } }] }
    sendJson(exchange, 200, { ...control, control: { break: 401 }, body: control['stage'] === 'RouterRequest' ? errors : JSON.stringify(errors) })
  }
}

/** @throws UNAUTHENTICATED · AUTHORIZATION_HEADER_INVALID · ISSUER_UNAVAILABLE */
async function identityHeaders(rawHeaders: readonly string[], { tokens, identitiesFor }: RouterIdentityOptions): Promise<Record<string, string>> {
  const token = readBearerToken(rawHeaders)
  if (token === undefined) throw new GatewayError('UNAUTHENTICATED', 'this graph needs an access token: send `Authorization: Bearer <token>`')
  const identities = await identitiesFor(await tokens.verify(token))
  return Object.fromEntries([...identities].map(([subgraph, value]) => [`${CALL_IDENTITY_HEADER}-${subgraph}`, value]))
}
