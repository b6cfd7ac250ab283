import type { AnswerKeys } from './answer-keys.ts'

/**
 * Rows in an answer: objects that stand in lists. `outermost` counts those in lists that are in no other list, in time
 * that does not grow with the answer; `all` counts those inside of them as well, O(size of the answer). An answer
 * without lists but with values is one row. No recursion.
 */
export function countRows(data: unknown, lists: 'outermost' | 'all'): number {
  let rows = 0
  const open: unknown[] = [data]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null) continue
    if (Array.isArray(next)) {
      if (lists === 'outermost') {
        rows += next.length
        continue
      }
      for (const element of next as readonly unknown[]) {
        if (typeof element !== 'object' || element === null) continue
        if (!Array.isArray(element)) rows += 1
        open.push(element)
      }
    } else {
      // No list of the values is made: an answer has thousands of objects.
      for (const key in next) {
        const value = (next as Readonly<Record<string, unknown>>)[key]
        if (typeof value === 'object' && value !== null) open.push(value)
      }
    }
  }
  return rows === 0 && hasValue(data) ? 1 : rows
}

/** Both counts of an answer. @param inLists what whoever made it counted, so that it need not be looked for; 0: an answer without lists */
export function rowCounts(data: unknown, inLists = 0): { readonly outermost: number; readonly all: number } {
  return { outermost: countRows(data, 'outermost'), all: inLists > 0 ? inLists : countRows(data, 'all') }
}

/** Whether anything but nulls is there; answers without lists are small. */
function hasValue(data: unknown): boolean {
  if (typeof data !== 'object') return data !== undefined
  return data !== null && Object.values(data).some((value) => value !== null && (typeof value !== 'object' || hasValue(value)))
}

/**
 * The same as `countRows(data, 'all')` for the answer of an operation, going only where its document has objects: an answer has many
 * more values than objects in lists.
 */
export function countRowsAt(data: unknown, keys: AnswerKeys): number {
  const rows = countBelow(data, keys, false)
  return rows === 0 && hasValue(data) ? 1 : rows
}

// As deep as the document, whose depth is limited.
function countBelow(value: unknown, keys: AnswerKeys, inList: boolean): number {
  if (typeof value !== 'object' || value === null) return 0
  let rows = 0
  if (Array.isArray(value)) {
    for (const element of value as readonly unknown[]) rows += countBelow(element, keys, true)
    return rows
  }
  for (const [key, below] of keys) {
    const member = (value as Readonly<Record<string, unknown>>)[key]
    if (typeof member === 'object' && member !== null) rows += countBelow(member, below, false)
  }
  return inList ? rows + 1 : rows
}
