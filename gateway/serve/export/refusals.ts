import { isObjectType, type GraphQLSchema } from 'graphql'
import type { AccessExplanation } from '../../access/index.ts'

/** Most reasons, and most fields of one reason, that a refusal names. */
export const MAX_REASONS = 5

/** What is denied in words, together what needs the same: `HrPerson.email, HrPerson.name (why; it needs what)`. */
export function refusalsOf(explained: readonly AccessExplanation[], schema: GraphQLSchema): string {
  const denied = explained.filter(({ decision }) => decision === 'denied')
  const isTold = ({ coordinate }: AccessExplanation): boolean => coordinate.includes('.')
    // A type whose fields are named says nothing more, nor do the pages of it.
    || !(isPage(schema, coordinate) || denied.some((other) => other.coordinate.startsWith(`${coordinate}.`)))
  const byNeed = Map.groupBy(denied.filter(isTold), ({ change = '' }) => change)
  return [...byNeed].slice(0, MAX_REASONS).map(([need, group]) => {
    const names = group.slice(0, MAX_REASONS).map(({ coordinate }) => coordinate).join(', ')
    const because = [...new Set(group.flatMap((one) => one.because))].join(', ')
    return `${names}${group.length > MAX_REASONS ? ` and ${group.length - MAX_REASONS} more` : ''} (${because}${need === '' ? '' : `; it needs ${need}`})`
  }).join('; ')
}

function isPage(schema: GraphQLSchema, name: string): boolean {
  const type = schema.getType(name)
  const fields = isObjectType(type) ? type.getFields() : {}
  return 'pageInfo' in fields || ('cursor' in fields && 'node' in fields)
}
