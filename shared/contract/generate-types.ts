import { assertNever } from '../errors/index.ts'
import type { DataProduct, ProductObject, ProductProperty } from './data-product.ts'
import { toPascalCase } from './names.ts'

/**
 * TypeScript types of a domain's rows, for resolvers that the domain writes beside its contracts.
 *
 * One interface for each object with the fields as resolvers get them, one union for each enum, one interface for each
 * primary key, and a map of all objects by type name. Values are as on the wire: decimals, dates and times are text.
 */
export function generateTypes(products: readonly DataProduct[]): string {
  const objects = products.flatMap((product) => product.objects)
  const domain = toPascalCase(products[0]?.domain ?? '') ?? ''
  const blocks = [
    '// Made from the data contracts by `polyseme contract types`. Changes here are lost; change the contract instead.',
    ...objects.flatMap((object) => [...enumTypes(object), rowType(object), ...keyType(object)]),
    objectsType(domain, objects),
  ]
  return `${blocks.join('\n\n')}\n`
}

/**
 * Whether the graph promises that a field is never null: keys and required properties, as far as they are open to every
 * reader of the product. What may be masked or withheld may be absent.
 */
export function isNeverNull(object: ProductObject, property: ProductProperty): boolean {
  const isOpen = property.classification === undefined || property.classification === 'public' || property.classification === 'internal'
  const isPresent = property.required || object.keys.some((key) => key.includes(property.field))
  return isPresent && isOpen && property.readScopes.length === 0
}

function rowType(object: ProductObject): string {
  const fields = object.properties.flatMap((property) => {
    const nullable = isNeverNull(object, property) ? '' : ' | null'
    const type = valueType(object, property)
    const list = property.list ? `readonly ${type.includes(' ') ? `(${type})` : type}[]` : type
    return [...comment(property.description, '  '), `  readonly ${property.field}: ${list}${nullable}`]
  })
  return [...comment(object.description, ''), `export interface ${object.typeName} {`, ...fields, '}'].join('\n')
}

function keyType(object: ProductObject): readonly string[] {
  const [key] = object.keys
  return key === undefined
    ? []
    : [`export type ${object.typeName}Key = Pick<${object.typeName}, ${key.map((field) => `'${field}'`).join(' | ')}>`]
}

function objectsType(domain: string, objects: readonly ProductObject[]): string {
  return [
    `/** Every object of the domain by its type name. */`,
    `export interface ${domain}Objects {`,
    ...objects.map(({ typeName }) => `  readonly ${typeName}: ${typeName}`),
    '}',
  ].join('\n')
}

function enumTypes(object: ProductObject): readonly string[] {
  return object.properties.flatMap((property) => {
    if (property.type !== 'enum') return []
    const names = (property.values ?? []).map(({ name }) => `'${name}'`)
    return [`export type ${enumName(object, property)} = ${names.join(' | ')}`]
  })
}

function enumName(object: ProductObject, { field }: ProductProperty): string {
  return `${object.typeName}${field.charAt(0).toUpperCase()}${field.slice(1)}`
}

function valueType(object: ProductObject, property: ProductProperty): string {
  switch (property.type) {
    case 'string':
    case 'id':
    case 'decimal':
    case 'date':
    case 'timestamp':
    case 'time':
      return 'string'
    case 'boolean':
      return 'boolean'
    case 'integer':
    case 'number':
      return 'number'
    case 'bigint':
      return 'number | string'
    case 'json':
      return 'unknown'
    case 'enum':
      return enumName(object, property)
    default:
      return assertNever(property.type)
  }
}

/** A description is the contract's text, so it must not end the comment that it stands in. */
function comment(description: string | undefined, indent: string): readonly string[] {
  if (description === undefined) return []
  const lines = description
    .trim()
    .replaceAll('*/', '*\\/')
    .split(/\s*\n\s*/)
  return lines.length === 1
    ? [`${indent}/** ${lines[0] ?? ''} */`]
    : [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`]
}
