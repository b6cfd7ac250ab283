import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { routerConfigs } from '../../../gateway/registry/index.ts'

const strict = (properties: object, required: readonly string[] = []): object => ({ type: 'object', additionalProperties: false, required, properties })
const text = { type: 'string', minLength: 1 }
const list = (items: object): object => ({ type: 'array', minItems: 1, items })
const each = (value: object): object => ({ type: 'object', minProperties: 1, additionalProperties: value })
const yes = { const: true }

/** What the routers' references say of the keys that the export uses (Apollo Router 2, Cosmo's config.schema.json, Hive Router 0.2): each refuses any other. */
const SCHEMAS: Readonly<Record<string, object>> = {
  'apollo-router.yaml': strict({
    supergraph: strict({ listen: text }),
    authentication: strict({ router: strict({ jwt: strict({ jwks: list(strict({ url: text }, ['url'])) }, ['jwks']) }) }),
    authorization: strict({ require_authentication: yes, directives: strict({ enabled: yes }) }),
    coprocessor: strict({ url: text, timeout: { type: 'string', pattern: '^\\d+m?s$' }, router: strict({ request: strict({ headers: yes }) }) }, ['url']),
    headers: strict({ subgraphs: each(strict({ request: list(strict({ propagate: strict({ named: text, rename: text }, ['named']) })) })) }),
    traffic_shaping: strict({ all: strict({ timeout: text }) }),
    telemetry: strict({ apollo: strict({ send_anonymous_data: { const: false } }) }),
  }),
  'cosmo-router.yaml': strict({
    version: { const: '1' },
    listen_addr: text,
    execution_config: strict({ file: strict({ path: text }, ['path']) }),
    authentication: strict({ jwt: strict({ jwks: list(strict({ url: text }, ['url'])) }, ['jwks']) }),
    authorization: strict({ require_authentication: yes }),
    headers: strict({ subgraphs: each(strict({ request: list(strict({ op: { const: 'propagate' }, named: text, rename: text }, ['op'])) })) }),
    graphql_metrics: strict({ enabled: { const: false } }),
  }),
  'cosmo-graph.yaml': strict({ version: { const: 1 }, subgraphs: list(strict({ name: text, routing_url: text, schema: strict({ file: text }, ['file']) }, ['name', 'routing_url', 'schema'])) }, ['version', 'subgraphs']),
  'hive-router.yaml': strict({
    supergraph: strict({ source: { const: 'file' }, path: text }, ['source']),
    http: strict({ host: text, port: { type: 'integer' } }),
    jwt: strict({ enabled: yes, require_authentication: yes, jwks_providers: list(strict({ source: { const: 'remote' }, url: text }, ['source', 'url'])) }, ['enabled', 'jwks_providers']),
    authorization: strict({ directives: strict({ enabled: yes }) }),
    coprocessor: strict({ url: { type: 'string', pattern: '^http://' }, protocol: { enum: ['http1', 'h2c'] }, timeout: text, stages: strict({ router: strict({ request: strict({ include: strict({ headers: yes }) }) }) }) }, ['url', 'protocol']),
    headers: strict({ subgraphs: each(strict({ request: list(strict({ propagate: strict({ named: text, rename: text }, ['named']) })) })) }),
  }),
}

const FILES = routerConfigs({ jwksUrl: 'https://issuer.test/jwks', signerUrl: 'http://127.0.0.1:4190', subgraphs: { sales: 'http://sales.test/graphql', 'web-shop': 'http://shop.test/graphql', crosswalk: 'http://127.0.0.1:4190/graphql' } })

function configuration(path: string): Readonly<Record<string, unknown>> {
  return parseYaml(FILES.find((file) => file.path === path)?.text ?? '') as Readonly<Record<string, unknown>>
}

describe('configuration of other routers', () => {
  it.each(Object.keys(SCHEMAS))('%s has no key that its router does not know', (path) => {
    const validate = new Ajv().compile(SCHEMAS[path] ?? {})
    validate(configuration(path))
    expect(validate.errors ?? []).toEqual([])
  })

  it('F01 each subgraph is sent what was signed for it, and nothing that was signed for another', () => {
    const rules = { propagate: { named: 'polyseme-identity-web-shop', rename: 'polyseme-identity' } }
    for (const path of ['apollo-router.yaml', 'hive-router.yaml']) expect(configuration(path)['headers']).toMatchObject({ subgraphs: { 'web-shop': { request: [rules] } } })
    expect(configuration('cosmo-router.yaml')['headers']).toMatchObject({ subgraphs: { 'web-shop': { request: [{ op: 'propagate', named: 'Polyseme-Identity-Web-Shop', rename: 'Polyseme-Identity' }] } } })
  })
})
