import type { DataProduct, ProductProperty } from '../contract/index.ts'

/** What every type of a product asks of the caller: any one of its scopes, or at least a token. */
export function productAccess(product: DataProduct): string {
  return product.readScopes.length === 0 ? '@authenticated' : requiresScopes(product.readScopes)
}

/** What a property asks beyond its product, with a leading blank; empty where it asks nothing. */
export function propertyAccess(property: ProductProperty): string {
  return property.readScopes.length === 0 ? '' : ` ${requiresScopes(property.readScopes)}`
}

// Outer list: alternatives. Inner list: needed together. Any one scope suffices, so each stands alone.
function requiresScopes(scopes: readonly string[]): string {
  return `@requiresScopes(scopes: [${scopes.map((scope) => `[${JSON.stringify(scope)}]`).join(', ')}])`
}
