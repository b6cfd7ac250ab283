import { GatewayError } from '../errors/index.ts'
import { cursorBinding, type CursorCodec, type RowPosition } from './cursor.ts'
import { rowScope } from './call-access.ts'
import type { ObjectModel } from './domain-model.ts'
import { readRowOrder, type RowOrder } from './row-order.ts'
import type { FieldArguments } from './selection.ts'
import type { CallIdentity } from '../identity/index.ts'
import type { WhereInput } from './where-sql.ts'

/** The page that a connection field asks for. */
export interface PageRequest {
  readonly where: WhereInput | undefined
  readonly order: RowOrder
  readonly size: number
  readonly backwards: boolean
  readonly after: RowPosition | undefined
  readonly before: RowPosition | undefined
  /** What the page's cursors are bound to. */
  readonly binding: Buffer
}

export interface PageRequestContext {
  readonly object: ObjectModel
  readonly call: CallIdentity
  readonly cursors: CursorCodec
  /** Tells apart fields that lead to the same object: `SalesCustomer.orders`. */
  readonly field: string
}

/**
 * Reads the arguments of a connection field.
 *
 * @throws BAD_USER_INPUT sizes out of range or in contradiction; CURSOR_INVALID a cursor of another query.
 */
export function readPageRequest(context: PageRequestContext, args: FieldArguments): PageRequest {
  const { object } = context
  const first = readSize(args['first'], 'first', object)
  const last = readSize(args['last'], 'last', object)
  if (first !== undefined && last !== undefined) throw new GatewayError('BAD_USER_INPUT', `${context.field}: ask for first or last, not both`)
  const where = (args['where'] ?? undefined) as WhereInput | undefined
  const order = readRowOrder(object, args['orderBy'])
  const binding = bindingOf(context, where, order)
  const backwards = last !== undefined
  const after = readCursor(context, args['after'], binding)
  const before = readCursor(context, args['before'], binding)
  if (!order.isTotal && (backwards || before !== undefined)) {
    throw new GatewayError('BAD_USER_INPUT', `${context.field}: ${object.object.typeName} has no key, so its pages only go forward`)
  }
  return { where, order, size: first ?? last ?? object.object.page.defaultRows, backwards, after, before, binding }
}

function readSize(value: unknown, name: string, object: ObjectModel): number | undefined {
  if (value === null || value === undefined) return undefined
  const { maxRows } = object.object.page
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= maxRows) return value
  throw new GatewayError('BAD_USER_INPUT', `${name} is a number of rows from 0 to ${maxRows} for ${object.object.typeName}`)
}

function readCursor(context: PageRequestContext, value: unknown, binding: Buffer): RowPosition | undefined {
  if (value === null || value === undefined) return undefined
  if (typeof value !== 'string') throw new GatewayError('CURSOR_INVALID', 'a cursor is a text')
  return context.cursors.open(value, binding)
}

// The caller's row filters belong to the query: the same words of another caller are another query.
function bindingOf(context: PageRequestContext, where: WhereInput | undefined, order: RowOrder): Buffer {
  return cursorBinding([context.field, where ?? {}, order.terms.map((term) => [term.property.field, term.direction]), rowScope(context.call, context.object) ?? []])
}
