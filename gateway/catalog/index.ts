export { CATALOG_SDL } from './catalog-sdl.ts'
export type { CatalogMesh, CatalogNotice, CatalogPromise, CatalogRecords, CatalogUsage, CatalogVersion, CatalogView } from './catalog-sources.ts'
export { createCatalog, type CatalogOptions } from './create-catalog.ts'
