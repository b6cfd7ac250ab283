import { join } from 'node:path'
import { DuckDbSource } from '@polyseme/kit/source'
import { fillDuckDbFile, fillParquet } from '../../testkit/domain-oracle/fill-sources.ts'
import { describeDifferential } from './differential.ts'

describeDifferential('DuckDB', {
  serve: async (domain, index, dataDir) => {
    const folder = join(dataDir, String(index))
    // Parquet is opened anew for each statement; half of the domains are enough to show that it gives the same.
    const product = index % 2 === 0 ? await fillParquet(domain, folder) : await fillDuckDbFile(domain, folder)
    return { product, source: await DuckDbSource.open({ products: [product], dataDir: folder, threads: 1, connections: 2 }) }
  },
})
