import { PROCESS_GATE, type AdmissionGate } from '../execute/index.ts'
import { sendJson } from './exchange.ts'
import type { Route } from './http-listener.ts'

/** What readiness says: `ready` false takes the gateway out of a load balancer. */
export interface Readiness {
  readonly ready: boolean
  /** Id of the supergraph that is served. */
  readonly supergraph?: string
  /** The registry does not answer: the graph may not be the newest. */
  readonly stale?: true
  /** Nothing has been published yet: the registry's ways in answer, GraphQL says GRAPH_EMPTY. */
  readonly empty?: true
}

/** `/health/live`: this process answers; `busy` while operations wait for its turn: it is late and not dead, so give probes some seconds (T20). `/health/ready`: it has a graph and is not stopping. No token; nothing of the mesh is said. */
export function healthRoutes(readiness: () => Readiness): readonly Route[] {
  return [
    { path: '/health/live', handle: async (exchange) => sendJson(exchange, 200, { status: 'live', ...(isBusy(PROCESS_GATE) ? { busy: true } : {}) }) },
    {
      path: '/health/ready',
      handle: async (exchange) => {
        const { ready, supergraph, stale, empty } = readiness()
        sendJson(exchange, ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', ...(supergraph === undefined ? {} : { supergraph }), ...(stale === undefined ? {} : { stale }), ...(empty === undefined ? {} : { empty }) })
      },
    },
  ]
}

function isBusy({ statistics }: AdmissionGate): boolean {
  return statistics.busy || statistics.waiting > 0
}
