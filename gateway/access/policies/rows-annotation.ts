/** One way of `@rows`, as it is written: a property of the contract and a claim of the token. */
export interface WrittenRowCondition {
  readonly property: string
  readonly claim: string
}

/** What `@rows("…")` accepts, for messages. */
export const ROWS_FORM = '"<property> in claim.<name>", several joined by ` or `'

const CONDITION = /^(\w{1,200}) in claim\.([\w:./-]{1,200})$/
const MAX_CONDITIONS = 8

/** Reads the text of a `@rows` annotation; undefined when it is not of `ROWS_FORM`. */
export function parseRows(text: string): readonly WrittenRowCondition[] | undefined {
  const conditions = text.split(' or ').map((part) => {
    const [, property, claim] = CONDITION.exec(part.trim()) ?? []
    return property === undefined || claim === undefined ? undefined : { property, claim }
  })
  return conditions.length <= MAX_CONDITIONS && conditions.every((condition) => condition !== undefined) ? conditions : undefined
}
