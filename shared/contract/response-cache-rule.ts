import { findNearestName } from '../errors/index.ts'
import { findCustomValues } from './custom-properties.ts'
import type { ResponseCacheRule } from './data-product.ts'
import type { ContractDocument } from './draft.ts'

const MAX_SECONDS = 86_400
const FORM = '`none`, or `{ seconds: …, scope: caller }`'

/** `responseCache` of a contract: whether a gateway may keep answers made of it, how long, and for whom. What cannot be read is an error. */
export function readResponseCache({ contract, findings, places }: ContractDocument): ResponseCacheRule | undefined {
  const [found, second] = findCustomValues(contract.customProperties, 'responseCache', places)
  if (found === undefined) return undefined
  const refuse = (at: number, what: string, how: string): ResponseCacheRule => {
    findings.report({ rule: 'contract-custom-value', at, what: `\`responseCache\` ${what}`, expected: FORM, why: 'an answer would be kept for longer, or for others, than was meant', how })
    return { kind: 'none' }
  }
  if (second !== undefined) return refuse(second.at, 'stands twice', 'keep one of them')
  const { value, at } = found
  if (value === 'none') return { kind: 'none' }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse(at, `is ${JSON.stringify(value)}`, 'write such a record under `value`')
  const { seconds, scope = 'caller', ...others } = value as Readonly<Record<string, unknown>>
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) return refuse(at, `has the key \`${unknown.slice(0, 60)}\``, `write \`${findNearestName(unknown, ['seconds', 'scope']) ?? 'seconds'}\``)
  if (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds < 1 || seconds > MAX_SECONDS) return refuse(at, 'has no `seconds` from 1 to 86400', 'add `seconds: 60`')
  if (scope !== 'caller' && scope !== 'shared') return refuse(at, 'has a `scope` that is neither caller nor shared', 'write `scope: caller`')
  return { kind: 'keep', seconds, scope }
}
