import { join } from 'node:path'
import { openSource, SOURCE_ENGINES } from '@polyseme/kit/source'
import { fillSqlite } from '../../testkit/domain-oracle/fill-sources.ts'
import { sqliteEngine } from '../../testkit/sqlite-engine.ts'
import { describeDifferential } from './differential.ts'

// An engine that the product does not have: all that is new is its one file.
describeDifferential('SQLite', {
  serve: async (domain, index, dataDir) => {
    const folder = join(dataDir, String(index))
    const product = await fillSqlite(domain, folder)
    return { product, source: await openSource({ products: [product], dataDir: folder, engines: [...SOURCE_ENGINES, sqliteEngine] }) }
  },
})
