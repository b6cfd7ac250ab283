import { describe, expect, it } from 'vitest'
import type { CatalogView } from '../../../gateway/catalog/index.ts'
import { SearchIndex } from '../../../gateway/catalog/search-index.ts'
import { dataProduct, productObject, property } from '../../testkit/product-fixtures.ts'

const ORDERS = dataProduct('sales', 'orders', [productObject('sales', 'Order', [property('order_id', 'id'), property('customer_number', 'string'), property('shipping_notes', 'string', { description: 'Anything about the parcel.' })], { description: 'A signed order.' })], { title: 'Orders', description: 'Who ordered what.' })
const CUSTOMERS = dataProduct('sales', 'customers', [productObject('sales', 'Customer', [property('customer_id', 'id'), property('vat_id', 'string')])], { owner: { name: 'Customer Team' } })
const INVOICES = dataProduct('billing', 'invoices', [productObject('billing', 'Invoice', [property('invoice_id', 'id'), property('customer_id', 'string')])])

function viewOf(...denied: readonly string[]): CatalogView {
  return { decisionOf: (coordinate) => denied.some((one) => coordinate === one || coordinate.startsWith(`${one}.`)) ? 'denied' : 'clear', mayKnow: () => true, isGone: () => false, needsFor: () => '', agreementOn: () => undefined, mayChange: () => false }
}

describe('search in the catalogue', () => {
  const index = new SearchIndex([ORDERS, CUSTOMERS, INVOICES], undefined)
  const find = async (search: string, view = viewOf()): Promise<readonly string[]> => (await index.find(search, view)).map(({ name }) => name)

  it('puts what is called so before what has such a field or only speaks of it', async () => {
    expect(await find('customer')).toEqual(['customers', 'invoices', 'orders'])
    expect(await find('Customers')).toEqual(['customers', 'invoices', 'orders'])
    expect(await find('parcel')).toEqual(['orders'])
  })

  it('takes words that are cut short, in any order, and wants all of them', async () => {
    expect(await find('inv bill')).toEqual(['invoices'])
    expect(await find('shipp')).toEqual(['orders'])
    expect(await find('customer invoice vat')).toEqual([])
  })

  it('G15 leads nowhere by what the caller may not read', async () => {
    expect(await find('vat', viewOf('SalesCustomer.vatId'))).toEqual([])
    expect(await find('parcel', viewOf('SalesOrder'))).toEqual([])
    expect(await find('orders', viewOf('SalesOrder'))).toEqual(['orders'])
  })

  it.each(['x '.repeat(11), 'x'.repeat(201)])('refuses more than a search is', async (search) => {
    await expect(index.find(search, viewOf())).rejects.toEqual(expect.objectContaining({ code: 'BAD_USER_INPUT' }))
  })
})
