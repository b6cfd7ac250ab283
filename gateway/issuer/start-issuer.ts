import { GatewayError } from '@polyseme/kit/errors'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Provider } from 'oidc-provider'
import { loadIssuerKeys } from './issuer-keys.ts'
import { renderErrorPage, renderSignInPage, type Page } from './pages.ts'
import { findPersona, PERSONAS } from './personas.ts'
import { buildProvider } from './provider.ts'

/** How a development issuer is started. */
export interface IssuerOptions {
  /** Directory of the keys; made if absent. */
  readonly keysDir: string
  /** Origins at which the console is opened, for example `http://127.0.0.1:4000`. */
  readonly consoleOrigins: readonly string[]
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 0: any free port. */
  readonly port?: number
  /** What tokens say in `iss` and where browsers find the issuer; default: the address it listens on. */
  readonly publicUrl?: string
  /** Default `process.env`; with NODE_ENV=production the issuer does not start. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** A running development issuer. */
export interface RunningIssuer {
  /** Value of `iss`, and base of the discovery document. */
  readonly url: string
  readonly jwksUrl: string
  readonly port: number
  readonly close: () => Promise<void>
}

/**
 * Starts the OpenID provider of the demo: anyone can sign in as anyone, so it refuses to run in production.
 *
 * @throws CONFIG_INVALID with NODE_ENV=production · PORT_IN_USE · DATA_DIR_CORRUPT
 */
export async function startIssuer(options: IssuerOptions): Promise<RunningIssuer> {
  const env = options.env ?? process.env
  if (env['NODE_ENV'] === 'production') throw new GatewayError('CONFIG_INVALID', 'the development issuer lets anyone sign in as anyone and does not start with NODE_ENV=production; configure your own issuer in mesh.yaml')
  const keys = await loadIssuerKeys(options.keysDir)
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 })
  const host = options.host ?? '127.0.0.1'
  const port = await listen(server, host, options.port ?? 0)
  const url = options.publicUrl ?? `http://${host}:${port}`
  const provider = buildProvider({ issuer: url, keys, consoleOrigins: options.consoleOrigins })
  server.on('request', buildHandler(provider, new URL(url).host))
  return {
    url,
    jwksUrl: `http://${host}:${port}/jwks`,
    port,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void

function buildHandler(provider: Provider, publicHost: string): RequestHandler {
  const answerByProvider = provider.callback()
  return (request, response) => {
    const path = new URL(request.url ?? '/', 'http://issuer').pathname
    // A page on another site could point its own name at 127.0.0.1; everything but the public keys asks for our name.
    if (request.headers.host !== publicHost && path !== '/jwks' && path !== '/health/live') {
      send(response, 421, renderErrorPage('misdirected_request', `this issuer is ${publicHost}`))
    } else if (path === '/health/live') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"live"}')
    } else if (path.startsWith('/interaction/')) {
      answerInteraction(provider, request, response).catch((error: unknown) => {
        send(response, 400, renderErrorPage('sign_in_expired', error instanceof Error ? error.message : undefined))
      })
    } else {
      void answerByProvider(request, response)
    }
  }
}

/** GET shows the personas; POST signs in as the one that was chosen and goes on to where the sign-in began. */
async function answerInteraction(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { uid, params } = await provider.interactionDetails(request, response)
  if (request.method !== 'POST') {
    const people = PERSONAS.filter((persona) => !persona.program)
    send(response, 200, renderSignInPage(people, `/interaction/${uid}`, new URL(String(params['redirect_uri'])).origin))
    return
  }
  const persona = findPersona(new URLSearchParams(await readSmallBody(request)).get('persona') ?? '')
  if (persona === undefined || persona.program) {
    send(response, 400, renderErrorPage('persona_unknown', 'choose one of the personas of the page'))
    return
  }
  await provider.interactionFinished(request, response, { login: { accountId: persona.id } })
}

/** Our own form sends some twenty bytes. */
async function readSmallBody(request: IncomingMessage): Promise<string> {
  if (Number(request.headers['content-length'] ?? Infinity) > 1024) throw new RangeError('the form is too large')
  return await text(request)
}

function send(response: ServerResponse, status: number, page: Page): void {
  response
    .writeHead(status, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': page.contentSecurityPolicy,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    .end(page.html)
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new GatewayError('PORT_IN_USE', `port ${port} on ${host} is in use`, { cause: error }) : error)
    })
    server.listen(port, host, resolve)
  })
  return (server.address() as AddressInfo).port
}
