export type { DataProduct, ProductObject, ProductOwner, ProductProperty, ProductRelationship, ProductServer, ProductUrn, PropertyType, RowFilter } from './data-product.ts'
export type { OdcsContract } from './odcs.ts'
