/**
 * Hive Gateway as a library on Node's HTTP server. Arguments: JSON of name → URL, `js` or `rust` for its planner, and
 * `coalesce` to let equal requests share an answer.
 */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { composeWorkload } from './compose-workload.ts'
import { importInstalled } from './other-gateways.ts'

interface GatewayRuntime {
  readonly createGatewayRuntime: (options: Readonly<Record<string, unknown>>) => RequestListener
}

const [urlsText = '{}', planner = 'js', coalesce] = process.argv.slice(2)
const urls = JSON.parse(urlsText) as Record<string, string>
const { createGatewayRuntime } = await importInstalled('@graphql-hive/gateway-runtime') as unknown as GatewayRuntime
const gateway = createGatewayRuntime({
  supergraph: composeWorkload(urls).sdl,
  logging: false,
  landingPage: false,
  graphiql: false,
  transportEntries: { '*.http': { options: { deduplicateInflightRequests: coalesce === 'coalesce' } } },
  inboundInflightRequestDeduplication: false,
  ...(planner === 'rust' ? { unifiedGraphHandler: (await importInstalled('@graphql-hive/router-runtime'))['unifiedGraphHandler'] } : {}),
})
const server = createServer(gateway)
server.listen(0, '127.0.0.1', () => console.log(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`))
