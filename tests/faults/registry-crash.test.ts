import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { GatewayError } from '@polyseme/kit/errors'
import { describe, expect, it } from 'vitest'
import type { RegistryDatabase } from '../../gateway/registry/index.ts'
import { startPostgres } from '../testkit/postgres.ts'
import { signingKey } from '../unit/registry/plain-registry.ts'
import { artifact, openRegistry, postgresDatabase, sqliteDatabase } from '../unit/registry/registry-fixtures.ts'

/** Runs the publisher, kills it without warning somewhere inside its work, and returns the highest sequence it acknowledged. */
async function publishUntilKilled(place: string, spread: number): Promise<number> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'registry-publisher.ts'), place], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, REGISTRY_SIGNING_KEY: JSON.stringify(signingKey) } })
  let output = ''
  let counting = false
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (text: string) => {
    output += text
    // The moment of the kill is counted from its first acknowledgement, so that it falls into a publish and not into the start.
    if (counting || output.split('\n').length < 3) return
    counting = true
    setTimeout(() => child.kill('SIGKILL'), spread)
  })
  await once(child, 'close')
  const acknowledged = output.split('\n').slice(1, -1).map(Number)
  return acknowledged.at(-1) ?? 0
}

/** Two publishers at a time, each killed somewhere within `spreadMs` after its first publish, and the registry verified after every pair. */
async function killPublishers({ place, kills, spreadMs, connect }: { readonly place: string; readonly kills: number; readonly spreadMs: number; readonly connect: () => RegistryDatabase }): Promise<void> {
  let acknowledged = 0
  for (let round = 0; round < kills / 2; round += 1) {
    const killed = await Promise.all([1, 2].map(() => publishUntilKilled(place, Math.random() * spreadMs)))
    acknowledged = Math.max(acknowledged, ...killed)
    const connection = connect()
    const { store } = await openRegistry(connection)
    const { deployments } = await store.verify()
    expect(deployments).toBeGreaterThanOrEqual(acknowledged)
    // Every step told somebody something, with the step or not at all.
    expect((await store.listNotices({ limit: 1_000_000 })).map(({ sequence }) => sequence)).toEqual(Array.from({ length: deployments }, (_, index) => deployments - index))
    await connection.close()
  }
  const registry = await openRegistry(connect())
  const live = await registry.store.findLatestDeployment('live')
  expect(await registry.publish({ actor: 'a', reason: 'after', artifact: artifact('sales', 'after'), basedOn: live?.members['sales'] ?? 0 })).toMatchObject({ kind: 'deployed' })
}

/** Each start of a publisher takes a while: CI kills 15, a long run as many as it says. */
const POSTGRES_KILLS = Number(process.env['POLYSEME_KILLS'] ?? 15)

describe('registry on PostgreSQL', () => {
  it(`T10 survives kill -9 of publishers at ${POSTGRES_KILLS} random points: nothing acknowledged is lost, nothing is mixed, no lock stays`, { timeout: 60_000 + POSTGRES_KILLS * 2_000 }, async () => {
    await using server = await startPostgres()
    await using database = await postgresDatabase(server.url)
    await killPublishers({ place: database.url, kills: POSTGRES_KILLS, spreadMs: 25, connect: () => database.connect() })
  })
})

describe('registry on a file', () => {
  it('T10 survives kill -9 at 200 random points of publishing: nothing acknowledged is lost, nothing is mixed', { timeout: 240_000 }, async () => {
    await using database = await sqliteDatabase()
    await killPublishers({ place: database.file, kills: 200, spreadMs: 12, connect: database.connect })
  })

  it('T14 detects a flipped byte in the data', async () => {
    await using database = await sqliteDatabase()
    const connection = database.connect()
    const registry = await openRegistry(connection)
    await registry.publish({ actor: 'a', reason: 'r', artifact: artifact('sales', 'a'.repeat(20_000)), basedOn: 0 })
    await connection.close()
    const bytes = await readFile(database.file)
    const at = bytes.indexOf('aaaaaaaa')
    expect(at).toBeGreaterThan(0)
    bytes[at + 100] = 0x62
    await writeFile(database.file, bytes)
    const damaged = await openRegistry(database.connect())
    await expect(damaged.store.verify()).rejects.toMatchObject({ code: 'REGISTRY_CORRUPT' })
    await expect(damaged.store.findSubgraphVersion('sales', 1)).rejects.toBeInstanceOf(GatewayError)
  })

  it('T14 says which file is no database, by its name alone', async () => {
    await using database = await sqliteDatabase()
    await writeFile(database.file, 'not a database, but long enough to have a header of its own '.repeat(20))
    expect(() => database.connect()).toThrow(expect.objectContaining({ code: 'REGISTRY_CORRUPT', message: `the registry file ${basename(database.file)} is damaged` }))
  })

  it('T12 reads go on when the disk is full, a publish says so, and works again when there is room', async () => {
    await using database = await sqliteDatabase()
    const connection = database.connect()
    const registry = await openRegistry(connection)
    await registry.publish({ actor: 'a', reason: 'r', artifact: artifact('sales', 'a'), basedOn: 0 })
    // SQLite answers a database at its page limit just as it answers a full disk.
    const [{ page_count: pages }] = await connection.all('PRAGMA page_count') as [{ page_count: number }]
    await connection.run(`PRAGMA max_page_count = ${pages}`)
    const big = { actor: 'a', reason: 'r', artifact: artifact('sales', 'b'.repeat(100_000)), basedOn: 1 }
    await expect(registry.publish(big)).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
    expect((await registry.store.findLatestDeployment('live'))?.members).toEqual({ sales: 1 })
    await connection.run('PRAGMA max_page_count = 1000000')
    expect(await registry.publish(big)).toMatchObject({ kind: 'deployed', deployment: { sequence: 2 } })
  })
})
