import { join } from 'node:path'
import { DuckDbSource } from '@polyseme/kit/source'
import { fillParquet } from '../../testkit/domain-oracle/fill-sources.ts'
import { describeDifferential } from './differential.ts'

describeDifferential('DuckDB', {
  serve: async (domain, index, dataDir) => {
    const folder = join(dataDir, String(index))
    const product = await fillParquet(domain, folder)
    return { product, source: await DuckDbSource.open({ products: [product], dataDir: folder, threads: 1, connections: 2 }) }
  },
})
