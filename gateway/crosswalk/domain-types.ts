import { Kind, parse, print, type TypeNode } from 'graphql'
import { AccessReader, joinAccess, OPEN, type DeclaredAccess } from './domain-access.ts'

/** Type of a field as the domain's subgraph declares it. */
export interface FieldType {
  /** As written: `[Int!]!`. */
  readonly text: string
  /** Without list and non-null: `Int`. */
  readonly named: string
  /** What the field and its type ask of the caller, the parent type left out. */
  readonly access: DeclaredAccess
}

/** What a subgraph's SDL says of its object types and leaves. */
export interface DomainTypes {
  /** Type name → field name → type. */
  readonly fields: ReadonlyMap<string, ReadonlyMap<string, FieldType>>
  /** Definitions of scalars and enums, without descriptions and directives, by name. */
  readonly leaves: ReadonlyMap<string, string>
  /** What types ask of the caller, by name. */
  readonly access: ReadonlyMap<string, DeclaredAccess>
}

/** Reads field types out of a subgraph's SDL; composition demands that ours be the same. */
export function readDomainTypes(sdl: string): DomainTypes {
  const document = parse(sdl, { noLocation: true })
  const reader = new AccessReader(document)
  const access = new Map<string, DeclaredAccess>()
  for (const node of document.definitions) {
    if (
      !('name' in node) ||
      node.name === undefined ||
      !('directives' in node) ||
      node.kind === Kind.FRAGMENT_DEFINITION ||
      node.kind === Kind.OPERATION_DEFINITION
    )
      continue
    access.set(node.name.value, joinAccess([access.get(node.name.value) ?? OPEN, reader.read(node.directives ?? [])]))
  }
  const fields = new Map<string, Map<string, FieldType>>()
  const leaves = new Map<string, string>()
  for (const node of document.definitions) {
    if (node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.OBJECT_TYPE_EXTENSION) {
      const own = fields.get(node.name.value) ?? new Map<string, FieldType>()
      for (const field of node.fields ?? []) {
        const named = namedType(field.type)
        own.set(field.name.value, {
          text: print(field.type),
          named,
          access: joinAccess([reader.read(field.directives ?? []), access.get(named) ?? OPEN]),
        })
      }
      fields.set(node.name.value, own)
    } else if (node.kind === Kind.SCALAR_TYPE_DEFINITION) {
      leaves.set(node.name.value, `scalar ${node.name.value}`)
    } else if (node.kind === Kind.ENUM_TYPE_DEFINITION) {
      leaves.set(node.name.value, `enum ${node.name.value} { ${(node.values ?? []).map(({ name }) => name.value).join(' ')} }`)
    }
  }
  return { fields, leaves, access }
}

function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type)
}
