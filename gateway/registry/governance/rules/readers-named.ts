import type { GovernanceRule } from '../governance-rule.ts'

export const readersNamed: GovernanceRule = {
  name: 'readers-named',
  why: 'A product that any signed-in caller may read should be so because somebody meant it.',
  check: ({ products }) => products.filter((product) => product.readScopes.length === 0).map((product) => ({
    subject: product.urn, what: `"${product.name}" may be read by every signed-in caller`, how: 'name the scope under `roles` with `access: read`, or have the product exempted with a reason',
  })),
}
