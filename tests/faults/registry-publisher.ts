/** A process that publishes as fast as it can and says, one line each, what was acknowledged; killed by its parent at any point. */
import { flushCompileCache } from 'node:module'
import { GatewayError } from '@polyseme/kit/errors'
import type { OperationUsage, StepEffects } from '../../gateway/registry/index.ts'
import { PostgresRegistryDatabase } from '../../gateway/registry/postgres-registry-database.ts'
import { SqliteRegistryDatabase } from '../../gateway/registry/sqlite-registry-database.ts'
import { artifact, openRegistry } from '../unit/registry/plain-registry.ts'
const place = process.argv[2]
if (place === undefined) throw new TypeError('usage: registry-publisher.ts FILE | postgres://…')
const registry = await openRegistry(place.startsWith('postgres://') ? new PostgresRegistryDatabase(place) : new SqliteRegistryDatabase(place))
const newest = async (): Promise<number> => (await registry.store.findLatestSubgraphVersion('sales'))?.version ?? 0
// Each step tells somebody something, so that it has a part in every table.
const usage: OperationUsage = { name: 'q', hash: 'q', consumer: 'app', coordinates: new Set(), calls: 1, lastSeenAt: '2026-01-01' }
const effects: StepEffects = { changes: [], affected: [], deprecatedUses: [{ coordinate: 'T.f', reason: 'r', isNew: true, usage }] }
let basedOn = await newest()
process.stdout.write('ready\n')
// Who is killed keeps nothing for the next start, and there are hundreds.
flushCompileCache()
for (;;) {
  try {
    const outcome = await registry.publish({ actor: 'publisher', reason: 'again', artifact: artifact('sales', `field${basedOn}_${process.pid}`), basedOn, effectsOf: () => Promise.resolve(effects) })
    if (outcome.kind !== 'deployed') throw new TypeError(`not deployed: ${outcome.kind}`)
    basedOn += 1
    process.stdout.write(`${outcome.deployment.sequence}\n`)
  } catch (error) {
    // The other publisher was first.
    if (!(error instanceof GatewayError) || error.code !== 'REGISTRY_CONFLICT') throw error
    basedOn = await newest()
  }
}
