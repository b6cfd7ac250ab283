import { GatewayError } from '@polyseme/kit/errors'

/** No answer came: no connection, a broken one, or a server that says it cannot. */
export function unavailable(subgraph: string, cause?: unknown): GatewayError {
  return new GatewayError('SUBGRAPH_UNAVAILABLE', `the domain "${subgraph}" is not available`, { cause })
}

export function timedOut(subgraph: string): GatewayError {
  return new GatewayError('SUBGRAPH_TIMEOUT', `the domain "${subgraph}" did not answer in time`)
}

/** An answer came, and it is refused as a whole. */
export function unusable(subgraph: string, reason: string, cause?: unknown): GatewayError {
  return new GatewayError('SUBGRAPH_RESPONSE_INVALID', `the answer of the domain "${subgraph}" cannot be used: ${reason}`, { cause })
}
