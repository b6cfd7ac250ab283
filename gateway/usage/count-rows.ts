/**
 * Rows in an answer: objects that stand in lists, at any depth, and objects that stand alone where no list is around
 * them count one together. O(size of the answer), no recursion.
 */
export function countRows(data: unknown): number {
  let rows = 0
  const open: unknown[] = [data]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null) continue
    if (Array.isArray(next)) {
      for (const element of next as readonly unknown[]) {
        if (typeof element === 'object' && element !== null && !Array.isArray(element)) rows += 1
        if (element !== undefined && element !== null) open.push(element)
      }
    } else {
      for (const value of Object.values(next)) if (typeof value === 'object' && value !== null) open.push(value)
    }
  }
  return rows === 0 && hasValue(data) ? 1 : rows
}

/** Whether anything but nulls is there. */
function hasValue(data: unknown): boolean {
  if (typeof data !== 'object') return data !== undefined
  return data !== null && Object.values(data).some((value) => value !== null && (typeof value !== 'object' || hasValue(value)))
}
