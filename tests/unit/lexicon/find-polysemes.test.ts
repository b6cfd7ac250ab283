import { parseContracts, type DataProduct } from '@polyseme/kit/contract'
import { findPolysemes, parseLexicon, type Lexicon, type LexiconFile } from '@polyseme/kit/lexicon'
import { describe, expect, it } from 'vitest'
import { CUSTOMER, file } from './lexicon-files.ts'

function products(
  objects: readonly {
    readonly domain: string
    readonly object: string
    readonly description?: string
    readonly fields?: readonly string[]
  }[],
): readonly DataProduct[] {
  const result = parseContracts(
    objects.map(({ domain, object, description, fields = [] }) => ({
      file: `${domain}-${object}.odcs.yaml`,
      text: `apiVersion: v3.1.0
kind: DataContract
id: ${domain}-${object}
name: ${domain} ${object}
version: 1.0.0
status: active
domain: ${domain}
schema:
  - name: ${object}
    ${description === undefined ? '' : `description: ${description}`}
    dataGranularityDescription: One row per ${object}.
    properties:
      - { name: customer_id, logicalType: integer, primaryKey: true, required: true }
${fields.map((field) => `      - ${field}`).join('\n')}
`,
    })),
  )
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.diagnostics))
  return result.value
}

function lexicon(files: readonly LexiconFile[]): Lexicon {
  const result = parseLexicon(files)
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.diagnostics))
  return result.value
}

const SALES = { domain: 'sales', object: 'Customer', description: 'An organisation under contract.' }
const BILLING = { domain: 'billing', object: 'Customer', description: 'Whoever pays.' }

describe('findPolysemes', () => {
  it('names an undeclared pair, shows both definitions and gives a lexicon that settles it', () => {
    const [finding, ...more] = findPolysemes(products([SALES, BILLING]), lexicon([]))
    expect(more).toEqual([])
    expect(finding).toMatchObject({ rule: 'polyseme-undeclared-type', severity: 'error' })
    expect(finding?.what).toContain('sales.Customer: An organisation under contract.')
    expect(finding?.what).toContain('billing.Customer: Whoever pays.')
    const lines = finding?.how?.split('\n').slice(1).join('\n') ?? ''
    const settled = lexicon([file('customer.yaml', lines.replace('definition: …', 'definition: Someone.'))])
    expect(findPolysemes(products([SALES, BILLING]), settled)).toEqual([])
  })

  it('says nothing about words that are declared, as one or as two', () => {
    expect(findPolysemes(products([SALES, BILLING]), lexicon([CUSTOMER]))).toEqual([])
    const apart = [
      CUSTOMER.text.replace(/  - \{ sense: billing.*\n/u, ''),
      CUSTOMER.text
        .replace(/  - \{ sense: sales.*\n/u, '')
        .replace('id: customer', 'id: payer')
        .replace('name: Customer', 'name: Payer'),
    ]
    expect(findPolysemes(products([SALES, BILLING]), lexicon(apart.map((text, at) => file(`${at}.yaml`, text))))).toEqual([])
  })

  it('gives the lines to add to a concept that lacks a domain', () => {
    const [finding] = findPolysemes(
      products([SALES, BILLING, { domain: 'support', object: 'Customer', description: 'A caller.' }]),
      lexicon([CUSTOMER]),
    )
    expect(finding?.how).toBe(
      'Add to the senses of concept `customer` (customer.yaml):\n  - sense: support.Customer\n    definition: "A caller."\n    key: customerId\n    grain: "One row per Customer."',
    )
  })

  it('finds plurals and declared synonyms', () => {
    expect(findPolysemes(products([SALES, { domain: 'billing', object: 'Customers' }]), lexicon([])).map(({ rule }) => rule)).toEqual([
      'polyseme-undeclared-type',
    ])
    const withSynonym = file('customer.yaml', CUSTOMER.text.replace('definition: Someone', 'synonyms: [client]\ndefinition: Someone'))
    expect(findPolysemes(products([SALES, { domain: 'shop', object: 'Client' }]), lexicon([withSynonym])).map(({ rule }) => rule)).toEqual([
      'polyseme-undeclared-type',
    ])
  })

  it('leaves a word alone that one domain alone uses', () => {
    expect(findPolysemes(products([SALES, { domain: 'sales', object: 'Order' }]), lexicon([]))).toEqual([])
  })

  it('finds a field that is another measure, type or value list in another domain, until it is declared', () => {
    const all = (one: string, other: string): readonly DataProduct[] =>
      products([
        { ...SALES, fields: [one] },
        { ...BILLING, fields: [other] },
      ])
    const rules = (one: string, other: string, files: readonly LexiconFile[] = [CUSTOMER]): readonly string[] =>
      findPolysemes(all(one, other), lexicon(files)).map(({ rule }) => rule)
    const boolean = (text: string): string => `{ name: active_user, logicalType: boolean, description: ${text} }`
    expect(rules(boolean('A visit within 30 days.'), boolean('A ticket within 90 days.'))).toEqual(['polyseme-undeclared-field'])
    expect(rules(boolean('A visit within 30 days.'), boolean('A visit within 30 days.'))).toEqual([])
    expect(rules('{ name: level, logicalType: string }', '{ name: level, logicalType: integer }')).toEqual(['polyseme-undeclared-field'])
    expect(rules('{ name: email, logicalType: string }', '{ name: email, logicalType: string }')).toEqual([])
    const [finding] = findPolysemes(all(boolean('A visit within 30 days.'), boolean('A ticket within 90 days.')), lexicon([CUSTOMER]))
    const lines = finding?.how?.split('\n').slice(1).join('\n').replaceAll('…', 'a rule') ?? ''
    expect(
      rules(boolean('A visit within 30 days.'), boolean('A ticket within 90 days.'), [CUSTOMER, file('active-user.yaml', lines)]),
    ).toEqual([])
  })

  it('finds products of one name whose types have other names', () => {
    const named = (domain: string, object: string): DataProduct => {
      const [product] = products([{ domain, object }])
      if (product === undefined) throw new TypeError('one product')
      return { ...product, name: `${domain}-revenue` }
    }
    const found = findPolysemes([named('sales', 'Booking'), named('billing', 'Receipt')], lexicon([])).filter(({ rule }) => rule === 'polyseme-undeclared-product')
    expect(found).toMatchObject([{ severity: 'warning', what: expect.stringMatching(/^"revenue" names a data product of billing, sales/u) as string, how: expect.stringContaining('concepts/revenue.yaml') as string }])
    const concept = file('concepts/revenue.yaml', [
      'kind: Concept', 'id: revenue', 'name: Revenue', 'definition: What comes in.', 'senses:',
      '  - { sense: sales.Booking, definition: What was signed., key: customerId, grain: booking }',
      '  - { sense: billing.Receipt, definition: What was paid., key: customerId, grain: receipt }', '',
    ].join('\n'))
    expect(findPolysemes([named('sales', 'Booking'), named('billing', 'Receipt')], lexicon([concept]))).toEqual([])
  })
})
