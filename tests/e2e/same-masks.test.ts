import { assertNever } from '@polyseme/kit/errors'
import { loadOrCreateSigningKey } from '@polyseme/kit/identity'
import { loadDomain, startSubgraph } from '@polyseme/kit/subgraph'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommandLine } from '../../gateway/cli/run-command-line.ts'
import { ACCESS_TOKEN_AUDIENCE, loadIssuerKeys, signPersonaToken } from '../../gateway/issuer/index.ts'
import { createLog, startGateway, type GatewayConfig } from '../../gateway/main.ts'
import { eventually } from '../testkit/eventually.ts'
import { startForeignSubgraph, startHttp } from '../testkit/foreign-subgraph.ts'
import { askGraphql } from '../testkit/gateway-mesh.ts'
import { postFor, postForExport, readLong } from '../testkit/post-for-export.ts'
import { Random } from '../testkit/random.ts'
import { startServe } from '../testkit/serve-process.ts'

const ISSUER = 'https://issuer.test'
const ROWS = 2_500
/** `POLYSEME_SEED` makes other queries. */
const SEED = Number(process.env['POLYSEME_SEED'] ?? 13)
const QUERIES = Number(process.env['SAME_MASKS_QUERIES'] ?? 12)

/** The same people in a domain that masks in SQL, and in an adopted one that the gateway masks. */
const PROPERTIES = `      - { name: person_id, logicalType: integer, primaryKey: true, required: true }
      - { name: name, logicalType: string, classification: confidential }
      - { name: email, logicalType: string, classification: confidential }
      - { name: iban, logicalType: string, classification: restricted }
      - { name: born_on, logicalType: date, classification: confidential }
      - { name: income, logicalType: integer, classification: confidential }
      - { name: town, logicalType: string, classification: confidential }
      - { name: note, logicalType: string, classification: internal }
      - { name: team, logicalType: string, classification: internal }
`
const FIELDS = ['personId', 'name', 'email', 'iban', 'bornOn', 'income', 'town', 'note', 'team'] as const
const contractOf = (domain: string, server: string): string => `apiVersion: v3.1.0
kind: DataContract
id: ${domain}-people
name: people
version: 1.0.0
status: active
domain: ${domain}
description: { purpose: Who works here. }
team: { name: ${domain}, members: [{ username: olga, role: owner }] }
roles: [{ role: '${domain}:read', access: read }]
${server}schema:
  - name: Person
    physicalName: people
    description: One person.
    dataGranularityDescription: one row per person of ${domain}
${server === '' ? '' : '    customProperties: [{ property: minGroupRows, value: 3 }, { property: aggregateDimensions, value: [team] }]\n'}    properties:
${PROPERTIES}`

const POLICIES = `
@id("name") @mask("hash") forbid (principal, action == Action::"reveal", resource) when { resource.name == "name" } unless { principal in Role::"clerk" };
@id("mail") @mask("partial") forbid (principal, action == Action::"reveal", resource) when { resource.name == "email" } unless { principal in Role::"clerk" };
@id("born") @mask("year") forbid (principal, action == Action::"reveal", resource) when { resource.name == "born_on" } unless { principal in Role::"clerk" };
@id("income") @mask("range 1000") forbid (principal, action == Action::"reveal", resource) when { resource.name == "income" } unless { principal in Role::"clerk" };
@id("town") @mask("constant somewhere") forbid (principal, action == Action::"reveal", resource) when { resource.name == "town" } unless { principal in Role::"clerk" };
@id("teams") @rows("team in claim.teams") forbid (principal, action == Action::"readAllRows", resource == Object::"HrPerson") unless { principal in Role::"clerk" };
`
/** Whose rows of hr the caller sees. */
const TEAMS = ['team 0', 'team 1']

interface Person {
  readonly personId: number
  readonly name: string
  readonly email: string | null
  readonly iban: string
  readonly bornOn: string
  readonly income: number
  readonly town: string | null
  readonly note: string
  readonly team: string
}

const PEOPLE: readonly Person[] = Array.from({ length: ROWS }, (_unused, index) => ({
  personId: index, name: `Zoë ${index % 97}`, email: index % 11 === 0 ? null : `p${index}@mail${index % 5}.example`, iban: `DE${index}`, bornOn: `19${50 + (index % 50)}-0${1 + (index % 9)}-17`,
  income: 1_000 + index * 37, town: index % 7 === 0 ? null : `Town ${index % 30}`, note: `note ${index}, long enough that many rows are a large answer`, team: index === 7 ? 'alone' : `team ${index % 4}`,
}))

const held = new AsyncDisposableStack()
let folder = ''
let signToken: (roles: readonly string[]) => Promise<string>
const urls: Record<'ours' | 'apollo' | 'keeping' | 'workers', string> = { ours: '', apollo: '', keeping: '', workers: '' }
const personalTokens = new Map<string, string>()

/** What one gateway is asked, as one caller. */
interface Question {
  readonly query: string
  /** The same without the size of a page, which an export chooses. */
  readonly unpaged?: string
  readonly token: string
  readonly roles: string
  /** Keys of the answer down to the rows. */
  readonly path: readonly string[]
  readonly keys: readonly string[]
}

/** Rows as one text, each value as JSON has it. */
type Way = (question: Question) => Promise<string>

async function post(url: string, { query, token, path }: Question, body: Readonly<Record<string, unknown>> = { query }): Promise<string> {
  const { data, errors } = await askGraphql(`${url}/graphql`, body, token)
  expect({ errors, query }).toEqual({ errors: [], query })
  return rowsIn(data, path)
}

function rowsIn(data: unknown, path: readonly string[]): string {
  return JSON.stringify(path.reduce<unknown>((found, key) => (found as Record<string, unknown>)[key], data))
}

async function get(url: string, { query, token, path }: Question): Promise<string> {
  const response = await fetch(`${url}/graphql?query=${encodeURIComponent(query)}`, { headers: { authorization: `Bearer ${token}`, 'apollo-require-preflight': 'true' } })
  const { data, errors } = (await response.json()) as { data: unknown; errors?: unknown }
  expect(errors).toBeUndefined()
  return rowsIn(data, path)
}

async function persisted(url: string, question: Question): Promise<string> {
  const extensions = { persistedQuery: { version: 1, sha256Hash: createHash('sha256').update(question.query).digest('hex') } }
  await post(url, question, { query: question.query, extensions })
  return await post(url, question, { extensions })
}

/** A person's own token, made with the token. */
async function personal(url: string, question: Question): Promise<string> {
  let secret = personalTokens.get(`${url} ${question.roles}`)
  if (secret === undefined) {
    const { data } = await askGraphql(`${url}/graphql`, { query: 'mutation { createAccessToken(name: "tool", scopes: ["hr:read", "crm:read"], days: 1) { secret } }' }, question.token)
    personalTokens.set(`${url} ${question.roles}`, (secret = (data as { createAccessToken: { secret: string } }).createAccessToken.secret))
  }
  return await post(url, { ...question, token: secret })
}

/** Read piece by piece, as a large answer comes. */
async function piecewise(url: string, { query, token, path }: Question): Promise<string> {
  const { body, complete } = await readLong(await postFor(`${url}/graphql`, { query }, { token }))
  expect(complete).toBe(true)
  return rowsIn((JSON.parse(body) as { data: unknown }).data, path)
}

/** Twenty at once, of whom every second sees everything in clear: coalescing and caches must not mix them. */
async function amongOthers(url: string, question: Question): Promise<string> {
  const clear = await signToken(['clerk'])
  const answers = await Promise.all(Array.from({ length: 20 }, async (_unused, index) => await post(url, index % 2 === 0 ? question : { ...question, token: clear })))
  const [own = ''] = answers
  expect(new Set(answers.filter((_answer, index) => index % 2 === 0))).toEqual(new Set([own]))
  return own
}

/** After somebody who sees everything in clear, and from what was kept. */
async function kept(url: string, question: Question): Promise<string> {
  await post(url, { ...question, token: await signToken(['clerk']) })
  await post(url, question)
  return await post(url, question)
}

async function exported(url: string, { query, unpaged = query, token, keys }: Question, format: 'csv' | 'ndjson'): Promise<string> {
  const { status, body, complete } = await postForExport(url, { query: unpaged, format }, { token })
  expect({ status, complete, body: status === 200 ? '' : body }).toEqual({ status: 200, complete: true, body: '' })
  if (format === 'ndjson') return JSON.stringify(body.trimEnd().split('\n').map((line) => JSON.parse(line) as unknown))
  const [header = [], ...lines] = parseCsv(body)
  expect(header).toEqual(keys)
  return JSON.stringify(lines.map((cells) => Object.fromEntries(cells.map((cell, at) => [header[at] ?? '', cell]))))
}

/** RFC 4180, whole. */
function parseCsv(text: string): readonly (readonly string[])[] {
  const lines: string[][] = []
  let line: string[] = []
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|$)/g)) {
    line.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    if (end === ',') continue
    lines.push(line)
    line = []
  }
  return lines.filter((cells) => cells.length > 1 || cells[0] !== '')
}

/** Every way in; a new one is one line. A CSV says nothing of types, so it is compared as texts; an export is of lists with pages. */
const WAYS: readonly { readonly name: string; readonly ask: Way; readonly only?: 'pages'; readonly asTexts?: true }[] = [
  { name: 'POST', ask: async (question) => await post(urls.ours, question) },
  { name: 'GET', ask: async (question) => await get(urls.ours, question) },
  { name: 'among other callers', ask: async (question) => await amongOthers(urls.ours, question) },
  { name: 'a persisted query', ask: async (question) => await persisted(urls.ours, question) },
  { name: 'a personal token', ask: async (question) => await personal(urls.ours, question) },
  { name: 'read piece by piece', ask: async (question) => await piecewise(urls.ours, question) },
  { name: 'an answer that was kept', ask: async (question) => await kept(urls.keeping, question) },
  { name: 'the executor of Apollo', ask: async (question) => await post(urls.apollo, question) },
  { name: 'one worker', ask: async (question) => await piecewise(urls.workers, question) },
  { name: 'the other worker', ask: async (question) => await piecewise(urls.workers, question) },
  { name: 'among other callers of two workers', ask: async (question) => await amongOthers(urls.workers, question) },
  { name: 'an export as NDJSON', ask: async (question) => await exported(urls.ours, question, 'ndjson'), only: 'pages' },
  { name: 'an export as CSV', ask: async (question) => await exported(urls.ours, question, 'csv'), only: 'pages', asTexts: true },
]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'polyseme-same-'))
  held.defer(async () => await rm(folder, { recursive: true, force: true }))
  const [keysDir, policiesDir] = [join(folder, 'keys'), join(folder, 'policies')]
  for (const name of ['hr', 'crm', 'policies']) await mkdir(join(folder, name))
  await writeFile(join(folder, 'hr/people.odcs.yaml'), contractOf('hr', 'customProperties: [{ property: responseCache, value: { seconds: 60, scope: shared } }]\nservers: [{ server: files, type: local, format: csv, path: people.csv }]\n'))
  await writeFile(join(folder, 'crm/people.odcs.yaml'), contractOf('crm', ''))
  await writeFile(join(policiesDir, 'masks.cedar'), POLICIES)
  const cell = (value: string | number | null): string => (value === null ? '' : `"${value}"`)
  await writeFile(join(folder, 'people.csv'), ['person_id,name,email,iban,born_on,income,town,note,team', ...PEOPLE.map((person) => FIELDS.map((field) => cell(person[field])).join(','))].join('\n'))
  const signingKey = await loadOrCreateSigningKey(keysDir)
  const loaded = await loadDomain(join(folder, 'hr'))
  if (loaded.kind === 'invalid') throw new Error(JSON.stringify(loaded.diagnostics))
  const hr = await startSubgraph({ products: loaded.value.products, dataDir: folder, trust: signingKey.publicJwks, port: 0 })
  held.defer(async () => await hr.close())
  const crm = held.use(await startForeignSubgraph({
    sdl: 'type Query { people(first: Int): [Person!]! } type Person { personId: Int! name: String email: String iban: String bornOn: String income: Int town: String note: String team: String }',
    resolvers: { Query: { people: (_source: unknown, { first }: { first?: number }) => PEOPLE.slice(0, first) } },
  }))
  const keys = await loadIssuerKeys(keysDir)
  const jwks = { keys: keys.signing.map(({ d: _private, ...publicPart }) => publicPart) }
  const issuer = await startHttp((_request, response) => void response.setHeader('content-type', 'application/json').end(JSON.stringify(jwks)))
  held.defer(issuer.close)
  signToken = async (roles) => await signPersonaToken({ id: roles.length === 0 ? 'ana' : 'clara', summary: '', scopes: ['hr:read', 'crm:read', 'crm:publish'], roles, claims: { teams: TEAMS } }, { issuer: ISSUER, keys })

  const claims = { further: { teams: 'teams' } }
  const config: GatewayConfig = {
    environment: 'development', host: '127.0.0.1', port: 0, dataDir: join(folder, 'ours'), keysDir, policiesDir, registry: { kind: 'sqlite', file: join(folder, 'registry.sqlite') },
    issuers: [{ issuer: ISSUER, audience: ACCESS_TOKEN_AUDIENCE, jwks, claims }],
    subgraphs: [{ name: 'hr', url: hr.url, schema: { kind: 'contracts', dir: join(folder, 'hr') } }],
  }
  const start = async (changes: Partial<GatewayConfig>): Promise<string> => {
    const gateway = await startGateway({ ...config, ...changes }, { log: createLog(() => undefined) })
    held.defer(async () => await gateway.close())
    return gateway.url
  }
  // Streamed here, made whole by the others.
  urls.ours = await start({ largeAnswers: { fromBytes: 65_536 } })
  const output: string[] = []
  const env = { POLYSEME_REGISTRY: urls.ours, POLYSEME_TOKEN: await signToken([]) }
  const adopted = await runCommandLine(['adopt', crm.url, '--domain', 'crm', '--contract', 'crm', '--message', 'm'], { out: (line) => output.push(line), err: (line) => output.push(line), env, cwd: folder, signal: new AbortController().signal })
  expect({ adopted, output: adopted === 0 ? [] : output }).toEqual({ adopted: 0, output: [] })
  urls.apollo = await start({ engine: 'apollo', dataDir: join(folder, 'apollo') })
  urls.keeping = await start({ responseCache: { maxBytes: 50_000_000 }, dataDir: join(folder, 'keeping') })
  await mkdir(join(folder, 'served'))
  const served = held.use(await startServe(join(folder, 'served'), JSON.stringify({
    environment: 'development', port: 0, keysDir, policies: policiesDir, registry: { file: '../registry.sqlite' },
    issuers: [{ issuer: ISSUER, audience: ACCESS_TOKEN_AUDIENCE, jwksUrl: issuer.url, claims }],
    subgraphs: [{ name: 'hr', url: hr.url, contracts: '../hr' }],
  }), ['--workers', '2']))
  urls.workers = served.url
  const token = await signToken([])
  for (const url of Object.values(urls)) await eventually(async () => expect(await askGraphql(`${url}/graphql`, { query: '{ hr { people(first: 1) { nodes { personId } } } crmPeople(first: 1) { personId } }' }, token)).toMatchObject({ errors: [], data: { crmPeople: [{ personId: 0 }] } }))
}, 120_000)

afterAll(async () => await held.disposeAsync())

interface Asked {
  readonly domain: 'hr' | 'crm'
  readonly question: Question
  /** Of the first so many people. */
  readonly rows: number
  /** Field of each key of a row. */
  readonly fields: ReadonlyMap<string, (typeof FIELDS)[number]>
}

/** Some fields in some order under some names, of some rows. */
async function randomQuestion(random: Random, domain: 'hr' | 'crm', large: boolean): Promise<Asked> {
  const roles = random.chance(0.2) ? ['clerk'] : []
  const fields = new Map<string, (typeof FIELDS)[number]>([['id', 'personId']])
  for (const field of random.some(FIELDS, 1, 0.7)) fields.set(random.chance(0.5) ? field : `a${fields.size}`, field)
  if (large) for (const field of FIELDS) fields.set(`${field}Too`, field)
  const selection = [...fields].map(([key, field]) => `${key}: ${field}`).join(' ')
  const rows = large ? ROWS : random.between(1, 40)
  const token = await signToken(roles)
  const at = { token, roles: roles.join(), keys: [...fields.keys()] }
  if (domain === 'crm') return { domain, fields, rows, question: { ...at, query: `{ crmPeople(first: ${rows}) { ...F } } fragment F on CrmPerson { ${selection} }`, path: ['crmPeople'] } }
  const listOf = (first: string): string => `{ hr { people(${first}where: { personId: { lt: ${rows} } }, orderBy: [{ personId: ASC }]) { nodes { ${selection} } } } }`
  return { domain, fields, rows, question: { ...at, query: listOf(`first: ${rows}, `), unpaged: listOf(''), path: ['hr', 'people', 'nodes'] } }
}

async function metricsOf(url: string): Promise<string> {
  return await (await fetch(`${url}/metrics`)).text()
}

async function countStreamed(): Promise<number> {
  return Number(/^polyseme_streamed_answers_total\{outcome="complete"\} (\d+)/m.exec(await metricsOf(urls.ours))?.[1] ?? 0)
}

/** As a CSV says it. */
function asTexts(rows: string): string {
  const texts = (JSON.parse(rows) as Record<string, string | number | null>[]).map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, value === null ? '' : String(value)])))
  return JSON.stringify(texts)
}

describe('M13 the same question by every way in', () => {
  it.each(['hr', 'crm'] as const)(`gives byte-equal rows, masks and all: ${QUERIES} random queries and a large one of %s`, { timeout: 180_000 }, async (domain) => {
    const random = new Random(SEED)
    const streamedBefore = await countStreamed()
    for (let index = 0; index <= QUERIES; index++) {
      const { question, fields, rows } = await randomQuestion(random, domain, index === QUERIES)
      const expected = await post(urls.ours, question)
      const seen = domain === 'hr' && question.roles === '' ? PEOPLE.filter(({ team }) => TEAMS.includes(team)) : PEOPLE
      expect((JSON.parse(expected) as unknown[]).length, question.query).toBe(seen.filter(({ personId }) => personId < rows).length)
      for (const { name, ask, only, asTexts: comparesTexts } of WAYS) {
        if (only === 'pages' && domain === 'crm') continue
        const context = `POLYSEME_SEED=${SEED} ${name}: ${question.query}`
        expect(await ask(question), context).toBe(comparesTexts === true ? asTexts(expected) : expected)
      }
      // What is compared is masked, and not only equal.
      if (question.roles === '') for (const row of JSON.parse(expected) as Record<string, unknown>[]) for (const [key, field] of fields) expect(isMasked(field, row[key]), `${key} ${question.query}`).toBe(true)
    }
    expect(await countStreamed()).toBeGreaterThan(streamedBefore)
  })

  it('is compared with answers that were kept', async () => {
    expect(await metricsOf(urls.keeping)).toMatch(/^polyseme_response_cache_total\{outcome="found"\} [1-9]/m)
  })

  it('M04 M08 adds up by every executor what is masked, where its contract guards single rows, and tells of no single one', async () => {
    const token = await signToken([])
    const query = '{ hr { peopleAggregate(groupBy: [{ field: team }], orderBy: [{ group: { team: ASC } }]) { group { team } count sum { income } } } }'
    const groups = TEAMS.map((team) => {
      const members = PEOPLE.filter((person) => person.team === team)
      return { group: { team }, count: members.length, sum: { income: members.reduce((sum, { income }) => sum + income, 0) } }
    })
    for (const url of Object.values(urls)) {
      expect(await askGraphql(`${url}/graphql`, { query }, token)).toMatchObject({ errors: [], data: { hr: { peopleAggregate: groups } } })
      for (const refused of ['peopleAggregate { max { income } }', 'peopleAggregate(where: { personId: { ne: 7 } }) { sum { income } }', 'peopleAggregate(groupBy: [{ field: town }]) { count }']) {
        expect((await askGraphql(`${url}/graphql`, { query: `{ hr { ${refused} } }` }, token)).errors.length, refused).toBeGreaterThan(0)
      }
    }
  })

  it('shows the same of the same people, whether the domain masks in SQL or the gateway does', async () => {
    const token = await signToken([])
    const selection = FIELDS.join(' ')
    const [inSql, inGateway] = await Promise.all([
      post(urls.ours, { token, roles: '', keys: [], query: `{ hr { people(first: 200, where: { personId: { lt: 200 } }, orderBy: [{ personId: ASC }]) { nodes { ${selection} } } } }`, path: ['hr', 'people', 'nodes'] }),
      post(urls.ours, { token, roles: '', keys: [], query: `{ crmPeople(first: 200) { ${selection} } }`, path: ['crmPeople'] }),
    ])
    const ofTeams = (JSON.parse(inGateway) as Person[]).filter(({ team }) => TEAMS.includes(team))
    expect(JSON.stringify(ofTeams)).toBe(inSql)
  })
})

function isMasked(field: (typeof FIELDS)[number], value: unknown): boolean {
  if (value === null) return true
  switch (field) {
    case 'name': return typeof value === 'string' && /^[0-9a-f]{32}$/.test(value)
    case 'email': return typeof value === 'string' && /^p•••@•••\.example$/.test(value)
    case 'iban': return false
    case 'bornOn': return typeof value === 'string' && value.endsWith('-01-01')
    case 'income': return typeof value === 'number' && value % 1_000 === 0
    case 'town': return value === 'somewhere'
    case 'personId':
    case 'note':
    case 'team': return true
    default: return assertNever(field)
  }
}
