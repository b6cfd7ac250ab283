import type { GovernanceRule } from '../governance-rule.ts'

export const keyPresent: GovernanceRule = {
  name: 'key-present',
  why: 'Without a key a record cannot be looked up, related or mapped to its counterpart in another domain.',
  check: ({ products }) => products.flatMap((product) => product.objects).filter((object) => object.keys.length === 0).map((object) => ({
    subject: object.typeName, what: `${object.typeName} has no key`, how: 'mark the identifying properties with `primaryKey: true`',
  })),
}
