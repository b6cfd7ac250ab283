import {
  isGraphqlName,
  rootFieldOf,
  rootTypeOf,
  toCamelCase,
  toKebabCase,
  toPascalCase,
  toPlural,
  toSingular,
} from '@polyseme/kit/contract'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findNearestName } from '@polyseme/kit/errors'
import { toEnumName } from '../../../shared/contract/names.ts'

describe('names in the graph', () => {
  it.each([
    ['customer_id', 'customerId', 'CustomerId', 'customer-id'],
    ['CustomerID', 'customerId', 'CustomerId', 'customer-id'],
    ['customer-id', 'customerId', 'CustomerId', 'customer-id'],
    ['Customer Id', 'customerId', 'CustomerId', 'customer-id'],
    ['CUSTOMER_ID', 'customerId', 'CustomerId', 'customer-id'],
    ['URLOfSite', 'urlOfSite', 'UrlOfSite', 'url-of-site'],
    ['a1b2', 'a1b2', 'A1b2', 'a1b2'],
    ['line2Text', 'line2Text', 'Line2Text', 'line2-text'],
    ['2nd', '_2nd', '_2nd', '2nd'],
    ['__typename', 'typename', 'Typename', 'typename'],
    ['Größe_cm', 'grosseCm', 'GrosseCm', 'grosse-cm'],
    ['Überweisung', 'uberweisung', 'Uberweisung', 'uberweisung'],
    ['naïve café', 'naiveCafe', 'NaiveCafe', 'naive-cafe'],
    ['%', undefined, undefined, undefined],
    ['', undefined, undefined, undefined],
    ['顧客', undefined, undefined, undefined],
  ])('%s is %s, %s and %s', (name, camel, pascal, kebab) => {
    expect([toCamelCase(name), toPascalCase(name), toKebabCase(name)]).toEqual([camel, pascal, kebab])
  })

  it.each([
    ['Customer', 'Customers'],
    ['OrderLine', 'OrderLines'],
    ['Person', 'People'],
    ['Company', 'Companies'],
    ['Address', 'Addresses'],
    ['Status', 'Statuses'],
    ['Analysis', 'Analyses'],
    ['Invoice', 'Invoices'],
    ['TaxId', 'TaxIds'],
    ['Lens', 'Lenses'],
    ['Gas', 'Gases'],
    ['Hero', 'Heroes'],
    ['CallCenterDay', 'CallCenterDays'],
    ['SalesPerson', 'SalesPeople'],
    ['Process', 'Processes'],
    ['Series', 'Series'],
    ['Data', 'Data'],
    ['Media', 'Media'],
    ['Metadata', 'Metadata'],
    ['Staff', 'Staff'],
    ['customerCase', 'customerCases'],
    ['Cache', 'Caches'],
    ['Quota', 'Quotas'],
    ['Movie', 'Movies'],
    ['Axis', 'Axes'],
    ['Hypothesis', 'Hypotheses'],
    ['Io', 'Ios'],
  ])('%s and %s are one and many', (singular, plural) => {
    expect([toPlural(singular), toSingular(plural), toSingular(singular)]).toEqual([plural, singular, singular])
  })

  it('are legal whatever they are made of', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (name) => {
        for (const made of [toCamelCase(name), toPascalCase(name), toEnumName(name)])
          if (made !== undefined) expect(isGraphqlName(made), made).toBe(true)
        const pascal = toPascalCase(name)
        if (pascal !== undefined)
          for (const inflected of [toSingular(pascal), toPlural(pascal)]) expect(isGraphqlName(inflected), inflected).toBe(true)
      }),
      { numRuns: 2_000, seed: 20_260_101 },
    )
  })

  it.each([
    ['customer-care', 'customerCare', 'CustomerCareQuery'],
    ['sales', 'sales', 'SalesQuery'],
  ])('the domain %s stands under %s of type %s', (domain, field, type) => {
    expect([rootFieldOf(domain), rootTypeOf(domain)]).toEqual([field, type])
  })

  it.each([
    ['__a', false],
    ['_a', true],
    ['1a', false],
    ['a-b', false],
    ['', false],
    ['a\n', false],
    ['aB_9', true],
  ])('%j is a name of GraphQL: %s', (name, isOne) => {
    expect(isGraphqlName(name)).toBe(isOne)
  })
})

describe('the nearest name', () => {
  const known = ['name', 'tenant', 'description', 'physicalName', 'primaryKey', 'customProperties']
  it.each([
    ['tenent', 'tenant'],
    ['Tenant', 'tenant'],
    ['physical_name', 'physicalName'],
    ['primarykey', 'primaryKey'],
    ['descritpion', 'description'],
    ['customProperty', 'customProperties'],
    ['nmae', 'name'],
    ['zebra', undefined],
    ['x', undefined],
    ['y'.repeat(100_000), undefined],
  ])('to %s is %s', (written, nearest) => {
    expect(findNearestName(written, known)).toBe(nearest)
  })
})
