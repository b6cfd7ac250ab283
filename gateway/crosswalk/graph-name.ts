/** `exactMatch` → `EXACT_MATCH`. */
export function graphName(word: string): string {
  return word.replaceAll(/(?<=[a-z])(?=[A-Z])/gu, '_').toUpperCase()
}
