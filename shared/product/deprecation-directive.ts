import type { DataProduct, ProductDeprecation, ProductObject, ProductProperty } from '../contract/index.ts'
import type { DomainModel, ObjectModel } from './domain-model.ts'

/** `@deprecated` of a field that holds a property, with a leading blank; empty while the property stays. */
export function propertyDeprecation(model: DomainModel, object: ObjectModel, property: ProductProperty): string {
  return directive(property.deprecation, { model, object })
}

/** `@deprecated` of a field that leads to an object, with a leading blank: the object goes away, or the whole product. */
export function objectDeprecation(model: DomainModel, object: ObjectModel): string {
  return directive(object.object.deprecation ?? object.product.deprecation, { model, object })
}

interface Place {
  readonly model: DomainModel
  readonly object: ObjectModel
}

function directive(deprecation: ProductDeprecation | undefined, place: Place): string {
  return deprecation === undefined ? '' : ` @deprecated(reason: ${JSON.stringify(deprecationReason(deprecation, place))})`
}

function deprecationReason({ until, replacedBy }: ProductDeprecation, place: Place): string {
  const end = until === undefined ? 'Will be removed.' : `Will be removed on ${until}.`
  return replacedBy === undefined ? end : `${end} Use ${nameInGraph(replacedBy, place)} instead.`
}

/** A contract speaks of its own names, the graph's reader knows the graph's: `Order.remark` is `SalesOrder.remark` to him. */
function nameInGraph(name: string, { model, object }: Place): string {
  const [first = '', second] = name.split('.')
  const ofObject = (found: ProductObject, property: string): string | undefined => {
    const field = found.properties.find((candidate) => candidate.name === property || candidate.field === property)?.field
    return field === undefined ? undefined : `${found.typeName}.${field}`
  }
  const named = findNamed(model, object.product, first)
  if (second !== undefined) return (named === undefined ? undefined : ofObject(named, second)) ?? name
  return ofObject(object.object, first) ?? named?.typeName ?? name
}

/** An object of the same product before one of another. */
function findNamed(model: DomainModel, product: DataProduct, name: string): ProductObject | undefined {
  const isNamed = (object: ProductObject): boolean => object.name === name || object.typeName === name
  return product.objects.find(isNamed) ?? [...model.objects.values()].map(({ object }) => object).find(isNamed)
}
