import { afterAll, beforeAll } from 'vitest'
import { PostgresSource } from '@polyseme/kit/source'
import { fillPostgres } from '../../testkit/domain-oracle/fill-sources.ts'
import { startPostgres, type PostgresServer } from '../../testkit/postgres.ts'
import { describeDifferential } from './differential.ts'

let server: PostgresServer

beforeAll(async () => {
  server = await startPostgres()
})

describeDifferential('PostgreSQL', {
  serve: async (domain, index) => {
    const product = await fillPostgres(domain, server, `d${index}`)
    return { product, source: await PostgresSource.open({ products: [product], access: { user: 'postgres' }, connections: 2 }) }
  },
})

afterAll(() => server.stop())
