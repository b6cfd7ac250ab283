import { join } from 'node:path'
import { describe, it } from 'vitest'
import { buildCrosswalkSdl } from '../../../gateway/crosswalk/index.ts'
import { expectGolden } from '../../testkit/golden.ts'
import { concept, domain, mapping, model } from './mesh.ts'

describe('the SDL of the crosswalk', () => {
  it('follows from the lexicon and the domains: ways, concepts, standard values, rights of what is read', async () => {
    const sales = domain({
      domain: 'sales',
      object: 'Customer',
      fields: ['- { name: name, logicalType: string }', '- { name: country, logicalType: string }'],
    })
    const billing = domain({
      domain: 'billing',
      object: 'Payer',
      key: [
        '- { name: branch, logicalType: string, primaryKey: true, primaryKeyPosition: 1, required: true }',
        '- { name: number, logicalType: integer, primaryKey: true, primaryKeyPosition: 2, required: true }',
      ],
      fields: ['- { name: legal_name, logicalType: string }'],
    })
    const customer = {
      path: 'customer.yaml',
      text: `${concept('Customer', ['sales.Customer']).text}  - { sense: billing.Payer, definition: Whoever pays., key: [branch, number], grain: thing }
fields:
  name: { description: What to call it., from: [billing.Payer.legalName, sales.Customer.name] }
`,
    }
    const country = {
      path: 'country.yaml',
      text: 'kind: Vocabulary\nid: country\nname: Country\ndefinition: A country.\nnormalizer: country\nvalues: [{ code: DE, label: Germany }]\nfields: [sales.Customer.country]\n',
    }
    const payers = mapping('payers', 'sales.Customer', 'billing.Payer', { cardinality: '1:n', definition: 'Who pays for it.' })
    await expectGolden(
      join(import.meta.dirname, 'golden/crosswalk.graphql'),
      buildCrosswalkSdl(model([customer, country, payers], [sales, billing])),
    )
  })
})
