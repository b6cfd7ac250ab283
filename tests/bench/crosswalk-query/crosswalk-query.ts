import { parseLexicon } from '@polyseme/kit/lexicon'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Pool } from 'undici'
import { authorize } from '../../../gateway/access/index.ts'
import { createCrosswalk, type Crosswalk } from '../../../gateway/crosswalk/index.ts'
import { execute, InProcessTransport, type SubgraphAnswer, type SubgraphTransport } from '../../../gateway/execute/index.ts'
import { DEFAULT_OPERATION_LIMITS, parseOperation } from '../../../gateway/operation/index.ts'
import { createPlanner } from '../../../gateway/plan/index.ts'
import { composeSupergraph } from '../../../gateway/supergraph/index.ts'
import { quantile } from '../bench.ts'

const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])'
const CUSTOMER = 'type SalesCustomer @key(fields: "customerId") { customerId: Int!'
const SALES = `${LINK} type Query { sales: SalesQuery } type SalesQuery { customers(first: Int): [SalesCustomer!]! } ${CUSTOMER} name: String }`
const MAPPED = `${LINK} type BillingCustomer @key(fields: "customerId") { customerId: Int! openBalance: String }`
const SHARED = `${LINK} ${CUSTOMER} openBalance: String }`

const PRINCIPAL = { issuer: 'bench', subject: 'bench', scopes: new Set<string>(), roles: [], claims: {}, expiresAtSec: 4_000_000_000 }

/** A two-domain query of 1,000 entities, over a mapping and over a key that both domains share, in turns. */
export async function compareWithSharedKey(dir: string, rounds: number, delayMs: number): Promise<void> {
  const domain = fork(join(import.meta.dirname, 'domain-server.ts'), [String(delayMs)])
  const [port] = (await once(domain, 'message')) as [number]
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 8 })
  const http: SubgraphTransport = {
    send: async ({ operation, variablesText }) => {
      const body = `{"query":${JSON.stringify(operation.text)},"variables":${variablesText}}`
      const answer = await pool.request({ method: 'POST', path: '/', body, headers: { 'content-type': 'application/json' } })
      const { data } = (await answer.body.json()) as SubgraphAnswer
      return { data, errors: [] }
    },
    close: async () => undefined,
  }
  const crosswalk = await openCrosswalk(dir)
  try {
    const inProcess = new InProcessTransport(
      'crosswalk',
      () => crosswalk.schema,
      () => ({ principal: PRINCIPAL, mayRead: () => true, rowRestrictionsAround: () => ({}) }),
      (...request) => crosswalk.answer(...request),
    )
    const mapped = await prepare('{ sales { customers(first: 1000) { customerId name asBillingCustomer { openBalance } } } }', [
      { name: 'sales', sdl: SALES, transport: http },
      { name: 'billing', sdl: MAPPED, transport: http },
      { name: 'crosswalk', sdl: crosswalk.sdl, transport: inProcess },
    ])
    const shared = await prepare('{ sales { customers(first: 1000) { customerId name openBalance } } }', [
      { name: 'sales', sdl: SALES, transport: http },
      { name: 'billing', sdl: SHARED, transport: http },
    ])
    const times = { mapped: [] as number[], shared: [] as number[] }
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, query] of [
        ['mapped', mapped],
        ['shared', shared],
      ] as const) {
        const start = performance.now()
        await query.run()
        if (round >= rounds / 5) times[name].push(performance.now() - start)
      }
    }
    const [over, with_] = [times.mapped, times.shared].map((all) =>
      quantile(
        all.toSorted((one, other) => one - other),
        0.5,
      ),
    )
    const share = ((over ?? 0) / (with_ ?? 1) - 1) * 100
    console.log(
      `two domains that take ${delayMs} ms each, 1,000 entities: ${over?.toFixed(2)} ms over a mapping, ${with_?.toFixed(2)} ms over a shared key (median): ${share.toFixed(0)} % more`,
    )
    await Promise.all([mapped.close(), shared.close()])
  } finally {
    await crosswalk.close()
    await pool.close()
    domain.disconnect()
  }
}

interface Part {
  readonly name: string
  readonly sdl: string
  readonly transport: SubgraphTransport
}

async function prepare(
  query: string,
  parts: readonly Part[],
): Promise<{ readonly run: () => Promise<void>; readonly close: () => Promise<void> }> {
  const composed = composeSupergraph(
    parts.map(({ name, sdl }) => ({ name, sdl, url: `inprocess:${name}`, products: [] })),
    { sharedTypes: 'any' },
  )
  if (composed.kind === 'invalid') throw new Error(JSON.stringify(composed.diagnostics))
  const supergraph = composed.value
  const planner = createPlanner(supergraph)
  const operation = authorize(parseOperation({ query }, supergraph, DEFAULT_OPERATION_LIMITS), PRINCIPAL, supergraph)
  const plan = await planner.plan(operation)
  const transports = new Map(parts.map(({ name, transport }) => [name, transport]))
  return {
    run: async () => {
      const { text, errors } = await execute(plan, { operation, principal: PRINCIPAL, transports })
      if (errors.length > 0 || !text.includes('"1000.50"')) throw new Error(`not the whole answer: ${JSON.stringify(errors.slice(0, 3))}`)
    },
    close: () => planner.close(),
  }
}

async function openCrosswalk(dir: string): Promise<Crosswalk> {
  const sense = (name: string): string => `  - { sense: ${name}, definition: x, key: customerId, grain: organisation }`
  const lexicon = parseLexicon([
    {
      path: 'c.yaml',
      text: `kind: Concept\nid: customer\nname: Customer\ndefinition: x\nsenses:\n${sense('sales.Customer')}\n${sense('billing.Customer')}\n`,
    },
    {
      path: 'm.yaml',
      text: 'kind: Mapping\nid: m\nfrom: sales.Customer\nto: billing.Customer\npredicate: exactMatch\ncardinality: 1:1\nrule: { table: m.sssom.tsv }\njustification: semapv:X\n',
    },
  ])
  if (lexicon.kind === 'invalid') throw new Error(JSON.stringify(lexicon.diagnostics))
  await mkdir(join(dir, 'links'), { recursive: true })
  const rows = Array.from({ length: 1_000 }, (_, at) => `sales.Customer:${at + 1}\tskos:exactMatch\tbilling.Customer:${at + 1}\tsemapv:X`)
  await writeFile(join(dir, 'links', 'm.sssom.tsv'), ['subject_id\tpredicate_id\tobject_id\tmapping_justification', ...rows].join('\n'))
  const domains = [
    { name: 'sales', sdl: SALES, products: [] },
    { name: 'billing', sdl: MAPPED, products: [] },
  ]
  const crosswalk = createCrosswalk({ lexicon: lexicon.value, domains, dataDir: dir })
  await crosswalk.load()
  return crosswalk
}
