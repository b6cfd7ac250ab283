import { Kind, type DirectiveNode, type FieldDefinitionNode } from 'graphql'
import { productAccess } from './access-directives.ts'
import type { DomainModel } from './domain-model.ts'

/** Names in `@needs(fields: "…")`. */
export function neededFields(definition: FieldDefinitionNode): readonly string[] {
  const argument = definition.directives?.find(({ name }) => name.value === 'needs')?.arguments?.find(({ name }) => name.value === 'fields')
  return argument?.value.kind === Kind.STRING ? argument.value.value.split(/[\s,]+/).filter((name) => name !== '') : []
}

/** What the products of the domain ask of a caller; one entry where they all ask the same. */
export function productAccesses(model: DomainModel): readonly string[] {
  return [...new Set([...model.objects.values()].map(({ product }) => productAccess(product)))]
}

export function isProtected(directives: readonly DirectiveNode[] | undefined): boolean {
  return directives?.some(({ name }) => name.value === 'authenticated' || name.value === 'requiresScopes') === true
}
