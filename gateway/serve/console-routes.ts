import { GatewayError } from '@polyseme/kit/errors'
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, globSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { COMMON_HEADERS, sendAnswer, sendJson, type Exchange } from './exchange.ts'
import type { Route } from './http-listener.ts'

/** How people sign in at the console. */
export interface ConsoleSignIn {
  readonly issuer: string
  readonly clientId: string
  readonly scopes: readonly string[]
  /** Shown as a warning: anyone can be anyone. */
  readonly development: boolean
}

export interface ConsoleOptions {
  /** Built console; when it is absent `/` says how to build it. */
  readonly dir: string
  readonly signIn?: ConsoleSignIn
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.woff2': 'font/woff2',
}

interface StaticFile {
  readonly file: string
  readonly type: string
  readonly compressed: boolean
}

/**
 * The console at `/`, its assets and what it has to know.
 *
 * Only files that were there at start are served, by exact path, so no path can lead elsewhere.
 */
export function consoleRoutes({ dir, signIn }: ConsoleOptions): readonly Route[] {
  const assets = listAssets(dir)
  const index = existsSync(join(dir, 'index.html')) ? readFileSync(join(dir, 'index.html')) : undefined
  const policy = contentSecurityPolicy(signIn?.issuer)
  return [
    { path: '/console/config.json', handle: async (exchange) => sendJson(exchange, 200, signIn === undefined ? {} : { signIn }) },
    { path: '/assets/', handle: async (exchange) => await sendAsset(exchange, assets.get(exchange.path)) },
    { path: '/', handle: async (exchange) => sendIndex(exchange, index, policy) },
  ]
}

/** Scripts, workers and requests only from here (and the issuer for sign-in); the editor sets inline styles, scripts it has none. */
function contentSecurityPolicy(issuer: string | undefined): string {
  const connect = issuer === undefined ? '' : ` ${new URL(issuer).origin}`
  return [
    "default-src 'none'", "script-src 'self'", "worker-src 'self'", "style-src 'self' 'unsafe-inline'", "font-src 'self' data:", "img-src 'self' data:",
    `connect-src 'self'${connect}`, "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
  ].join('; ')
}

function sendIndex(exchange: Exchange, index: Buffer | undefined, policy: string): void {
  assertReading(exchange)
  if (index === undefined) throw new GatewayError('NOT_FOUND', 'the console is not built; run `npm run build:console`. The graph is at /graphql')
  const etag = `"${createHash('sha256').update(index).digest('base64url').slice(0, 22)}"`
  const fresh = exchange.request.headers['if-none-match'] === etag
  sendAnswer(exchange, {
    status: fresh ? 304 : 200,
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy, 'cache-control': 'no-cache', etag },
    body: fresh ? '' : index,
  })
}

/** Names of assets carry a hash of their content, so they may be kept for ever. */
async function sendAsset(exchange: Exchange, asset: StaticFile | undefined): Promise<void> {
  assertReading(exchange)
  if (asset === undefined) throw new GatewayError('NOT_FOUND', 'there is nothing at this address; the graph is at /graphql')
  const { request, response, requestId } = exchange
  const compressed = asset.compressed && request.headers['accept-encoding']?.includes('gzip') === true
  response.writeHead(200, {
    ...COMMON_HEADERS,
    'content-type': asset.type,
    'cache-control': 'public, max-age=31536000, immutable',
    'vary': 'accept-encoding',
    'x-request-id': requestId,
    ...(compressed ? { 'content-encoding': 'gzip' } : {}),
  })
  if (request.method === 'HEAD') response.end()
  else await pipeline(createReadStream(compressed ? `${asset.file}.gz` : asset.file), response, { signal: exchange.signal })
}

function assertReading({ request }: Exchange): void {
  if (request.method !== 'GET' && request.method !== 'HEAD') throw new GatewayError('METHOD_NOT_ALLOWED', 'use GET', { details: { allow: 'GET, HEAD' } })
}

function listAssets(dir: string): ReadonlyMap<string, StaticFile> {
  const names = globSync('assets/*', { cwd: dir })
  const all = new Set(names)
  return new Map(names.flatMap((name): [string, StaticFile][] => {
    const type = TYPES[extname(name)]
    return type === undefined ? [] : [[`/${name}`, { file: join(dir, name), type, compressed: all.has(`${name}.gz`) }]]
  }))
}
