import { describe, expect, it } from 'vitest'
import { findRedundantProducts } from '../../../gateway/registry/check/redundant-products.ts'
import { dataProduct, productObject, property } from '../../testkit/product-fixtures.ts'

const FIELDS = ['customer_id', 'name', 'email', 'city', 'country', 'segment', 'created_at', 'updated_at', 'revenue', 'employees']

function customers(domain: string, fields: readonly string[], key = 'customerId') {
  return dataProduct(domain, 'customers', [productObject(domain, 'Customer', fields.map((name) => property(name, 'string')), { keys: [[key]] })])
}

describe('redundant products', () => {
  const sales = customers('sales', FIELDS)

  it('says which object is nearly the same as one of another product', () => {
    const crm = customers('crm', [...FIELDS.slice(0, 9), 'phone'])
    expect(findRedundantProducts([crm], [sales]).map(({ severity, what }) => `${severity} ${what}`)).toEqual([
      'warning CrmCustomer of urn:dataproduct:crm:customers:1 has the key and 82 % of the fields of SalesCustomer of urn:dataproduct:sales:customers:1',
    ])
  })

  it('sees through another way of writing, and compares the products of one publish as well', () => {
    const crm = customers('crm', FIELDS.map((name) => name.toUpperCase()))
    const own = { ...crm, objects: crm.objects.map((object) => ({ ...object, properties: object.properties.map((one, index) => ({ ...one, field: sales.objects[0]?.properties[index]?.field ?? '' })) })) }
    expect(findRedundantProducts([own, sales], [])).toHaveLength(1)
  })

  it.each([
    ['another key', customers('crm', FIELDS, 'email')],
    ['half of the fields', customers('crm', [...FIELDS.slice(0, 5), 'a', 'b', 'c', 'd', 'e'])],
    ['a list of codes', customers('crm', ['customer_id', 'name'])],
    ['the same product again', sales],
  ])('leaves %s alone', (_name, product) => {
    expect(findRedundantProducts([product], [product === sales ? product : sales])).toEqual([])
  })
})
