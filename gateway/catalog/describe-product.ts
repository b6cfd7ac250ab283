import type { DataProduct, ProductDeprecation, ProductObject, ProductProperty } from '@polyseme/kit/contract'
import type { CatalogMesh, CatalogUsage, CatalogView } from './catalog-sources.ts'

/** `domain/product`, as agreements name it. */
export function agreementName({ domain, name }: Pick<DataProduct, 'domain' | 'name'>): string {
  return `${domain}/${name}`
}

/** Whether the caller may read a product, and how to be allowed to. */
export function describeAccess(product: DataProduct, view: CatalogView): object {
  const coordinates = product.objects.flatMap((object) => object.properties.map(({ field }) => `${object.typeName}.${field}`))
  const isReadable = product.objects.some(({ typeName }) => view.decisionOf(typeName) !== 'denied')
  const needed = new Set([...product.objects.map(({ typeName }) => typeName), ...coordinates].filter((coordinate) => view.decisionOf(coordinate) !== 'clear').map(view.needsFor).filter((need) => need !== ''))
  const agreement = view.agreementOn(agreementName(product))
  const ask = `ask its owner for an agreement: mutation { requestAccess(request: { product: ${JSON.stringify(agreementName(product))}, … }) }`
  return {
    readable: isReadable,
    scopes: product.readScopes,
    agreementRequired: product.agreementRequired === true,
    agreement,
    how: [...needed, ...(product.agreementRequired === true && agreement !== 'approved' && agreement !== 'requested' ? [ask] : [])],
  }
}

/** The objects that the caller may read, with the fields that it may. */
export function describeObjects(product: DataProduct, mesh: CatalogMesh, view: CatalogView): readonly object[] {
  return product.objects.filter(({ typeName }) => view.decisionOf(typeName) !== 'denied').map((object) => ({
    name: object.name, typeName: object.typeName, field: object.fields.list, description: object.description, sense: object.sense, deprecation: object.deprecation,
    fields: object.properties.flatMap((property) => describeField(object, property, mesh, view)),
  }))
}

function describeField(object: ProductObject, property: ProductProperty, mesh: CatalogMesh, view: CatalogView): readonly object[] {
  const coordinate = `${object.typeName}.${property.field}`
  const decision = view.decisionOf(coordinate)
  const type = mesh.typeOf(coordinate)
  if (decision === 'denied' || type === undefined) return []
  return [{
    name: property.field, coordinate, type, description: property.description, key: object.keys[0]?.includes(property.field) === true,
    classification: property.classification, masked: decision === 'masked', deprecation: property.deprecation,
  }]
}

/** Something that goes away, and what it belongs to. */
export interface ListedDeprecation extends ProductDeprecation {
  readonly what: string
  readonly product: string
}

/** What goes away of the products, as far as the caller may know of it; the soonest first, what has no day last. */
export function listDeprecations(products: readonly DataProduct[], view: CatalogView): readonly ListedDeprecation[] {
  const listed = (what: string, product: DataProduct, deprecation: ProductDeprecation | undefined): readonly ListedDeprecation[] => deprecation === undefined ? [] : [{ what, product: product.urn, ...deprecation }]
  const all = products.flatMap((product) => [
    ...listed(product.urn, product, product.deprecation),
    ...product.objects.filter(({ typeName }) => view.decisionOf(typeName) !== 'denied').flatMap((object) => [
      ...listed(object.typeName, product, object.deprecation),
      ...object.properties.flatMap((property) => {
        const coordinate = `${object.typeName}.${property.field}`
        return view.decisionOf(coordinate) === 'denied' ? [] : listed(coordinate, product, property.deprecation)
      }),
    ]),
  ])
  return all.sort((a, b) => compareText(a.until ?? '9999', b.until ?? '9999') || compareText(a.what, b.what))
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Who used a product: operations that name a type of it or a field of one. */
export function describeConsumers({ objects }: DataProduct, usage: readonly CatalogUsage[]): readonly object[] {
  const types = new Set(objects.map(({ typeName }) => typeName))
  const uses = usage.filter(({ coordinates }) => coordinates.values().some((coordinate) => types.has(coordinate.replace(/\..*$/, ''))))
  return [...Map.groupBy(uses, ({ consumer }) => consumer)]
    .map(([consumer, all]) => ({
      consumer, operations: all.length, calls: all.reduce((sum, { calls }) => sum + calls, 0),
      lastSeenAt: all.reduce((latest, { lastSeenAt }) => lastSeenAt > latest ? lastSeenAt : latest, ''),
    }))
    .sort((a, b) => b.calls - a.calls || compareText(a.consumer, b.consumer))
}
