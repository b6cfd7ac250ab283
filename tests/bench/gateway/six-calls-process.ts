/**
 * The limit: a bare program that makes the same calls as ours does for one request, parses and prints JSON, and does nothing else.
 * Arguments: JSON of name → URL, and the calls as levels of `{ subgraph, body }`.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'

interface Call {
  readonly subgraph: string
  readonly body: string
}

const urls = JSON.parse(process.argv[2] ?? '{}') as Record<string, string>
const { levels, answer } = JSON.parse(readFileSync(process.argv[3] ?? '', 'utf8')) as { levels: readonly (readonly Call[])[]; answer: unknown }
const pools = new Map(Object.entries(urls).map(([name, url]) => [name, new Pool(new URL(url).origin, { connections: 256 })]))

async function call({ subgraph, body }: Call): Promise<unknown> {
  const pool = pools.get(subgraph)
  if (pool === undefined) throw new TypeError('no such subgraph')
  const response = await pool.request({ method: 'POST', path: '/graphql', headers: { 'content-type': 'application/json' }, body })
  return JSON.parse(await response.body.text()) as unknown
}

const server = createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    void (async () => {
      for (const level of levels) await Promise.all(level.map(call))
      const text = JSON.stringify(answer)
      response.setHeader('content-type', 'application/json')
      response.setHeader('content-length', Buffer.byteLength(text))
      response.end(text)
    })()
  })
})
server.listen(0, '127.0.0.1', () => console.log(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`))
