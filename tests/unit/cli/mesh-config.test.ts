import { formatDiagnostic } from '@polyseme/kit/errors'
import * as fc from 'fast-check'
import { parseMeshConfig } from '../../../gateway/cli/mesh-config.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const WHOLE = `
environment: production
host: 0.0.0.0
port: 8080
dataDir: data
lexicon: lexicon
deadlineMs: 5000
issuers:
  - issuer: https://login.example.com
    audience: [polyseme, bi]
    jwksUrl: https://login.example.com/keys
    algorithms: RS256
    clockToleranceSec: 10
    jwksMaxAgeMs: 60000
    jwksMaxStaleMs: 3600000
    claims:
      scopes: [realm_access, scopes]
      further: { regions: regions }
subgraphs:
  - { name: sales, url: 'http://sales:4101/graphql', contracts: contracts/sales }
  - { name: legacy, url: '\${LEGACY_URL:-http://legacy/graphql}', sdl: legacy.graphql }
protection: { concealForbidden: true, unauthorized: reject, introspection: false, maxCost: 5000, maxCostBySubgraph: { sales: 50, crosswalk: 0 }, costMode: measure, callerBudget: { cost: 100, windowSeconds: 5, maxCallers: 9 } }
responseCache: { maxBytes: 1000000, maxSeconds: 20 }
console:
  issuer: https://login.example.com
  clientId: console
  scopes: [openid, 'sales:read']
workers: 4
traffic: { timeoutMs: 3000, retries: 0, breaker: { failures: 3 }, subgraphs: { sales: { coalesce: true, maxRequestBytes: 4096, breaker: { restMs: 20 } } } }
engine: apollo
persistedOperations: { mode: enforce, files: [clients, web.json], exemptScopes: graph:explore, automatic: false }
`

function parse(text: string, env: Record<string, string> = {}): ReturnType<typeof parseMeshConfig> {
  return parseMeshConfig(text, { file: 'mesh.yaml', dir: '/mesh', env })
}

function findings(text: string, env: Record<string, string> = {}): string[] {
  const result = parse(text, env)
  return result.kind === 'ok' ? [] : result.diagnostics.map((diagnostic) => formatDiagnostic(diagnostic).replaceAll('\n', ' '))
}

describe('mesh.yaml', () => {
  it('says everything that a gateway has to know, with absolute paths', () => {
    expect(parse(WHOLE)).toEqual({
      kind: 'ok',
      warnings: [],
      value: {
        environment: 'production',
        host: '0.0.0.0',
        port: 8080,
        dataDir: '/mesh/data',
        keysDir: '/mesh/data/keys',
        lexiconDir: '/mesh/lexicon',
        deadlineMs: 5000,
        workers: 4,
        traffic: { timeoutMs: 3000, retries: 0, breaker: { failures: 3 }, subgraphs: { sales: { coalesce: true, maxRequestBytes: 4096, breaker: { restMs: 20 } } } },
        engine: 'apollo',
        persistedOperations: { mode: 'enforce', files: ['/mesh/clients', '/mesh/web.json'], exemptScopes: ['graph:explore'], automatic: false },
        protection: { concealForbidden: true, unauthorized: 'reject', introspection: false, maxCost: 5000, maxCostBySubgraph: { sales: 50, crosswalk: 0 }, costMode: 'measure', callerBudget: { cost: 100, windowSeconds: 5, maxCallers: 9 } },
        responseCache: { maxBytes: 1_000_000, maxSeconds: 20 },
        issuers: [{
          issuer: 'https://login.example.com',
          audience: ['polyseme', 'bi'],
          jwksUri: 'https://login.example.com/keys',
          algorithms: ['RS256'],
          clockToleranceSec: 10,
          jwksMaxAgeMs: 60_000,
          jwksMaxStaleMs: 3_600_000,
          claims: { scopes: ['realm_access', 'scopes'], further: { regions: ['regions'] } },
        }],
        subgraphs: [
          { name: 'sales', url: 'http://sales:4101/graphql', schema: { kind: 'contracts', dir: '/mesh/contracts/sales' } },
          { name: 'legacy', url: 'http://legacy/graphql', schema: { kind: 'sdl', file: '/mesh/legacy.graphql' } },
        ],
        signIn: { issuer: 'https://login.example.com', clientId: 'console', scopes: ['openid', 'sales:read'], development: false },
      },
    })
  })

  it('takes host, port and data directory from the environment first', () => {
    expect(parse(WHOLE, { POLYSEME_HOST: '::', POLYSEME_PORT: '9', POLYSEME_DATA_DIR: '/var/lib/polyseme' })).toMatchObject({ value: { host: '::', port: 9, dataDir: '/var/lib/polyseme' } })
  })

  it('puts the environment in the place of ${NAME}', () => {
    expect(parse(WHOLE, { LEGACY_URL: 'https://elsewhere/graphql' })).toMatchObject({ value: { subgraphs: [{}, { url: 'https://elsewhere/graphql' }] } })
    expect(findings(WHOLE.replace(':-http://legacy/graphql', ''))).toEqual([
      'mesh.yaml:21:26 error config-environment: the environment has no LEGACY_URL   how: set LEGACY_URL, or write ${LEGACY_URL:-default}',
    ])
  })

  it('is strict unless it says otherwise: production, loopback', () => {
    const minimal = WHOLE.split('\n').filter((line) => !/^(environment|host|port|dataDir|lexicon|deadlineMs):/.test(line)).join('\n')
    const result = parse(minimal)
    expect(result).toMatchObject({ value: { environment: 'production', host: '127.0.0.1', port: 4000, dataDir: '/mesh/.polyseme' } })
  })

  it('refuses a misspelt key and names the one that was meant', () => {
    expect(findings(WHOLE.replace('audience:', 'audiance:'))).toEqual([
      'mesh.yaml:9:5 error config-missing-key: `issuers[0].audience` is missing',
      'mesh.yaml:10:5 error config-unknown-key: `issuers[0].audiance` is no key of the configuration   expected: audience',
    ])
  })

  it('refuses traffic that cannot be, and to subgraphs that there are not', () => {
    const changed = (from: string, to: string): string[] => findings(WHOLE.replace(from, to)).map((finding) => finding.replace(/^\S+ /, ''))
    expect(changed('subgraphs: { sales: {', 'subgraphs: { sale: {')).toEqual(['error config-value: `traffic.subgraphs` names sale, which is no subgraph   how: use sales, legacy'])
    expect(changed('coalesce: true', 'colaesce: true')).toEqual(['error config-unknown-key: `traffic.subgraphs.sales.colaesce` is no key of the configuration   expected: coalesce'])
    expect(changed('failures: 3', 'failures: 0')).toEqual(['error config-value: `traffic.breaker.failures` is not a whole number from 1 to 10000   expected: a whole number from 1 to 10000'])
  })

  it('takes the bounds of exports and of large answers, and refuses what is none', () => {
    const parse = (lines: string): ReturnType<typeof parseMeshConfig> => parseMeshConfig(`${WHOLE}${lines}`, { file: 'mesh.yaml', dir: '/etc/mesh', env: {} })
    const result = parse('exports: { maxAtOnce: 3, maxPerCaller: 1, deadlineMs: 60000, pageRows: 500 }\nlargeAnswers: { fromBytes: 100000, maxBytes: 200000, maxAroundBytes: 300000, maxHeldBytes: 400000, deadlineMs: 2000, maxAtOnce: 4 }\n')
    expect(result).toMatchObject({ value: { exports: { maxAtOnce: 3, maxPerCaller: 1, deadlineMs: 60_000, pageRows: 500 }, largeAnswers: { fromBytes: 100_000, maxBytes: 200_000, maxAroundBytes: 300_000, maxHeldBytes: 400_000, deadlineMs: 2_000, maxAtOnce: 4 } } })
    expect(parse('exports: { maxAtOnce: 0 }\nlargeAnswers: { fromBytes: 10 }\n')).toMatchObject({ kind: 'invalid', diagnostics: [expect.anything(), expect.anything()] })
  })

  it('refuses a response cache of no size', () => {
    expect(findings(WHOLE.replace('{ maxBytes: 1000000,', '{')).map((finding) => finding.replace(/^\S+ /, ''))).toEqual(['error config-missing-key: `responseCache.maxBytes` is missing'])
    expect(findings(WHOLE.replace('maxBytes: 1000000', 'maxBytes: 5'))).toHaveLength(1)
  })

  it('refuses budgets of subgraphs that there are not, and of no size', () => {
    expect(findings(WHOLE.replace('{ sales: 50,', '{ sale: 50,'))).toEqual([
      'mesh.yaml:2:1 error config-value: `protection.maxCostBySubgraph` names sale, which is no subgraph   how: use sales, legacy, crosswalk, access, catalog',
    ])
    expect(findings(WHOLE.replace('{ cost: 100, windowSeconds: 5,', '{ windowSecond: 0,')).map((finding) => finding.replace(/^\S+ /, ''))).toEqual([
      'error config-missing-key: `protection.callerBudget.cost` is missing',
      'error config-unknown-key: `protection.callerBudget.windowSecond` is no key of the configuration   expected: windowSeconds',
    ])
    expect(findings(WHOLE.replace('{ sales: 50,', '{ sales: -1,'))).toHaveLength(1)
  })

  it.each(['catalog', 'access', 'crosswalk', 'registry'])('refuses a subgraph named %s, which is the gateway\'s own', (name) => {
    expect(findings(`issuers: [{ issuer: 'https://i', jwksUrl: 'https://i/jwks', audience: a }]\nsubgraphs:\n  - { name: ${name}, url: 'http://x/', sdl: a }\n`)).toEqual([
      `mesh.yaml:3:5 error config-value: the name \`${name}\` is reserved: it is the gateway's own   how: choose another name for the domain`,
    ])
  })

  it('refuses a registry that is no address of a database, and does not repeat what may be a password', () => {
    const found = findings("issuers: [{ issuer: 'https://i', jwksUrl: 'https://i/jwks', audience: a }]\nregistry: { postgres: secret@db }\n")
    expect(found).toEqual([expect.stringMatching(/^mesh\.yaml:2:\d+ error config-value: `registry\.postgres` is no address of a PostgreSQL database {3}how: write postgres:/)])
    expect(found.join()).not.toContain('secret')
  })

  it('reports all findings at once', () => {
    expect(findings('port: 70000\nenvironment: staging\nissuers: []\nsubgraphs:\n  - { name: Sales, url: ftp://x }\n  - { name: Sales, url: http://x, sdl: a, contracts: b }\n')).toEqual([
      'mesh.yaml:2:14 error config-value: `environment` is not one of development, production   expected: one of development, production',
      'mesh.yaml:1:7 error config-value: `port` is not a whole number from 0 to 65535   expected: a whole number from 0 to 65535',
      'mesh.yaml:3:10 error config-value: `issuers` is not a list with at least one entry   expected: a list with at least one entry',
      'mesh.yaml:5:5 error config-value: `Sales` is no name of a subgraph   how: use small letters, digits and dashes',
      'mesh.yaml:5:5 error config-value: `ftp://x` is no http or https address',
      'mesh.yaml:5:5 error config-value: subgraph `Sales` needs exactly one of `contracts` and `sdl`   how: give the folder of its contracts, or the schema file of a foreign subgraph',
      'mesh.yaml:6:5 error config-value: `Sales` is no name of a subgraph   how: use small letters, digits and dashes',
      'mesh.yaml:6:5 error config-value: subgraph `Sales` needs exactly one of `contracts` and `sdl`   how: give the folder of its contracts, or the schema file of a foreign subgraph',
      'mesh.yaml:1:1 error config-twice: `subgraphs` names Sales twice',
    ])
  })

  it.each(['', '[]', 'a', '{', '\0', 'issuers: {}\nsubgraphs: 3', '&a [*a]', 'a: *b'])('refuses %j with a finding', (text) => {
    expect(findings(text).length).toBeGreaterThan(0)
  })

  it('says which variable of the environment is no port', () => {
    expect(findings(WHOLE, { POLYSEME_PORT: 'http' })).toEqual(['mesh.yaml:2:1 error config-environment: POLYSEME_PORT is `http`   how: set it to a whole number from 0 to 65535'])
  })

  it('never throws, whatever the text is', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.array(fc.constantFrom('issuers', ':', ' ', '\n', '-', '{', '}', '[', ']', '${A}', '&x', '*x', 'url', '|', '>')).map((parts) => parts.join(''))), (text) => {
      parse(text)
    }), { numRuns: 500 })
  })
})

describe('docs/mesh.md', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/mesh.md'), 'utf8')
  const example = /```yaml\n([^]*?)```/.exec(text)?.[1] ?? ''

  it('shows a file without findings', () => {
    expect(findings(example)).toEqual([])
  })

  it('shows every key that there is', () => {
    const result = parse('nonsense: 1')
    const known = result.kind === 'invalid' ? result.diagnostics.find(({ rule }) => rule === 'config-unknown-key')?.expected?.split(', ') : []
    expect(known?.length).toBeGreaterThan(5)
    for (const key of known ?? []) expect(example).toMatch(new RegExp(`^${key}:`, 'm'))
  })
})
