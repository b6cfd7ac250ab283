/** A process that publishes as fast as it can and says, one line each, what was acknowledged; killed by its parent at any point. */
import { artifact, openRegistry } from '../unit/registry/registry-fixtures.ts'
import { SqliteRegistryDatabase } from '../../gateway/registry/index.ts'

const file = process.argv[2]
if (file === undefined) throw new TypeError('usage: registry-publisher.ts FILE')
const registry = await openRegistry(new SqliteRegistryDatabase(file))
let basedOn = (await registry.store.findLatestSubgraphVersion('sales'))?.version ?? 0
process.stdout.write('ready\n')
for (;;) {
  const outcome = await registry.publish({ actor: 'publisher', reason: 'again', artifact: artifact('sales', `field${basedOn}_${process.pid}`), basedOn })
  if (outcome.kind !== 'deployed') throw new TypeError(`not deployed: ${outcome.kind}`)
  basedOn += 1
  process.stdout.write(`${outcome.deployment.sequence}\n`)
}
