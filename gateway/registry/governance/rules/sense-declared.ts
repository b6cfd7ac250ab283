import type { GovernanceRule } from '../governance-rule.ts'

export const senseDeclared: GovernanceRule = {
  name: 'sense-declared',
  why: 'Only a type whose meaning is declared can be mapped to another domain, and be kept apart from one that only sounds alike.',
  check: ({ products }) => products.flatMap((product) => product.objects).filter((object) => object.keys.length > 0 && object.sense === undefined).map((object) => ({
    subject: object.typeName, what: `${object.typeName} does not say what it means`, how: 'add an authoritativeDefinition of type `sense`, for example `url: sales.Customer`, and describe it in the lexicon',
  })),
}
