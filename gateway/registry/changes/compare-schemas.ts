import { CriticalityLevel, diff, type Change } from '@graphql-inspector/core'
import type { GraphQLSchema } from 'graphql'
import type { ChangeSeverity, GraphChange } from './graph-change.ts'

/** What a domain can do instead of each breaking kind; the message itself comes from the comparison. */
const INSTEAD: Readonly<Record<string, string>> = {
  FIELD_REMOVED: 'deprecate the field with a date and a replacement, and remove it when nobody asks for it any more',
  FIELD_TYPE_CHANGED: 'add a field of the new type beside it and deprecate this one',
  FIELD_ARGUMENT_REMOVED: 'keep the argument, deprecated and without effect, until nobody sends it',
  FIELD_ARGUMENT_ADDED: 'give the new argument a default value or make it nullable',
  FIELD_ARGUMENT_TYPE_CHANGED: 'add an argument of the new type beside it',
  INPUT_FIELD_REMOVED: 'keep the input field, deprecated, until nobody sends it',
  INPUT_FIELD_ADDED: 'give the new input field a default value or make it nullable',
  INPUT_FIELD_TYPE_CHANGED: 'add an input field of the new type beside it',
  TYPE_REMOVED: 'deprecate the fields that lead to the type first',
  TYPE_KIND_CHANGED: 'give the new type another name',
  ENUM_VALUE_REMOVED: 'keep the value, deprecated, until the data and the clients are free of it',
  UNION_MEMBER_REMOVED: 'keep the member until nobody selects it',
  OBJECT_TYPE_INTERFACE_REMOVED: 'keep the interface until nobody asks through it',
  DIRECTIVE_REMOVED: 'keep the directive until no document uses it',
  DIRECTIVE_ARGUMENT_REMOVED: 'keep the argument until no document uses it',
  DIRECTIVE_ARGUMENT_TYPE_CHANGED: 'add an argument of the new type beside it',
  DIRECTIVE_LOCATION_REMOVED: 'keep the location until no document uses it',
  DIRECTIVE_REPEATABLE_REMOVED: 'keep the directive repeatable until no document repeats it',
}

/** Applied directives are compared where they mean something: access in `compareAccess`, deprecation as its own kinds. */
function isDirectiveUsage(change: Change): boolean {
  return String(change.type).startsWith('DIRECTIVE_USAGE_')
}

/** Every difference between two API schemas, in the order of the schema. */
export async function compareSchemas(before: GraphQLSchema, after: GraphQLSchema): Promise<readonly GraphChange[]> {
  const changes = await diff(before, after)
  return changes.filter((change) => !isDirectiveUsage(change)).map(toGraphChange)
}

function toGraphChange(change: Change): GraphChange {
  const how = INSTEAD[String(change.type)]
  const severity = SEVERITIES[change.criticality.level]
  return {
    kind: String(change.type).toLowerCase().replaceAll('_', '-'),
    severity,
    weakensProtection: false,
    coordinate: coordinateOf(change),
    message: asSentence(change.message),
    ...(severity === 'breaking' && how !== undefined ? { how } : {}),
  }
}

const SEVERITIES: Readonly<Record<CriticalityLevel, ChangeSeverity>> = {
  [CriticalityLevel.Breaking]: 'breaking',
  [CriticalityLevel.Dangerous]: 'dangerous',
  [CriticalityLevel.NonBreaking]: 'safe',
}

/** The comparison writes `Type.field.argument`, `@directive.argument` and `Type.field.@deprecated`; coordinates are as the GraphQL specification writes them. */
function coordinateOf(change: Change): string {
  const path = (change.path ?? '__schema').replace(/\.@deprecated$/, '')
  const [owner, member, argument] = path.split('.')
  if (owner?.startsWith('@') && member !== undefined) return `${owner}(${member}:)`
  return argument === undefined ? path : `${owner}.${member}(${argument}:)`
}

const KIND_WORDS: Readonly<Record<string, string>> = {
  ObjectTypeDefinition: 'object type', InterfaceTypeDefinition: 'interface', InputObjectTypeDefinition: 'input object',
  ScalarTypeDefinition: 'scalar', EnumTypeDefinition: 'enum', UnionTypeDefinition: 'union',
}

function asSentence(message: string): string {
  return message.replace(/'/g, '"').replace(/\.$/, '').replace(/"(\w+TypeDefinition)"/g, (whole, kind: string) => KIND_WORDS[kind] ?? whole)
}
