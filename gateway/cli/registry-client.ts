import { GatewayError, isErrorCode } from '@polyseme/kit/errors'
import { request } from 'undici'
import type { CheckReport, ConsumerNotice, Deployment, PublishInput, PublishResult, StepOutcome, SubgraphVersion } from '../registry/index.ts'
import type { CommandArguments, CommandIo } from './command.ts'
import { DEFAULT_DATA_DIR } from './data-dir.ts'
import { findGateway } from './find-gateway.ts'

/** Options that every command of the registry understands. */
export const REGISTRY_OPTIONS = {
  registry: { type: 'string' },
  as: { type: 'string' },
  'data-dir': { type: 'string', default: DEFAULT_DATA_DIR },
  json: { type: 'boolean' },
} as const

export const REGISTRY_USAGE = `  --registry URL  gateway whose registry is meant (default: POLYSEME_REGISTRY, else the running demo)
  --as PERSONA    sign in to the running demo as this persona (default: the token in POLYSEME_TOKEN)
  --data-dir DIR  data directory of the running demo (default ${DEFAULT_DATA_DIR})
  --json          one JSON document instead of text`

/** Composing a large graph takes a while; the gateway has its own bounds. */
const ANSWER_DEADLINE_MS = 300_000

/** The registry behind a gateway, as the command line talks to it. */
export class RegistryClient {
  readonly #url: string
  readonly #token: string

  constructor(url: string, token: string) {
    this.#url = url
    this.#token = token
  }

  /** @throws COMMAND_INVALID when neither options nor environment say which registry and who asks */
  static async open(args: CommandArguments, io: CommandIo): Promise<RegistryClient> {
    const { url, token } = await findGateway(args, io, { what: 'registry', option: 'registry', variables: ['POLYSEME_REGISTRY'] })
    return new RegistryClient(url, token)
  }

  async check(input: { readonly artifact: PublishInput['artifact']; readonly usageDays: number; readonly personalFields?: readonly string[] }): Promise<CheckReport> {
    return await this.#post('check', input) as CheckReport
  }

  async publish(input: PublishInput): Promise<PublishResult> {
    return await this.#post('publish', input) as PublishResult
  }

  async approve(input: { readonly subgraph: string; readonly hash: string; readonly reason: string }): Promise<void> {
    await this.#post('approve', input)
  }

  /** `rollback`, `retire`, `promote` or `end-canary`. */
  async step(name: 'rollback' | 'retire' | 'promote' | 'end-canary', input: Readonly<Record<string, string | number>>): Promise<StepOutcome> {
    return await this.#post(name, input) as StepOutcome
  }

  async history(input: { readonly subgraph?: string; readonly limit: number }): Promise<readonly Deployment[]> {
    return await this.#get('history', input) as readonly Deployment[]
  }

  async notices(input: { readonly subgraph?: string; readonly limit: number }): Promise<readonly ConsumerNotice[]> {
    return await this.#get('notices', input) as readonly ConsumerNotice[]
  }

  async subgraph(input: { readonly subgraph: string; readonly version?: number }): Promise<SubgraphVersion> {
    return await this.#get('subgraph', input) as SubgraphVersion
  }

  /**
   * What a publish is to replace; undefined when the domain was never published.
   *
   * @throws FORBIDDEN in the words of a publish: who may publish may look, so who may not look lacks that right too
   */
  async findSubgraph(subgraph: string): Promise<SubgraphVersion | undefined> {
    try {
      return await this.subgraph({ subgraph })
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      if (error.code === 'NOT_FOUND') return undefined
      if (error.code !== 'FORBIDDEN') throw error
      const { forbidden } = await import('../registry/index.ts')
      throw forbidden('publish', subgraph)
    }
  }

  async supergraph(input: { readonly sequence?: number }): Promise<{ readonly deployment: Deployment; readonly sdl: string }> {
    return await this.#get('supergraph', input) as { readonly deployment: Deployment; readonly sdl: string }
  }

  async #post(name: string, body: object): Promise<unknown> {
    return await this.#call(name, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  }

  async #get(name: string, query: Readonly<Record<string, string | number | undefined>>): Promise<unknown> {
    const search = new URLSearchParams(Object.entries(query).flatMap(([key, value]) => value === undefined ? [] : [[key, String(value)]]))
    return await this.#call(`${name}?${search.toString()}`, { method: 'GET', headers: {} })
  }

  async #call(path: string, { method, headers, body }: { method: 'GET' | 'POST'; headers: Readonly<Record<string, string>>; body?: string }): Promise<unknown> {
    const response = await request(`${this.#url}/registry/${path}`, {
      method, headers: { ...headers, authorization: `Bearer ${this.#token}` }, signal: AbortSignal.timeout(ANSWER_DEADLINE_MS), ...(body === undefined ? {} : { body }),
    }).catch((error: unknown) => {
      throw new GatewayError('REGISTRY_UNAVAILABLE', silenceOf(error, { url: this.#url, method }), { cause: error })
    })
    const answer: unknown = await response.body.json().catch(() => undefined)
    if (response.statusCode === 200) return answer
    throw errorOf(answer, response.statusCode, this.#url)
  }
}

/** Nothing came back; a step that was on its way may have been stored all the same. */
function silenceOf(error: unknown, { url, method }: { readonly url: string; readonly method: 'GET' | 'POST' }): string {
  const code = (error as { readonly code?: unknown } | null)?.code
  const wasSent = method === 'POST' && code !== 'ECONNREFUSED' && code !== 'ENOTFOUND' && code !== 'EAI_AGAIN'
  return `the registry at ${url} does not answer${wasSent ? '; whether it did what it was asked for says `polyseme history`, and a publish may be sent again as it was' : ''}`
}

function errorOf(answer: unknown, status: number, url: string): GatewayError {
  const [first] = (answer as { errors?: readonly { message?: unknown; extensions?: { code?: unknown } }[] } | undefined)?.errors ?? []
  const code = first?.extensions?.code
  if (typeof code === 'string' && isErrorCode(code) && typeof first?.message === 'string') return new GatewayError(code, first.message)
  return new GatewayError('REGISTRY_UNAVAILABLE', `${url} answered ${status} and is perhaps no Polyseme gateway with a registry`)
}
