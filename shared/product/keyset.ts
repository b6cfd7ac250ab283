import { GatewayError } from '../errors/index.ts'
import type { RowPosition } from './cursor.ts'
import { termExpression, type OrderTerm, type RowOrder } from './row-order.ts'
import type { StatementScope, TableRef } from './statement-scope.ts'

export interface KeysetBound {
  /** Total: no two rows are equal in all its terms. */
  readonly order: RowOrder
  readonly position: RowPosition
  readonly side: 'after' | 'before'
}

/**
 * Rows strictly on one side of a position: equal in the first terms and beyond in the next, for each number of first terms.
 *
 * Absent values come last in either direction, so nothing is after an absent one and everything present is before it.
 */
export function keysetCondition(scope: StatementScope, ref: TableRef, bound: KeysetBound): string {
  const { terms } = bound.order
  if (bound.position.length !== terms.length) throw new GatewayError('CURSOR_INVALID', 'the cursor is not one that this query gave out')
  const values = terms.map((term, index) => positionValue(scope, ref, term, bound.position[index] ?? null))
  const alternatives = terms.map((_term, index) => {
    const equal = values.slice(0, index).map((value) => value.equal)
    const beyond = bound.side === 'after' ? values[index]?.after : values[index]?.before
    return [...equal, beyond ?? 'FALSE'].join(' AND ')
  })
  return `(${alternatives.map((alternative) => `(${alternative})`).join(' OR ')})`
}

interface PositionValue {
  readonly equal: string
  readonly after: string
  readonly before: string
}

function positionValue(scope: StatementScope, ref: TableRef, term: OrderTerm, text: string | null): PositionValue {
  const expression = termExpression(scope, ref, term)
  if (text === null) return { equal: `${expression} IS NULL`, after: 'FALSE', before: `${expression} IS NOT NULL` }
  const value = scope.dialect.cast(scope.columnType(ref, term.property), scope.values.bind(text), text)
  if (value === undefined) throw new GatewayError('CURSOR_INVALID', 'the cursor is not one that this query gave out')
  const [later, earlier] = term.direction === 'ASC' ? ['>', '<'] : ['<', '>']
  return {
    equal: `${expression} = ${value}`,
    after: `(${expression} ${later} ${value} OR ${expression} IS NULL)`,
    before: `${expression} ${earlier} ${value}`,
  }
}
