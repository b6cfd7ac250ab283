import { findCustomValues } from './custom-properties.ts'
import type { ContractDocument } from './draft.ts'

const COORDINATE = /^[_A-Za-z]\w*\.[_A-Za-z]\w*(?:\([_A-Za-z]\w*\))?$/

/**
 * `safeArguments` of a contract that is laid over a foreign subgraph: arguments, in the subgraph's own names, whose answers tell
 * nothing of a masked field. `Query.products(kind)`, or `Query.products` for all of them.
 */
export function readSafeArguments({ contract, findings, places }: ContractDocument): readonly string[] {
  return findCustomValues(contract.customProperties, 'safeArguments', places).flatMap(({ value, at }) => {
    const names: readonly unknown[] = Array.isArray(value) ? value : [value]
    if (names.every((name): name is string => typeof name === 'string' && COORDINATE.test(name))) return names
    findings.report({
      rule: 'contract-custom-value',
      at,
      what: `\`safeArguments\` is ${JSON.stringify(value).slice(0, 80)}`,
      expected: 'a list of arguments like `Query.products(kind)`',
      why: 'other arguments are refused to callers who see something masked',
      how: 'write type, field and argument as the subgraph names them',
    })
    return []
  })
}
