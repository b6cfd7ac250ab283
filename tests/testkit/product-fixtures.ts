import type { DataProduct, ProductObject, ProductProperty, PropertyType } from '@polyseme/kit/contract'

/** A property with everything that a test does not care about filled in. */
export function property(name: string, type: PropertyType, more: Partial<ProductProperty> = {}): ProductProperty {
  return {
    name,
    field: name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase()),
    physicalName: name,
    type,
    list: false,
    required: false,
    unique: false,
    readScopes: [],
    examples: [],
    ...more,
  }
}

/** An object of a domain with its graph names as the contract parser would give them for a regular plural. */
export function productObject(
  domain: string,
  name: string,
  properties: readonly ProductProperty[],
  more: Partial<ProductObject> = {},
): ProductObject {
  const prefix = domain.charAt(0).toUpperCase() + domain.slice(1)
  const field = name.charAt(0).toLowerCase() + name.slice(1)
  return {
    name,
    physicalName: field,
    typeName: `${prefix}${name}`,
    fields: { list: `${field}s`, byKey: `${field}ByKey`, aggregate: `${field}sAggregate` },
    keys: [],
    properties,
    relationships: [],
    rowFilters: [],
    page: { defaultRows: 50, maxRows: 1_000 },
    ...more,
  }
}

export function dataProduct(domain: string, name: string, objects: readonly ProductObject[], more: Partial<DataProduct> = {}): DataProduct {
  return {
    urn: `urn:dataproduct:${domain}:${name}:1`,
    domain,
    name,
    version: '1.0.0',
    status: 'active',
    readScopes: [`${domain}:read`],
    objects,
    servers: [],
    contract: { apiVersion: 'v3.1.0', kind: 'DataContract', id: `${domain}-${name}`, version: '1.0.0', status: 'active' },
    ...more,
  }
}
