import { GraphQLError, Kind, parse, print, type ConstDirectiveNode, type DefinitionNode, type DirectiveNode, type DocumentNode, type FieldDefinitionNode, type ObjectTypeDefinitionNode, type ObjectTypeExtensionNode } from 'graphql'
import type { DataProduct } from '../contract/index.ts'
import { invalid, ok, type Diagnostic, type Result } from '../errors/index.ts'
import { buildDomainModel, getProperty, type DomainModel } from './domain-model.ts'
import { printDomainSdl } from './domain-sdl.ts'
import { ExtensionFindings } from './extension-findings.ts'
import { isProtected, neededFields, productAccesses } from './extension-nodes.ts'
import { checkExtensions } from './extension-rules.ts'

/** A field that a domain adds to its graph and answers with code of its own. */
export interface ExtensionField {
  /** `SupportTicket.ageInDays`. */
  readonly coordinate: string
  readonly typeName: string
  readonly name: string
  /** Properties of the row that its resolver gets; empty under the domain's root. */
  readonly needs: readonly string[]
  readonly definition: FieldDefinitionNode
}

/** What a domain adds to the graph of its contracts; made only by `parseExtensions`. */
export interface DomainExtensions {
  /** Stands after the contracts' own schema. */
  readonly sdl: string
  /** Each needs a resolver. */
  readonly fields: readonly ExtensionField[]
  readonly document: DocumentNode
}

const MAX_TOKENS = 100_000

/**
 * Reads `extensions.graphql`: `extend type` for fields of a contract's objects or of the domain's root, and the enums,
 * inputs and object types that they need. Everything that is wrong at once.
 *
 * A field gets the protection of its type, and the scopes of what it needs (`@needs(fields: "openedAt solvedAt")`); a type
 * of its own gets that of the products.
 */
export function parseExtensions(text: string, { file, products }: { readonly file: string; readonly products: readonly DataProduct[] }): Result<DomainExtensions> {
  const findings = new ExtensionFindings(file)
  const model = buildDomainModel(products)
  let document: DocumentNode
  try {
    document = parse(text, { maxLexicalTokens: MAX_TOKENS })
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    const [place] = error.locations ?? []
    const finding: Diagnostic = { rule: 'extension-syntax', severity: 'error', what: error.message, position: { file, line: place?.line ?? 1, column: place?.column ?? 1 } }
    return invalid([finding])
  }
  checkExtensions(document, { model, base: parse(printDomainSdl(model)), findings })
  if (findings.list.length > 0) return invalid(findings.list)
  return ok(buildExtensions(document, model))
}

function buildExtensions(document: DocumentNode, model: DomainModel): DomainExtensions {
  const fields = document.definitions.flatMap((definition) => (definition.kind === Kind.OBJECT_TYPE_EXTENSION ? fieldsOf(definition) : []))
  const sdl = document.definitions.map((definition) => print(protect(definition, model))).join('\n\n')
  return { sdl, fields, document }
}

function fieldsOf(extension: ObjectTypeExtensionNode): readonly ExtensionField[] {
  const typeName = extension.name.value
  return (extension.fields ?? []).map((definition) => ({
    coordinate: `${typeName}.${definition.name.value}`,
    typeName,
    name: definition.name.value,
    needs: neededFields(definition),
    definition,
  }))
}

function protect(definition: DefinitionNode, model: DomainModel): DefinitionNode {
  if (definition.kind === Kind.OBJECT_TYPE_DEFINITION) return protectType(definition, model)
  if (definition.kind !== Kind.OBJECT_TYPE_EXTENSION) return definition
  return { ...definition, fields: (definition.fields ?? []).map((field) => protectField(field, definition.name.value, model)) }
}

/** Without the word that only we know, with the scopes of what it is made of. */
function protectField(field: FieldDefinitionNode, typeName: string, model: DomainModel): FieldDefinitionNode {
  const own = (field.directives ?? []).filter(({ name }) => name.value !== 'needs')
  const object = model.objects.get(typeName)
  const needed = object === undefined ? [] : neededFields(field).map((name) => getProperty(object, name).readScopes).filter((scopes) => scopes.length > 0)
  if (needed.length === 0) return { ...field, directives: own }
  // One of each property's scopes, in every combination, beside what the field asks by itself.
  const ofField = own.filter(({ name }) => name.value === 'requiresScopes').map(scopesOf)
  const combinations = [...needed.map((scopes) => scopes.map((scope) => [scope])), ...ofField].reduce<readonly (readonly string[])[]>(
    (known, next) => known.flatMap((one) => next.map((other) => [...new Set([...one, ...other])])),
    [[]],
  )
  const directive = parseDirective(`@requiresScopes(scopes: ${JSON.stringify(combinations)})`)
  return { ...field, directives: [...own.filter(({ name }) => name.value !== 'requiresScopes'), ...directive] }
}

function scopesOf(directive: DirectiveNode): readonly (readonly string[])[] {
  const [argument] = directive.arguments ?? []
  if (argument?.value.kind !== Kind.LIST) return []
  return argument.value.values.map((set) => (set.kind === Kind.LIST ? set.values.flatMap((scope) => (scope.kind === Kind.STRING ? [scope.value] : [])) : []))
}

function protectType(definition: ObjectTypeDefinitionNode, model: DomainModel): ObjectTypeDefinitionNode {
  if (isProtected(definition.directives)) return definition
  const [access = '@authenticated'] = productAccesses(model)
  return { ...definition, directives: [...(definition.directives ?? []), ...parseDirective(access)] }
}

function parseDirective(text: string): readonly ConstDirectiveNode[] {
  const [definition] = parse(`extend type T ${text}`, { noLocation: true }).definitions
  return definition?.kind === Kind.OBJECT_TYPE_EXTENSION ? (definition.directives ?? []) : []
}
