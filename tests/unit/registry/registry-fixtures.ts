import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import {
  composeOffThread, DEFAULT_GOVERNANCE, PostgresRegistryDatabase, RegistryService, SqliteRegistryDatabase, SqlRegistryStore,
  type CheckEnvironment, type OperationUsage, type RegistryCaller, type RegistryDatabase, type StepNotice, type SubgraphArtifact,
} from '../../../gateway/registry/index.ts'
import { openRegistry } from './plain-registry.ts'

export { artifact, compose, openRegistry, signer } from './plain-registry.ts'

/** A database of its own for one test; several handles are several processes' views of one registry. */
export interface TestDatabase extends AsyncDisposable {
  readonly connect: (options?: { readonly pollMs: number }) => RegistryDatabase
}

export async function sqliteDatabase(): Promise<TestDatabase & { readonly file: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'polyseme-registry-'))
  const file = join(folder, 'registry.sqlite')
  const open: RegistryDatabase[] = []
  return {
    file,
    connect: () => {
      const database = new SqliteRegistryDatabase(file)
      open.push(database)
      return database
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(open.map((database) => database.close()))
      await rm(folder, { recursive: true })
    },
  }
}

let databases = 0

/** A database of its own on a running PostgreSQL server. */
export async function postgresDatabase(serverUrl: string): Promise<TestDatabase & { readonly url: string }> {
  const name = `registry_${process.pid}_${databases += 1}`
  await administer(serverUrl, `CREATE DATABASE ${name}`)
  const open: RegistryDatabase[] = []
  const { href: url } = Object.assign(new URL(serverUrl), { pathname: `/${name}` })
  return {
    url,
    connect: (options) => {
      const database = new PostgresRegistryDatabase(url, options)
      open.push(database)
      return database
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(open.map((database) => database.close()))
      await administer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`)
    },
  }
}

async function administer(serverUrl: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: serverUrl })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

const HEADER = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requiresScopes", "@override", "@shareable"])\n'

/** A subgraph as it is, for the real composer. */
export function verbatim(subgraph: string, sdl: string, url = 'http://127.0.0.1:4001/graphql'): SubgraphArtifact {
  return { subgraph, sdl: HEADER + sdl, url, naming: 'verbatim', contracts: [], policies: [] }
}

export const everything: RegistryCaller = { actor: 'alice', consumers: ['alice'], mayKnow: () => true, isGone: () => false, mayKnowBefore: () => Promise.resolve(() => false), may: () => true }

export interface OpenService extends AsyncDisposable {
  readonly service: RegistryService
  readonly environment: CheckEnvironment
}

/** The registry behind rights and check, on a database of its own; composes really. */
export async function openService(usage: readonly OperationUsage[] = [], onStep?: (notice: StepNotice) => void): Promise<OpenService> {
  const database = await sqliteDatabase()
  const environment: CheckEnvironment = {
    store: await SqlRegistryStore.open(database.connect()), compose: (task) => composeOffThread(task), readProducts: () => ({ kind: 'ok', value: [], warnings: [] }),
    readUsage: () => Promise.resolve(usage), findMeaningFaults: () => [], findPolicyFaults: () => Promise.resolve([]), ownSubgraphs: () => [], governance: () => ({ policy: DEFAULT_GOVERNANCE }), now: () => new Date('2026-01-01T00:00:00Z'),
  }
  const registry = await openRegistry(database.connect(), {
    compose: (versions) => composeOffThread({ subgraphs: versions.map(({ subgraph, sdl, url }) => ({ name: subgraph, sdl, url, products: [] })), options: {} }),
  })
  return { service: new RegistryService(registry, environment, onStep), environment, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() }
}
