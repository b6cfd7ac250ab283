/** The known name most like a mistyped one, if any is near enough to be meant. O(names × length²). */
export function findNearestName(name: string, known: Iterable<string>): string | undefined {
  const wanted = fold(name)
  // A long text is a mistake of another kind, and comparing it would cost its square.
  if (wanted.length > 64) return undefined
  const reach = Math.max(1, Math.floor(wanted.length / 3))
  let best: string | undefined
  let bestDistance = reach + 1
  for (const candidate of known) {
    if (Math.abs(candidate.length - wanted.length) > bestDistance) continue
    const distance = editDistance(wanted, fold(candidate))
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** Whether one is the other with a slip of the finger: at most two letters more, less, other or swapped. */
export function isTypo(name: string, meant: string): boolean {
  return Math.abs(name.length - meant.length) <= 3 && editDistance(fold(name), fold(meant)) <= 2
}

/** Case and separators don't make names different to a person. */
function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[_\-\s]/g, '')
}

/** Levenshtein distance with neighbouring letters swapped counted as one step. */
function editDistance(a: string, b: string): number {
  let twoAgo: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1]
      let cost = Math.min((previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (previous[column - 1] ?? 0) + (same ? 0 : 1))
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (swapped) cost = Math.min(cost, (twoAgo[column - 2] ?? 0) + 1)
      current.push(cost)
    }
    twoAgo = previous
    previous = current
  }
  return previous[b.length] ?? 0
}
