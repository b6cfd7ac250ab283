import { Kind, type DefinitionNode, type FieldDefinitionNode, type InputValueDefinitionNode, type TypeNode } from 'graphql'
import { generateTypes, toPascalCase, type DataProduct } from '../contract/index.ts'
import type { DomainExtensions, ExtensionField } from './extension-sdl.ts'

/**
 * TypeScript types of a domain's rows and of the resolvers that `extensions.graphql` asks of `extensions.ts`: what each one
 * gets of the row, its arguments and its answer.
 */
export function generateResolverTypes(products: readonly DataProduct[], extensions: DomainExtensions): string {
  const domain = toPascalCase(products[0]?.domain ?? '') ?? ''
  const [first = '', ...rest] = generateTypes(products).split('\n')
  const own = extensions.document.definitions.flatMap(ownType)
  const blocks = [...own, resolversType(domain, extensions.fields)]
  return [first, "import type { ExtensionContext } from '@polyseme/kit/subgraph'", ...rest, ...blocks.flatMap((block) => [block, ''])].join('\n')
}

function resolversType(domain: string, fields: readonly ExtensionField[]): string {
  const types = new Map<string, ExtensionField[]>()
  for (const field of fields) types.set(field.typeName, [...(types.get(field.typeName) ?? []), field])
  const members = [...types].flatMap(([typeName, ofType]) => [`  readonly ${typeName}: {`, ...ofType.flatMap((field) => resolverType(domain, field)), '  }'])
  return ['/** What `extensions.graphql` asks of `extensions.ts`. */', `export interface ${domain}Resolvers {`, ...members, '}'].join('\n')
}

function resolverType(domain: string, { typeName, name, needs, definition }: ExtensionField): readonly string[] {
  const row = needs.length === 0 ? 'unknown' : `Pick<${typeName}, ${needs.map((field) => `'${field}'`).join(' | ')}>`
  const answer = outputType(definition.type)
  return [
    ...comment(definition, '    '),
    `    readonly ${name}: (row: ${row}, args: ${inputMembers(definition.arguments)}, context: ExtensionContext<${domain}Objects>) => ${answer} | Promise<${answer}>`,
  ]
}

function ownType(definition: DefinitionNode): readonly string[] {
  if (definition.kind === Kind.OBJECT_TYPE_DEFINITION) return [[`export interface ${definition.name.value} {`, ...(definition.fields ?? []).flatMap(ownField), '}'].join('\n')]
  if (definition.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION) return [`export interface ${definition.name.value} ${inputMembers(definition.fields)}`]
  if (definition.kind !== Kind.ENUM_TYPE_DEFINITION) return []
  return [`export type ${definition.name.value} = ${(definition.values ?? []).map(({ name }) => `'${name.value}'`).join(' | ')}`]
}

function ownField(field: FieldDefinitionNode): readonly string[] {
  return [...comment(field, '  '), `  readonly ${field.name.value}${isNonNull(field.type) ? '' : '?'}: ${outputType(field.type)}`]
}

function inputMembers(inputs: readonly InputValueDefinitionNode[] | undefined): string {
  if (inputs === undefined || inputs.length === 0) return 'Readonly<Record<string, never>>'
  const members = inputs.map(({ name, type, defaultValue }) => {
    // A default stands in where nothing is given, but not for a null.
    const isGiven = isNonNull(type) || defaultValue !== undefined
    return `readonly ${name.value}${isGiven ? '' : '?'}: ${outputType(type)}`
  })
  return `{ ${members.join('; ')} }`
}

function outputType(type: TypeNode): string {
  return isNonNull(type) ? presentType(type) : `${presentType(type)} | null`
}

function presentType(type: TypeNode): string {
  if (type.kind === Kind.NON_NULL_TYPE) return presentType(type.type)
  if (type.kind === Kind.LIST_TYPE) {
    const item = outputType(type.type)
    return `readonly ${item.includes(' ') ? `(${item})` : item}[]`
  }
  const name = type.name.value
  return Object.hasOwn(SCALAR_TYPES, name) ? (SCALAR_TYPES[name] ?? name) : name
}

function isNonNull(type: TypeNode): boolean {
  return type.kind === Kind.NON_NULL_TYPE
}

const SCALAR_TYPES: Readonly<Record<string, string>> = {
  String: 'string', ID: 'string', Boolean: 'boolean', Int: 'number', Float: 'number', BigInt: 'number | string',
  Decimal: 'string', Date: 'string', DateTime: 'string', LocalTime: 'string', JSON: 'unknown',
}

function comment({ description }: FieldDefinitionNode, indent: string): readonly string[] {
  if (description === undefined) return []
  const text = description.value.trim().replaceAll('*/', '*\\/').replaceAll(/\s*\n\s*/g, ' ')
  return [`${indent}/** ${text} */`]
}
