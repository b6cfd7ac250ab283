import { GatewayError } from '@polyseme/kit/errors'
import type { Principal } from '@polyseme/kit/identity'
import type { PublishedFile, RegistryCaller, RegistryService, SubgraphArtifact } from '../registry/index.ts'
import { readJsonObject } from './json-body.ts'
import { sendJson, type Exchange } from './exchange.ts'
import type { Route } from './http-listener.ts'
import { REGISTRY_OPENAPI } from './registry-openapi.ts'

export interface RegistryRoutesOptions {
  /** Undefined while the registry does not answer. */
  readonly service: () => RegistryService | undefined
  readonly authenticate: (exchange: Exchange) => Promise<Principal>
  /** What the caller may do, by token and policies. */
  readonly callerOf: (principal: Principal) => RegistryCaller
}

/** A schema of 4 MiB, its contracts, and what JSON adds to them. */
const MAX_BODY_BYTES = 16 * 1024 * 1024

type Call = (service: RegistryService, caller: RegistryCaller, input: Fields) => Promise<unknown>

/** `/registry/…`: everything that `polyseme` does with the registry, as JSON over HTTP; described at `/registry/openapi.json`. */
export function registryRoutes({ service, authenticate, callerOf }: RegistryRoutesOptions): readonly Route[] {
  const getService = (): RegistryService => {
    const open = service()
    if (open === undefined) throw new GatewayError('REGISTRY_UNAVAILABLE', 'the registry does not answer')
    return open
  }
  const post = (path: string, call: Call): Route => ({
    path,
    handle: async (exchange) => {
      const caller = callerOf(await authenticate(exchange))
      if (exchange.request.method !== 'POST') throw new GatewayError('METHOD_NOT_ALLOWED', 'use POST', { details: { allow: 'POST' } })
      sendJson(exchange, 200, await call(getService(), caller, new Fields(await readJsonObject(exchange.request, MAX_BODY_BYTES))))
    },
  })
  const get = (path: string, call: Call): Route => ({
    path,
    handle: async (exchange) => {
      const caller = callerOf(await authenticate(exchange))
      if (exchange.request.method !== 'GET') throw new GatewayError('METHOD_NOT_ALLOWED', 'use GET', { details: { allow: 'GET' } })
      sendJson(exchange, 200, await call(getService(), caller, new Fields(Object.fromEntries(new URLSearchParams(exchange.search)))))
    },
  })
  return [
    { path: '/registry/openapi.json', handle: async (exchange) => sendJson(exchange, 200, REGISTRY_OPENAPI) },
    post('/registry/check', async (service, caller, input) => await service.check(caller, { artifact: input.artifact(), usageDays: input.number('usageDays') ?? 30, personalFields: input.texts('personalFields') })),
    post('/registry/publish', async (service, caller, input) => {
      const canaryPercent = input.number('canaryPercent')
      return await service.publish(caller, { artifact: input.artifact(), basedOn: input.number('basedOn') ?? 0, message: input.text('message'), personalFields: input.texts('personalFields'), ...(canaryPercent === undefined ? {} : { canaryPercent }) })
    }),
    post('/registry/approve', async (service, caller, input) => {
      await service.approve(caller, { subgraph: input.text('subgraph'), hash: input.text('hash'), reason: input.text('reason') })
      return { kind: 'approved' }
    }),
    post('/registry/rollback', async (service, caller, input) => await service.rollback(caller, { ...input.optional('subgraph', 'toSequence'), reason: input.text('reason') })),
    post('/registry/retire', async (service, caller, input) => await service.retire(caller, { subgraph: input.text('subgraph'), reason: input.text('reason') })),
    post('/registry/promote', async (service, caller, input) => await service.promote(caller, { reason: input.text('reason') })),
    post('/registry/end-canary', async (service, caller, input) => await service.endCanary(caller, { reason: input.text('reason') })),
    get('/registry/history', async (service, caller, input) => await service.history(caller, { ...input.optional('subgraph', 'before'), limit: Math.min(input.number('limit') ?? 50, 500) })),
    get('/registry/notices', async (service, caller, input) => await service.notices(caller, { ...input.optional('subgraph'), limit: Math.min(input.number('limit') ?? 50, 500) })),
    get('/registry/subgraph', async (service, caller, input) => await service.subgraph(caller, { ...input.optional('version'), subgraph: input.text('subgraph') })),
    get('/registry/supergraph', async (service, caller, input) => await service.supergraph(caller, input.optional('sequence'))),
  ]
}

const NUMBERS = new Set(['toSequence', 'before', 'version', 'sequence'])

/** Untrusted fields of a call, read by name; what is absent or of the wrong kind is one clear error. */
class Fields {
  readonly #values: Readonly<Record<string, unknown>>

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values
  }

  text(name: string): string {
    const value = this.#own(name)
    if (typeof value === 'string' && value !== '') return value
    throw new GatewayError('BAD_USER_INPUT', `\`${name}\` must be a text`)
  }

  number(name: string): number | undefined {
    const value = this.#own(name)
    if (value === undefined) return undefined
    const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
    if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number
    throw new GatewayError('BAD_USER_INPUT', `\`${name}\` must be a whole number, 0 or more`)
  }

  /** Texts; none where the field is absent. */
  texts(name: string): readonly string[] {
    const value = this.#own(name) ?? []
    if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value
    throw new GatewayError('BAD_USER_INPUT', `\`${name}\` must be a list of texts`)
  }

  /** The named fields that are there; those that count are numbers, the others texts. */
  optional<Name extends string>(...names: readonly Name[]): { [key in Name]?: key extends 'subgraph' ? string : number } {
    const present = names.filter((name) => this.#own(name) !== undefined)
    return Object.fromEntries(present.map((name) => [name, NUMBERS.has(name) ? this.number(name) : this.text(name)])) as { [key in Name]?: key extends 'subgraph' ? string : number }
  }

  artifact(): SubgraphArtifact {
    const value = this.#own('artifact')
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new GatewayError('BAD_USER_INPUT', '`artifact` must be an object')
    const artifact = new Fields(value as Readonly<Record<string, unknown>>)
    const naming = artifact.text('naming')
    if (naming !== 'contract' && naming !== 'verbatim' && naming !== 'qualified') throw new GatewayError('BAD_USER_INPUT', '`naming` must be contract, verbatim or qualified')
    return { subgraph: artifact.text('subgraph'), sdl: artifact.text('sdl'), url: artifact.text('url'), naming, contracts: artifact.#files('contracts'), policies: artifact.#files('policies') }
  }

  #files(name: string): readonly PublishedFile[] {
    const value = this.#own(name) ?? []
    if (!Array.isArray(value)) throw new GatewayError('BAD_USER_INPUT', `\`${name}\` must be a list of files`)
    return value.map((file: unknown) => {
      if (typeof file !== 'object' || file === null) throw new GatewayError('BAD_USER_INPUT', `\`${name}\` must be a list of files`)
      const fields = new Fields(file as Readonly<Record<string, unknown>>)
      return { path: fields.text('path'), text: fields.text('text') }
    })
  }

  #own(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined
  }
}
