import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { evaluateLinks, proposeLinks, type Comparison } from '../../../gateway/crosswalk/linking/index.ts'
import { findOrMakeDemoData } from '../../testkit/demo-data-cache.ts'
import { findSharedData } from '../../testkit/shared-data.ts'
import { makeHardSet } from './hard-records.ts'
import { formatCurve, queryGold, queryRecords } from './tables.ts'

const compare = (name: string, kind: Comparison['kind']): Comparison => ({ name, kind, from: name, to: name })

describe('proposing links where no key is shared', () => {
  it('finds the payers of organisations without account or tax numbers: F1 ≥ 0.95', async () => {
    const dataDir = await findOrMakeDemoData(0.05)
    const contact = 'phone, street, city, postal_code, country'
    const { proposals } = await proposeLinks({
      from: await queryRecords(
        `SELECT customer_id AS key, name, contact_email AS email, ${contact} FROM read_parquet('${dataDir}/data/sales/customers.parquet')`,
      ),
      to: await queryRecords(
        `SELECT customer_id AS key, legal_name AS name, email, ${contact} FROM read_parquet('${dataDir}/data/billing/customers.parquet')`,
      ),
      comparisons: [
        compare('name', 'companyName'),
        compare('email', 'email'),
        compare('phone', 'phone'),
        compare('street', 'text'),
        compare('city', 'text'),
        compare('postal_code', 'code'),
        compare('country', 'country'),
      ],
      cardinality: '1:n',
    })
    const { at, curve } = evaluateLinks(
      proposals,
      await queryGold(
        `SELECT subject_key AS l, object_key AS r FROM read_parquet('${dataDir}/gold/sales-customer--billing-customer.parquet')`,
      ),
    )
    console.log(formatCurve('sales.Customer → billing.Customer', curve))
    expect(at.f1).toBeGreaterThanOrEqual(0.95)
  })

  const adventureWorks = findSharedData('adventureworks')
  it.skipIf(adventureWorks === undefined)(
    'finds the stores of AdventureWorks resellers by name, address, bank, size and year: F1 ≥ 0.98',
    async () => {
      const csv = (name: string): string => `read_csv('${join(adventureWorks ?? '', `${name}.csv`)}', all_varchar = true)`
      const { proposals } = await proposeLinks({
        from: await queryRecords(`SELECT reseller_key AS key, reseller_name AS name, address_line1 AS street, city, postal_code, bank_name AS bank, number_employees AS employees, annual_sales AS sales, year_opened AS year
        FROM ${csv('warehouse_reseller')} JOIN ${csv('warehouse_geography')} USING (geography_key)`),
        to: await queryRecords(`SELECT s.business_entity_id AS key, s.name, a.address_line1 AS street, a.city, a.postal_code, bank_name AS bank, number_employees AS employees, annual_sales AS sales, year_opened AS year
        FROM ${csv('sales_store')} s LEFT JOIN ${csv('person_business_entity_address')} b ON b.business_entity_id = s.business_entity_id AND b.address_type_id = '3' LEFT JOIN ${csv('person_address')} a USING (address_id)`),
        comparisons: [
          compare('name', 'companyName'),
          compare('street', 'text'),
          compare('city', 'text'),
          compare('postal_code', 'code'),
          compare('bank', 'category'),
          compare('employees', 'number'),
          compare('sales', 'number'),
          compare('year', 'category'),
        ],
        cardinality: '1:1',
      })
      const gold = await queryGold(
        `SELECT reseller_key AS l, store_id AS r FROM ${csv('warehouse_reseller')} JOIN ${csv('sales_customer')} c ON c.account_number = reseller_alternate_key`,
      )
      const { at, curve } = evaluateLinks(proposals, gold)
      console.log(formatCurve('warehouse.Reseller → sales.Store (AdventureWorks)', curve))
      expect(gold).toHaveLength(701)
      expect(at.f1).toBeGreaterThanOrEqual(0.98)
    },
  )

  it('finds its way through typos, dropped and swapped words, missing fields and 30 % without counterpart: F1 ≥ 0.90', async () => {
    const { from, to, gold } = makeHardSet(2_000, 20_261)
    const comparisons = [
      compare('name', 'companyName'),
      compare('street', 'text'),
      compare('city', 'text'),
      compare('postcode', 'code'),
      compare('phone', 'phone'),
      compare('founded', 'number'),
      compare('staff', 'number'),
    ]
    const result = await proposeLinks({ from, to, comparisons, cardinality: '1:1' })
    const { at, curve, confusion } = evaluateLinks(result.proposals, gold)
    console.log(formatCurve('the hard set', curve))
    expect(at.f1).toBeGreaterThanOrEqual(0.9)
    const names = confusion.filter(({ comparison }) => comparison === 'name')
    expect(names.reduce((sum, { right }) => sum + right, 0)).toBe(at.right)
    expect(names.reduce((sum, { wrong }) => sum + wrong, 0)).toBe(at.wrong)
  })

  it('gives the same proposals for the same records', async () => {
    const { from, to } = makeHardSet(200, 7)
    const comparisons = [compare('name', 'companyName'), compare('street', 'text'), compare('city', 'text')]
    const [one, other] = [
      await proposeLinks({ from, to, comparisons, cardinality: '1:1' }),
      await proposeLinks({ from, to, comparisons, cardinality: '1:1' }),
    ]
    expect(other.proposals).toEqual(one.proposals)
  })

  it('says of each field what it adds, in bits that sum to the evidence', async () => {
    const { from, to } = makeHardSet(300, 11)
    const { proposals, model } = await proposeLinks({
      from,
      to,
      comparisons: [compare('name', 'companyName'), compare('phone', 'phone'), compare('city', 'text')],
      cardinality: 'n:m',
    })
    const [first] = proposals
    expect(first?.contributions.map(({ comparison }) => comparison)).toEqual(['name', 'phone', 'city'])
    const bits = (first?.contributions ?? []).reduce((sum, { weight }) => sum + weight, 0) + Math.log2(model.prior / (1 - model.prior))
    expect(first?.probability).toBeCloseTo(1 / (1 + 2 ** -bits), 9)
  })

  it('leaves twins to people: of two equal candidates neither is likely', async () => {
    const { from, to, gold } = makeHardSet(300, 13)
    const [pair] = gold
    const twin = to.find(({ key }) => key === pair?.to)
    if (twin === undefined) throw new Error('no pair in the set')
    const comparisons = [compare('name', 'companyName'), compare('street', 'text'), compare('phone', 'phone'), compare('postcode', 'code')]
    const { proposals } = await proposeLinks({ from, to: [...to, { ...twin, key: 'twin' }], comparisons, cardinality: '1:1' })
    expect(proposals.filter((proposal) => proposal.from === pair?.from).map(({ probability }) => probability <= 0.5)).toEqual([true])
  })

  it('proposes nothing where there is nothing', async () => {
    const result = await proposeLinks({
      from: [],
      to: [{ key: '1', values: { name: 'x' } }],
      comparisons: [compare('name', 'companyName')],
      cardinality: '1:1',
    })
    expect(result.proposals).toEqual([])
  })
})
