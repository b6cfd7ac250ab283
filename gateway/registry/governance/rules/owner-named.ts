import type { GovernanceRule } from '../governance-rule.ts'

export const ownerNamed: GovernanceRule = {
  name: 'owner-named',
  why: 'An analyst who doubts a number must find somebody to ask, and an access request somebody to decide.',
  check: ({ products }) => products.filter((product) => product.owner === undefined).map((product) => ({
    subject: product.urn,
    what: `"${product.name}" has no owner`,
    how: 'name a member of `team` with the role owner',
  })),
}
