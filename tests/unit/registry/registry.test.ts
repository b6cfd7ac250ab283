import { GatewayError } from '@polyseme/kit/errors'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { backupRegistry, PostgresRegistryDatabase, restoreRegistry, SqlRegistryStore, type GraphChange, type OperationUsage } from '../../../gateway/registry/index.ts'
import { UniqueViolation } from '../../../gateway/registry/registry-database.ts'
import { eventually } from '../../testkit/eventually.ts'
import { startPostgres, type PostgresServer } from '../../testkit/postgres.ts'
import { artifact, compose, openRegistry, postgresDatabase, signer, sqliteDatabase, type TestDatabase } from './registry-fixtures.ts'

let postgres: PostgresServer

beforeAll(async () => {
  postgres = await startPostgres()
})

afterAll(async () => await postgres.stop())

const DATABASES: readonly [string, () => Promise<TestDatabase>][] = [
  ['SQLite', sqliteDatabase],
  ['PostgreSQL', async () => await postgresDatabase(postgres.url)],
]
const author = { actor: 'alice', reason: 'first version' }

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return await promise.then(() => 'no error', (error: unknown) => error instanceof GatewayError ? error.code : String(error))
}

describe.each(DATABASES)('registry on %s', (_name, createDatabase) => {
  it('publishes, and the newest live step names every member', async () => {
    await using database = await createDatabase()
    const registry = await openRegistry(database.connect())
    await registry.publish({ ...author, artifact: artifact('sales', 'a'), basedOn: 0 })
    const outcome = await registry.publish({ ...author, artifact: artifact('billing', 'b'), basedOn: 0 })
    const live = await registry.store.findLatestDeployment('live')
    expect(outcome).toEqual({ kind: 'deployed', deployment: live, warnings: [], effects: { changes: [], affected: [], deprecatedUses: [] } })
    expect(live).toMatchObject({ sequence: 2, kind: 'publish', subgraph: 'billing', members: { sales: 1, billing: 1 }, actor: 'alice' })
    expect((await registry.store.findSupergraph(live!.supergraphId))?.sdl).toBe('type Query { a: Int }\ntype Query { b: Int }')
    expect(await registry.store.verify()).toEqual({ deployments: 2, versions: 2 })
  })

  it('reads the members of a step in their order, and those alone that there are', async () => {
    await using database = await createDatabase()
    const registry = await openRegistry(database.connect())
    const names = Array.from({ length: 25 }, (_, index) => `d${index}`)
    await registry.publishAll(names.map((name) => artifact(name, name)), author)
    await registry.publish({ ...author, artifact: artifact('d3', 'other'), basedOn: 1 })
    const wanted = { ...Object.fromEntries(names.toReversed().map((name) => [name, 1])), d3: 2, d4: 7, missing: 1 }
    const found = await registry.store.findMembers(wanted)
    expect([...found].map(([name, { subgraph, version }]) => [name, subgraph, version])).toEqual(names.toReversed().filter((name) => name !== 'd4').map((name) => [name, name, name === 'd3' ? 2 : 1]))
    expect(await registry.store.findMembers({})).toEqual(new Map())
  })

  it('T31 stores nothing for the same publish twice', async () => {
    await using database = await createDatabase()
    const registry = await openRegistry(database.connect())
    await registry.publish({ ...author, artifact: artifact('sales', 'a'), basedOn: 0 })
    expect(await registry.publish({ ...author, artifact: artifact('sales', 'a'), basedOn: 0 })).toMatchObject({ kind: 'unchanged', deployment: { sequence: 1 } })
    expect(await registry.store.lastSequence()).toBe(1)
  })

  it('R07 refuses a publish made on top of an older version', async () => {
    await using database = await createDatabase()
    const registry = await openRegistry(database.connect())
    const first = { ...author, artifact: artifact('sales', 'a'), basedOn: 0 }
    await registry.publish(first)
    await registry.publish({ ...author, artifact: artifact('sales', 'b'), basedOn: 1 })
    expect(await codeOf(registry.publish(first))).toBe('REGISTRY_CONFLICT')
    expect((await registry.store.findLatestDeployment('live'))?.members).toEqual({ sales: 2 })
  })

  it('R08 of two publishes of one subgraph at once one wins, the other gets a conflict, nothing is lost', async () => {
    await using database = await createDatabase()
    const [one, other] = await Promise.all([openRegistry(database.connect()), openRegistry(database.connect())])
    const outcomes = await Promise.all([
      codeOf(one.publish({ ...author, artifact: artifact('sales', 'a'), basedOn: 0 })),
      codeOf(other.publish({ ...author, artifact: artifact('sales', 'b'), basedOn: 0 })),
    ])
    expect(outcomes.sort()).toEqual(['REGISTRY_CONFLICT', 'no error'])
    expect(await one.store.verify()).toEqual({ deployments: 1, versions: 1 })
  })

  it('R08 publishes of different subgraphs at once both land, each composed with the other', async () => {
    await using database = await createDatabase()
    const registries = await Promise.all(['a', 'b', 'c', 'd'].map(() => openRegistry(database.connect())))
    await Promise.all(registries.map((registry, index) => registry.publish({ ...author, artifact: artifact(`domain${index}`, `f${index}`), basedOn: 0 })))
    const live = await registries[0]!.store.findLatestDeployment('live')
    expect(live?.members).toEqual({ domain0: 1, domain1: 1, domain2: 1, domain3: 1 })
    expect((await registries[0]!.store.findSupergraph(live!.supergraphId))?.sdl.split('\n')).toHaveLength(4)
  })

  it('R09 keeps the last good graph when a publish does not compose', async () => {
    await using database = await createDatabase()
    const registry = await openRegistry(database.connect())
    await registry.publish({ ...author, artifact: artifact('sales', 'a'), basedOn: 0 })
    const outcome = await registry.publish({ ...author, artifact: artifact('sales', 'broken'), basedOn: 1 })
    expect(outcome).toMatchObject({ kind: 'refused', diagnostics: [{ what: 'broken' }] })
    expect(await registry.store.lastSequence()).toBe(1)
  })

  it('rolls one subgraph back and leaves the others where they are', async () => {
    await using database = await createDatabase()
    const registry = await openRegistry(database.connect())
    await registry.publish({ ...author, artifact: artifact('sales', 'a'), basedOn: 0 })
    await registry.publish({ ...author, artifact: artifact('sales', 'b'), basedOn: 1 })
    await registry.publish({ ...author, artifact: artifact('billing', 'c'), basedOn: 0 })
    await registry.rollback({ ...author, subgraph: 'sales' })
    expect(await registry.store.findLatestDeployment('live')).toMatchObject({ sequence: 4, kind: 'rollback', members: { sales: 1, billing: 1 } })
    await registry.publish({ ...author, artifact: artifact('sales', 'd'), basedOn: 2 })
    expect((await registry.store.findLatestDeployment('live'))?.members).toEqual({ sales: 3, billing: 1 })
  })

  it('rolls the whole graph back to a step', async () => {
    await using database = await createDatabase()
    const registry = await openRegistry(database.connect())
    for (const [index, field] of ['a', 'b', 'c'].entries()) await registry.publish({ ...author, artifact: artifact('sales', field), basedOn: index })
    await registry.rollback({ ...author, toSequence: 1 })
    expect((await registry.store.findLatestDeployment('live'))?.members).toEqual({ sales: 1 })
    expect(await codeOf(registry.rollback(author)), 'nothing came before it').toBe('NOT_FOUND')
    await registry.rollback({ ...author, toSequence: 3 })
    expect((await registry.store.findLatestDeployment('live'))?.members).toEqual({ sales: 3 })
  })

  it('rolls back one version further each time, whatever others publish between, and after a publish to what was in force before it', async () => {
    await using database = await createDatabase()
    const registry = await openRegistry(database.connect())
    const sales = async (): Promise<number | undefined> => (await registry.store.findLatestDeployment('live'))?.members['sales']
    for (const [index, field] of ['a', 'b', 'c', 'd'].entries()) await registry.publish({ ...author, artifact: artifact('sales', field), basedOn: index })
    await registry.rollback({ ...author, subgraph: 'sales' })
    expect(await sales()).toBe(3)
    await registry.publish({ ...author, artifact: artifact('billing', 'x'), basedOn: 0 })
    await registry.rollback({ ...author, subgraph: 'sales' })
    expect(await sales()).toBe(2)
    await registry.publish({ ...author, artifact: artifact('sales', 'e'), basedOn: 4 })
    await registry.rollback({ ...author, subgraph: 'sales' })
    expect(await sales(), 'what was in force before version 5').toBe(2)
    await registry.rollback({ ...author, subgraph: 'sales' })
    expect(await sales()).toBe(1)
    await expect(registry.rollback({ ...author, subgraph: 'sales' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await registry.retire({ ...author, subgraph: 'sales' })
    await registry.rollback({ ...author, subgraph: 'sales' })
    expect(await sales(), 'a retirement is undone').toBe(1)
  })

  it('rolls the whole graph back one state further each time', async () => {
    await using database = await createDatabase()
    const registry = await openRegistry(database.connect())
    const members = async (): Promise<unknown> => (await registry.store.findLatestDeployment('live'))?.members
    for (const [index, field] of ['a', 'b'].entries()) await registry.publish({ ...author, artifact: artifact('sales', field), basedOn: index })
    await registry.publish({ ...author, artifact: artifact('billing', 'x'), basedOn: 0 })
    await registry.rollback({ ...author, subgraph: 'sales' })
    expect(await members()).toEqual({ sales: 1, billing: 1 })
    const seen: unknown[] = []
    for (let times = 0; times < 3; times += 1) {
      await registry.rollback(author)
      seen.push(await members())
    }
    expect(seen).toEqual([{ sales: 2, billing: 1 }, { sales: 2 }, { sales: 1 }])
    expect(await codeOf(registry.rollback(author))).toBe('NOT_FOUND')
  })

  it('says that a domain is not known when it is to be rolled back', async () => {
    await using database = await createDatabase()
    const registry = await openRegistry(database.connect())
    for (const [index, field] of ['a', 'b'].entries()) await registry.publish({ ...author, artifact: artifact('sales', field), basedOn: index })
    await expect(registry.rollback({ ...author, subgraph: 'nope' })).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'the registry has no domain "nope"' })
    await expect(registry.rollback({ ...author, subgraph: 'sale' })).rejects.toMatchObject({ message: expect.stringContaining('did you mean sales?') as string })
  })

  it('T31 a rollback to what is live already stores nothing', async () => {
    await using database = await createDatabase()
    const registry = await openRegistry(database.connect())
    for (const [index, field] of ['a', 'b'].entries()) await registry.publish({ ...author, artifact: artifact('sales', field), basedOn: index })
    await registry.publish({ ...author, artifact: artifact('billing', 'c'), basedOn: 0 })
    const unchanged = { kind: 'unchanged', deployment: { sequence: 4 } }
    expect(await registry.rollback({ ...author, subgraph: 'sales', toSequence: 1 })).toMatchObject({ kind: 'deployed' })
    expect(await registry.rollback({ ...author, subgraph: 'sales', toSequence: 1 })).toMatchObject(unchanged)
    expect(await registry.rollback({ ...author, toSequence: 4 })).toMatchObject(unchanged)
    expect(await registry.rollback({ ...author, toSequence: 1 })).toMatchObject({ kind: 'deployed', deployment: { members: { sales: 1 } } })
    expect(await registry.store.lastSequence()).toBe(5)
  })

  it('says so when there is nothing to go back to', async () => {
    await using database = await createDatabase()
    const registry = await openRegistry(database.connect())
    await registry.publish({ ...author, artifact: artifact('sales', 'a'), basedOn: 0 })
    expect(await codeOf(registry.rollback(author))).toBe('NOT_FOUND')
    expect(await codeOf(registry.retire({ ...author, subgraph: 'nobody' }))).toBe('NOT_FOUND')
  })

  it('a canary leaves the live graph alone until it is promoted, and can be ended', async () => {
    await using database = await createDatabase()
    const registry = await openRegistry(database.connect())
    await registry.publish({ ...author, artifact: artifact('sales', 'a'), basedOn: 0 })
    await registry.publish({ ...author, artifact: artifact('sales', 'b'), basedOn: 1, canaryPercent: 10 })
    expect((await registry.store.findLatestDeployment('live'))?.members).toEqual({ sales: 1 })
    expect(await registry.store.findLatestDeployment('canary')).toMatchObject({ members: { sales: 2 }, percent: 10 })
    await registry.endCanary(author)
    expect(await codeOf(registry.promote(author))).toBe('NOT_FOUND')
    await registry.publish({ ...author, artifact: artifact('sales', 'c'), basedOn: 2, canaryPercent: 50 })
    await registry.promote(author)
    expect((await registry.store.findLatestDeployment('live'))?.members).toEqual({ sales: 3 })
    expect(await codeOf(registry.promote(author))).toBe('NOT_FOUND')
    await registry.publish({ ...author, artifact: artifact('sales', 'd'), basedOn: 3 })
    expect(await codeOf(registry.endCanary(author)), 'a publish after it does not bring it back').toBe('NOT_FOUND')
  })

  it('promotes no canary over what its domain published after it', async () => {
    await using database = await createDatabase()
    const registry = await openRegistry(database.connect())
    await registry.publish({ ...author, artifact: artifact('sales', 'a'), basedOn: 0 })
    await registry.publish({ ...author, artifact: artifact('sales', 'b'), basedOn: 1, canaryPercent: 10 })
    await registry.publish({ ...author, artifact: artifact('sales', 'c'), basedOn: 2 })
    expect(await codeOf(registry.promote(author))).toBe('REGISTRY_CONFLICT')
    expect((await registry.store.findLatestDeployment('live'))?.members).toEqual({ sales: 3 })
  })

  it('a start with the same configuration undoes nothing that was decided since', async () => {
    await using database = await createDatabase()
    const registry = await openRegistry(database.connect())
    const configuration = { actor: 'configuration', reason: 'start' }
    const files = [artifact('sales', 'a'), artifact('billing', 'b'), artifact('support', 'c')]
    await registry.publishAll(files, configuration)
    await registry.publish({ ...author, artifact: artifact('sales', 'a2'), basedOn: 1 })
    await registry.retire({ ...author, subgraph: 'billing' })
    expect(await registry.publishAll(files, configuration)).toMatchObject({ kind: 'unchanged', deployment: { members: { sales: 2, support: 1 } } })
    expect(await registry.publishAll([artifact('sales', 'a3')], configuration)).toMatchObject({ kind: 'deployed', deployment: { members: { sales: 3, support: 1 } } })
  })

  it('keeps what a step tells each consumer with the step, and in a backup', async () => {
    await using database = await createDatabase()
    const registry = await openRegistry(database.connect())
    const usage = (name: string, consumer: string, calls: number): OperationUsage => ({ name, hash: name, consumer, calls, coordinates: new Set(), lastSeenAt: '2026-01-01' })
    const [weekly, daily, other] = [usage('weekly', 'bi', 4), usage('daily', 'bi', 30), usage('mine', 'eve', 1)]
    const change: GraphChange = { kind: 'field-removed', severity: 'breaking', weakensProtection: false, coordinate: 'T.a', message: 'gone' }
    await registry.publish({ ...author, artifact: artifact('sales', 'a'), basedOn: 0, effectsOf: ({ before, after, live, sdl }) => {
      expect([before.length, after.length, live, sdl]).toEqual([0, 1, undefined, 'type Query { a: Int }'])
      return Promise.resolve({
        changes: [change], affected: [{ usage: weekly, changes: [change] }],
        deprecatedUses: [{ coordinate: 'T.b', reason: 'Use T.c.', isNew: true, usage: daily }, { coordinate: 'T.d', reason: 'known', isNew: false, usage: other }],
      })
    } })
    const notice = {
      sequence: 1, consumer: 'bi', channel: 'live', kind: 'publish', subgraph: 'sales', actor: 'alice', reason: 'first version', at: (await registry.store.findDeployment(1))?.at,
      operations: [
        { operation: 'daily', calls: 30, breaksOn: [], goingAway: [{ coordinate: 'T.b', reason: 'Use T.c.' }] },
        { operation: 'weekly', calls: 4, breaksOn: [{ coordinate: 'T.a', message: 'gone' }], goingAway: [] },
      ],
    }
    expect(await registry.store.listNotices({ limit: 10 })).toEqual([notice])
    expect(await registry.store.listNotices({ consumers: ['eve', 'bi'], subgraph: 'sales', limit: 10 })).toEqual([notice])
    expect(await registry.store.listNotices({ consumers: ['eve'], limit: 10 })).toEqual([])
    expect(await registry.store.listNotices({ consumers: [], limit: 10 })).toEqual([])
    await using copy = await createDatabase()
    const restored = await SqlRegistryStore.open(copy.connect())
    await restoreRegistry(restored, backupRegistry(await SqlRegistryStore.open(database.connect())))
    expect(await restored.listNotices({ limit: 10 })).toEqual([notice])
  })

  it('signs every step, and a changed step does not verify', async () => {
    await using database = await createDatabase()
    const registry = await openRegistry(database.connect())
    await registry.publish({ ...author, artifact: artifact('sales', 'a'), basedOn: 0 })
    const live = (await registry.store.findLatestDeployment('live'))!
    expect(signer.verify(live)).toBe(true)
    expect(signer.verify({ ...live, sequence: live.sequence + 1 })).toBe(false)
    expect(signer.verify({ ...live, supergraphId: '0'.repeat(64) })).toBe(false)
  })

  it('tells a second process of a commit', async () => {
    await using database = await createDatabase()
    const [writer, reader] = await Promise.all([openRegistry(database.connect()), openRegistry(database.connect())])
    const stop = new AbortController()
    const heard = new Promise<number>((resolve) => void reader.store.watch(resolve, stop.signal))
    await reader.store.lastSequence()
    await writer.publish({ ...author, artifact: artifact('sales', 'a'), basedOn: 0 })
    expect(await heard).toBe(1)
    stop.abort()
  })

  it('tells the process itself of its own commit', async () => {
    await using database = await createDatabase()
    const registry = await openRegistry(database.connect())
    const stop = new AbortController()
    const heard = new Promise<number>((resolve) => void registry.store.watch(resolve, stop.signal))
    await registry.store.lastSequence()
    await registry.publish({ ...author, artifact: artifact('sales', 'a'), basedOn: 0 })
    expect(await heard).toBe(1)
    stop.abort()
  })

  it('detects a record that was changed behind its back', async () => {
    await using database = await createDatabase()
    const registry = await openRegistry(database.connect(), { compose })
    await registry.publish({ ...author, artifact: artifact('sales', 'a'), basedOn: 0 })
    await database.connect().run('UPDATE deployment SET members = ? WHERE sequence = 1', ['{"sales":9}'])
    expect(await codeOf(registry.store.findLatestDeployment('live'))).toBe('REGISTRY_CORRUPT')
  })

  it('records an approval once, for one content only', async () => {
    await using database = await createDatabase()
    const registry = await openRegistry(database.connect())
    const approval = { subgraph: 'sales', hash: 'abc', approvedBy: 'bob', at: '2026-01-01T00:00:00.000Z', reason: 'agreed' }
    await registry.store.addApproval(approval)
    await registry.store.addApproval({ ...approval, approvedBy: 'mallory' })
    expect(await registry.store.findApproval('sales', 'abc')).toEqual(approval)
    expect(await registry.store.findApproval('sales', 'abd')).toBeUndefined()
  })
})

describe('registry on PostgreSQL', () => {
  it('eight processes that open an empty registry at once find the same tables', async () => {
    await using database = await postgresDatabase(postgres.url)
    const registries = await Promise.all(Array.from({ length: 8 }, () => openRegistry(database.connect())))
    expect(await Promise.all(registries.map((registry) => registry.store.lastSequence()))).toEqual(Array.from({ length: 8 }, () => 0))
  })

  it('hears of a publish after the connection that listens was cut, without polling', async () => {
    await using database = await postgresDatabase(postgres.url)
    const writer = database.connect()
    const reader = await openRegistry(database.connect({ pollMs: 3_600_000 }))
    const stop = new AbortController()
    const heard: number[] = []
    await reader.store.watch((sequence) => heard.push(sequence), stop.signal)
    const registry = await openRegistry(writer)
    await registry.publish({ ...author, artifact: artifact('sales', 'a'), basedOn: 0 })
    await eventually(async () => expect(heard).toEqual([1]))
    const cut = await writer.all("SELECT pg_terminate_backend(pid) AS cut FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'")
    expect(cut).toHaveLength(1)
    await registry.publish({ ...author, artifact: artifact('sales', 'b'), basedOn: 1 })
    await eventually(async () => expect(heard).toEqual([1, 2]))
    stop.abort()
  })

  it('says REGISTRY_UNAVAILABLE when the server is not there', async () => {
    const nowhere = new PostgresRegistryDatabase('postgres://postgres@127.0.0.1:1/none')
    expect(await codeOf(openRegistry(nowhere))).toBe('REGISTRY_UNAVAILABLE')
    await nowhere.close()
  })

  it('a serialization failure is a conflict, which the registry meets by trying again', async () => {
    await using database = await postgresDatabase(postgres.url)
    const connection = database.connect()
    await openRegistry(connection)
    const failing = connection.transaction(async (transaction) => {
      await transaction.run("DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END $$")
    })
    await expect(failing).rejects.toBeInstanceOf(UniqueViolation)
  })
})

describe('a backup', () => {
  const lines = async (store: SqlRegistryStore): Promise<string[]> => {
    const texts: string[] = []
    for await (const line of backupRegistry(store)) texts.push(line)
    return texts
  }
  const from = async function* (texts: readonly string[]): AsyncGenerator<string> {
    yield* texts
  }

  it.each([
    ['SQLite', 'PostgreSQL'],
    ['PostgreSQL', 'SQLite'],
  ])('of %s is restored into %s, whole and verified, and goes on there', async (source, target) => {
    const create = new Map(DATABASES)
    await using first = await (create.get(source) ?? sqliteDatabase)()
    await using second = await (create.get(target) ?? sqliteDatabase)()
    const registry = await openRegistry(first.connect())
    await registry.publish({ ...author, artifact: artifact('sales', 'a'), basedOn: 0 })
    await registry.publish({ ...author, artifact: artifact('sales', 'b'), basedOn: 1 })
    await registry.rollback({ ...author, subgraph: 'sales' })
    await registry.store.addApproval({ subgraph: 'sales', hash: 'abc', approvedBy: 'bob', at: '2026-01-01T00:00:00.000Z', reason: 'agreed' })
    const backup = await lines(await SqlRegistryStore.open(first.connect()))
    const restored = await SqlRegistryStore.open(second.connect())
    expect(await restoreRegistry(restored, from(backup))).toEqual({ deployments: 3, versions: 2 })
    expect(await lines(restored)).toEqual(backup)
    expect(signer.verify((await restored.findLatestDeployment('live'))!)).toBe(true)
    const onward = await openRegistry(second.connect())
    expect(await onward.publish({ ...author, artifact: artifact('sales', 'c'), basedOn: 2 })).toMatchObject({ kind: 'deployed', deployment: { sequence: 4 } })
    expect(await codeOf(restoreRegistry(restored, from(backup)))).toBe('REGISTRY_CONFLICT')
  })

  it('that lost a line, or has one that was changed, is refused and leaves nothing', async () => {
    await using first = await sqliteDatabase()
    await using second = await sqliteDatabase()
    const registry = await openRegistry(first.connect())
    await registry.publish({ ...author, artifact: artifact('sales', 'a'), basedOn: 0 })
    const backup = await lines(await SqlRegistryStore.open(first.connect()))
    const target = await SqlRegistryStore.open(second.connect())
    for (const [index] of backup.entries()) expect(await codeOf(restoreRegistry(target, from(backup.filter((_line, other) => other !== index)))), `without line ${index}`).toBe('BAD_USER_INPUT')
    expect(await codeOf(restoreRegistry(target, from(backup.map((line) => line.replace('first version', 'last version')))))).toBe('REGISTRY_CORRUPT')
    expect(await codeOf(restoreRegistry(target, from([...backup.slice(0, 1), '{"table":"deployment; DROP TABLE approval","row":{}}'])))).toBe('REGISTRY_CORRUPT')
    expect(await target.lastSequence()).toBe(0)
  })
})
