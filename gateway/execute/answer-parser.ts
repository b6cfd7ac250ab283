import type { GatewayError } from '@polyseme/kit/errors'
import { decodeBody } from './decode-body.ts'
import type { CollectedResponse } from './http-response-collector.ts'
import { RepeatedKeys } from './repeated-keys.ts'
import type { SubgraphAnswer, SubgraphError } from './subgraph-transport.ts'
import { unavailable, unusable } from './transport-errors.ts'

/** Takes the GraphQL responses of one subgraph out of HTTP ones. */
export class AnswerParser {
  readonly #subgraph: string
  readonly #maxBytes: number
  readonly #repeatedKeys = new RepeatedKeys()

  /** @param maxBytes longest body after decompression */
  constructor(subgraph: string, maxBytes: number) {
    this.#subgraph = subgraph
    this.#maxBytes = maxBytes
  }

  /** @throws SUBGRAPH_UNAVAILABLE, SUBGRAPH_RESPONSE_INVALID */
  async parse({ status, coding, body }: CollectedResponse): Promise<SubgraphAnswer> {
    return this.parseText(typeof body === 'string' ? body : await this.#decode(body, coding), status)
  }

  /** @throws SUBGRAPH_UNAVAILABLE, SUBGRAPH_RESPONSE_INVALID */
  parseText(text: string, status: number): SubgraphAnswer {
    let json: unknown
    try {
      json = JSON.parse(text) as unknown
    } catch (cause) {
      throw this.#statusError(status) ?? unusable(this.#subgraph, 'it is not JSON', cause)
    }
    if (typeof json !== 'object' || json === null) throw this.#statusError(status) ?? unusable(this.#subgraph, 'it is not a GraphQL response')
    const data: unknown = Object.hasOwn(json, 'data') ? (json as { data: unknown }).data : undefined
    const errors: unknown = Object.hasOwn(json, 'errors') ? (json as { errors: unknown }).errors : undefined
    if (data !== undefined && data !== null && (typeof data !== 'object' || Array.isArray(data))) throw unusable(this.#subgraph, 'its data is not an object')
    if (errors !== undefined && errors !== null && !Array.isArray(errors)) throw unusable(this.#subgraph, 'its errors are not a list')
    const list = (errors ?? []) as readonly unknown[]
    if (data === undefined && list.length === 0) throw this.#statusError(status) ?? unusable(this.#subgraph, 'it has neither data nor errors')
    // A refused request (401, 400) explains itself in GraphQL errors without data; any other status outweighs the body.
    if (status >= 500 && data === undefined) throw this.#statusError(status) ?? unusable(this.#subgraph, 'it failed')
    if (this.#repeatedKeys.isIn(text, json)) throw unusable(this.#subgraph, 'it says the same thing twice')
    return { data: data as SubgraphAnswer['data'], errors: list.filter((error): error is SubgraphError => typeof error === 'object' && error !== null) }
  }

  async #decode(body: Buffer, coding: string): Promise<string> {
    let decoded: Buffer | undefined
    try {
      decoded = coding === '' ? body : await decodeBody(body, coding, this.#maxBytes)
    } catch (cause) {
      throw unusable(this.#subgraph, 'its body cannot be decompressed within the size limit', cause)
    }
    if (decoded === undefined) throw unusable(this.#subgraph, 'its content coding is not supported')
    return decoded.toString('utf8')
  }

  #statusError(status: number): GatewayError | undefined {
    if (status >= 500 || status === 429) return unavailable(this.#subgraph, new Error(`HTTP ${status}`))
    return status >= 200 && status < 300 ? undefined : unusable(this.#subgraph, `it came with HTTP status ${status}`)
  }
}
