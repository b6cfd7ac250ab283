import { Kind, type DefinitionNode, type DirectiveNode, type DocumentNode, type FieldDefinitionNode, type InputValueDefinitionNode, type NameNode, type ObjectTypeDefinitionNode, type ObjectTypeExtensionNode, type TypeNode } from 'graphql'
import { findNearestName } from '../errors/index.ts'
import type { DomainModel } from './domain-model.ts'
import type { ExtensionFindings } from './extension-findings.ts'
import { isProtected, neededFields, productAccesses } from './extension-nodes.ts'

export interface ExtensionRules {
  readonly model: DomainModel
  /** The contracts' own schema. */
  readonly base: DocumentNode
  readonly findings: ExtensionFindings
}

const BUILT_IN_SCALARS = ['String', 'Int', 'Float', 'Boolean', 'ID']
const DIRECTIVES = ['needs', 'deprecated', 'requiresScopes', 'authenticated']
/** Fields that the crosswalk adds to the types of a sense. */
const CROSSWALK_FIELD = /^as[A-Z]|^(?:concept|mappings|explain)$/

/** Reports everything in an extension file that would not fit the graph of the domain's contracts. */
export function checkExtensions(document: DocumentNode, rules: ExtensionRules): void {
  new ExtensionChecker(document, rules).check()
}

type TypeKind = 'scalar' | 'enum' | 'input' | 'object'

class ExtensionChecker {
  readonly #document: DocumentNode
  readonly #rules: ExtensionRules
  /** Types that a field may use, by name. */
  readonly #types = new Map<string, { readonly kind: TypeKind; readonly isOwn: boolean }>()
  /** Fields that a type has already. */
  readonly #taken = new Map<string, Set<string>>()

  constructor(document: DocumentNode, rules: ExtensionRules) {
    this.#document = document
    this.#rules = rules
    for (const name of BUILT_IN_SCALARS) this.#types.set(name, { kind: 'scalar', isOwn: false })
    for (const definition of rules.base.definitions) this.#know(definition, false)
  }

  check(): void {
    for (const definition of this.#document.definitions) this.#checkName(definition)
    for (const definition of this.#document.definitions) this.#checkDefinition(definition)
  }

  #know(definition: DefinitionNode, isOwn: boolean): void {
    const kind = kindOf(definition)
    if (kind === undefined || !('name' in definition) || definition.name === undefined) return
    this.#types.set(definition.name.value, { kind, isOwn })
    if ('fields' in definition && definition.kind === Kind.OBJECT_TYPE_DEFINITION) {
      this.#taken.set(definition.name.value, isOwn ? new Set() : new Set((definition.fields ?? []).map(({ name }) => name.value)))
    }
  }

  /** Types of its own bear the domain's name, like all types of a domain. */
  #checkName(definition: DefinitionNode): void {
    if (kindOf(definition) === undefined || !('name' in definition) || definition.name === undefined) return
    const name = definition.name.value
    const prefix = this.#rules.model.rootType.slice(0, -'Query'.length)
    if (this.#types.has(name)) {
      this.#report(definition.name, 'extension-type-taken', `the type \`${name}\` is there already`, `choose another name, or write \`extend type ${name}\` to add fields to it`)
    } else if (!name.startsWith(prefix) || name === prefix) {
      this.#report(definition.name, 'extension-type-name', `the type \`${name}\` does not bear the domain's name`, `call it \`${prefix}${name}\``)
    }
    this.#know(definition, true)
  }

  #checkDefinition(definition: DefinitionNode): void {
    if (definition.kind === Kind.OBJECT_TYPE_EXTENSION) return this.#checkExtension(definition)
    if (definition.kind === Kind.OBJECT_TYPE_DEFINITION) return this.#checkOwnType(definition)
    if (definition.kind === Kind.ENUM_TYPE_DEFINITION) return this.#checkDirectives(definition.directives)
    if (definition.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION) {
      this.#checkDirectives(definition.directives)
      return this.#checkInputs(definition.fields)
    }
    this.#rules.findings.report(definition, {
      rule: 'extension-kind',
      what: 'only `extend type`, `type`, `enum` and `input` can be added',
      why: 'the graph of a domain has one root, its own scalars, and no writes',
      how: 'leave it out, or add what it is for as a field of an object or of the domain\'s root',
    })
  }

  #checkExtension(extension: ObjectTypeExtensionNode): void {
    const { model } = this.#rules
    const typeName = extension.name.value
    const isRoot = typeName === model.rootType
    if (!isRoot && !model.objects.has(typeName)) {
      const nearest = findNearestName(typeName, [...model.objects.keys(), model.rootType])
      const known = nearest === undefined ? `\`${model.rootType}\` or a type of the contracts: ${[...model.objects.keys()].join(', ')}` : `\`${nearest}\``
      return this.#report(extension.name, 'extension-not-extendable', `\`${typeName}\` cannot be extended`, `extend ${known}`)
    }
    if ((extension.directives?.length ?? 0) > 0) this.#report(extension, 'extension-type-directives', `\`${typeName}\` has directives of its contract alone`, 'put them at the fields')
    for (const field of extension.fields ?? []) this.#checkField(field, typeName)
  }

  #checkOwnType(definition: ObjectTypeDefinitionNode): void {
    this.#checkDirectives(definition.directives)
    const accesses = productAccesses(this.#rules.model)
    if (!isProtected(definition.directives) && accesses.length > 1) {
      this.#report(definition.name, 'extension-type-open', `nothing says who may read \`${definition.name.value}\``, `the products differ, so add one of: ${accesses.join(', ')}`)
    }
    for (const field of definition.fields ?? []) this.#checkField(field, definition.name.value)
  }

  #checkField(field: FieldDefinitionNode, typeName: string): void {
    const coordinate = `${typeName}.${field.name.value}`
    const taken = this.#taken.get(typeName) ?? new Set<string>()
    if (taken.has(field.name.value)) this.#report(field.name, 'extension-field-taken', `\`${coordinate}\` is there already`, 'choose another name')
    else if (CROSSWALK_FIELD.test(field.name.value) || field.name.value.startsWith('_')) this.#report(field.name, 'extension-field-reserved', `the name \`${field.name.value}\` belongs to the crosswalk or to GraphQL`, 'choose another name')
    taken.add(field.name.value)
    this.#taken.set(typeName, taken)
    this.#checkDirectives(field.directives)
    this.#checkNeeds(field, typeName)
    this.#checkOutput(field.type, coordinate)
    this.#checkInputs(field.arguments)
    if (typeName === this.#rules.model.rootType && !isProtected(field.directives)) {
      this.#report(field, 'extension-root-open', `nothing says who may read \`${coordinate}\``, `add ${productAccesses(this.#rules.model).join(' or ')}: the domain's root is open to everyone`)
    }
  }

  #checkNeeds(field: FieldDefinitionNode, typeName: string): void {
    const object = this.#rules.model.objects.get(typeName)
    const needs = field.directives?.find(({ name }) => name.value === 'needs')
    if (needs === undefined) return
    const names = neededFields(field)
    if (names.length === 0) return this.#report(needs, 'extension-needs-nothing', '`@needs` names no field', 'write `@needs(fields: "name other")`, or leave it out')
    for (const name of names) {
      if (object?.fields.has(name) === true) continue
      const nearest = object === undefined ? undefined : findNearestName(name, object.fields.keys())
      const how = nearest === undefined ? `name properties of \`${typeName}\` as they stand in the graph` : `write \`${nearest}\``
      this.#report(needs, 'extension-needs-unknown', `\`${typeName}\` has no property \`${name}\``, object === undefined ? 'only fields of a contract\'s object have a row' : how)
    }
  }

  #checkOutput(type: TypeNode, coordinate: string): void {
    const name = namedType(type)
    const known = this.#types.get(name.value)
    if (known === undefined) return this.#reportUnknown(name, ['scalar', 'enum', 'object'])
    if (known.kind === 'input') return this.#report(name, 'extension-type-kind', `\`${name.value}\` is an input`, 'use a type for answers')
    if (known.kind === 'object' && !known.isOwn) {
      this.#report(name, 'extension-returns-rows', `\`${coordinate}\` would give rows of \`${name.value}\``, 'declare a relationship in the contract, whose rows are fetched in one statement; or give a type of its own')
    }
  }

  #checkInputs(inputs: readonly InputValueDefinitionNode[] | undefined): void {
    for (const input of inputs ?? []) {
      this.#checkDirectives(input.directives)
      const name = namedType(input.type)
      const known = this.#types.get(name.value)
      if (known === undefined) this.#reportUnknown(name, ['scalar', 'enum', 'input'])
      else if (known.kind === 'object') this.#report(name, 'extension-type-kind', `\`${name.value}\` is a type for answers`, 'use an input, an enum or a scalar')
    }
  }

  #checkDirectives(directives: readonly DirectiveNode[] | undefined): void {
    for (const { name } of directives ?? []) {
      if (!DIRECTIVES.includes(name.value)) this.#report(name, 'extension-directive-unknown', `\`@${name.value}\` has no effect here`, `there are ${DIRECTIVES.map((one) => `@${one}`).join(', ')}`)
    }
  }

  #reportUnknown(name: NameNode, kinds: readonly TypeKind[]): void {
    const candidates = [...this.#types].filter(([, { kind, isOwn }]) => kinds.includes(kind) && (kind !== 'object' || isOwn)).map(([known]) => known)
    const nearest = findNearestName(name.value, candidates)
    this.#report(name, 'extension-type-unknown', `there is no type \`${name.value}\``, nearest === undefined ? 'define it in this file, or use a scalar or enum of the domain' : `write \`${nearest}\``)
  }

  #report(node: Parameters<ExtensionFindings['report']>[0], rule: string, what: string, how: string): void {
    this.#rules.findings.report(node, { rule, what, how })
  }
}

const KINDS: Readonly<Partial<Record<Kind, TypeKind>>> = {
  [Kind.SCALAR_TYPE_DEFINITION]: 'scalar',
  [Kind.ENUM_TYPE_DEFINITION]: 'enum',
  [Kind.INPUT_OBJECT_TYPE_DEFINITION]: 'input',
  [Kind.OBJECT_TYPE_DEFINITION]: 'object',
}

function kindOf({ kind }: DefinitionNode): TypeKind | undefined {
  return KINDS[kind]
}

function namedType(type: TypeNode): NameNode {
  return type.kind === Kind.NAMED_TYPE ? type.name : namedType(type.type)
}
