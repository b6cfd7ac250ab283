import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCrosswalk } from '../../gateway/crosswalk/index.ts'
import { composeSupergraph } from '../../gateway/supergraph/index.ts'
import { demoDomains, demoLexicon, expectOk } from './demo-lexicon.ts'

describe('the crosswalk as a subgraph of the demo', () => {
  let dataDir: string
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'polyseme-crosswalk-'))
  })
  afterAll(() => rm(dataDir, { recursive: true }))

  it('composes with the four domains', () => {
    const domains = demoDomains()
    const crosswalk = createCrosswalk({ lexicon: demoLexicon(domains.flatMap(({ products }) => products)), domains, dataDir })
    const supergraph = expectOk(
      composeSupergraph([...domains, { name: crosswalk.name, url: crosswalk.url, sdl: crosswalk.sdl, products: [] }]),
    )
    const type = supergraph.apiSchema.getType('SalesCustomer')
    expect(type && 'getFields' in type && Object.keys(type.getFields())).toEqual(
      expect.arrayContaining([
        'name',
        'asBillingCustomer',
        'asSupportCustomer',
        'asMarketingLead',
        'mappings',
        'concept',
        'standardCountry',
      ]),
    )
    expect(supergraph.apiSchema.getType('Customer')).toBeDefined()
  })
})
