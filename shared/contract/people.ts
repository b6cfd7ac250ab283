import type { ProductOwner } from './data-product.ts'
import type { ContractDocument } from './draft.ts'
import type { OdcsContract } from './odcs.ts'
import { isScope } from './scope.ts'

/** Who answers for the product: the team member with an owner's role who has not left, or else the team itself. */
export function findOwner(contract: OdcsContract): ProductOwner | undefined {
  const { team } = contract
  const owner = team?.members?.find(({ role, dateOut }) => dateOut === undefined && /\bowner\b/i.test(role ?? ''))
  const name = owner?.name ?? owner?.username ?? team?.name
  if (name === undefined) return undefined
  const email = isEmail(owner?.username) ? owner?.username : findSupportEmail(contract)
  return { name, ...(email === undefined ? {} : { email }) }
}

function findSupportEmail({ support }: OdcsContract): string | undefined {
  const address = support?.find(({ url }) => url?.startsWith('mailto:'))?.url?.slice('mailto:'.length)
  return isEmail(address) ? address : undefined
}

function isEmail(value: string | undefined): value is string {
  return value !== undefined && /^[^\s@]+@[^\s@]+$/.test(value)
}

/**
 * The scopes that open the product: the names of the roles with read access, and of those that say nothing of access.
 *
 * A contract whose roles all only write is refused: read as "no roles", it would be open to everyone with a token.
 */
export function readScopesOf({ contract, findings, places }: ContractDocument): readonly string[] {
  const roles = contract.roles ?? []
  const readers = roles.filter(({ access }) => access === undefined || /\b(?:read|select|view|query|rw|all|full|admin)|^r$/i.test(access))
  const [first] = roles
  if (first !== undefined && readers.length === 0) {
    findings.report({
      rule: 'contract-no-reader',
      at: places.of(first, 'access'),
      what: 'no role has read access',
      expected: 'at least one role with `access: read`',
      why: 'roles open a product for reading; without one nobody could read it',
      how: 'add `- { role: <scope>, access: read }` under `roles`, or remove `roles` if everyone with a token may read',
    })
  }
  for (const role of readers) {
    if (isScope(role.role)) continue
    findings.report({
      rule: 'contract-scope',
      severity: 'warning',
      at: places.of(role, 'role'),
      what: `the role '${role.role.slice(0, 60)}' is not a possible scope`,
      expected: 'a name without spaces and quotes, for example `sales:read`',
      why: 'a token carries the scope under this name, and scopes are separated by spaces there',
      how: 'rename the role',
    })
  }
  return [...new Set(readers.map(({ role }) => role))]
}
