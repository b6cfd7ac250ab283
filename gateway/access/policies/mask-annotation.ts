import type { Mask } from '@polyseme/kit/identity'

/** What `@mask("…")` accepts, for messages. */
export const MASK_FORMS = '"null", "hash", "partial", "year", "range <step>" or "constant <text>"'

const RANGE = /^range (\d+(?:\.\d+)?)$/
const CONSTANT_PREFIX = 'constant '
const MAX_CONSTANT_LENGTH = 100

/** Reads the text of a `@mask` annotation; undefined when it is none of `MASK_FORMS`. */
export function parseMask(text: string): Mask | undefined {
  if (text === 'null' || text === 'hash' || text === 'partial' || text === 'year') return { kind: text }
  const step = Number(RANGE.exec(text)?.[1])
  if (step > 0 && Number.isFinite(step)) return { kind: 'range', step }
  const value = text.startsWith(CONSTANT_PREFIX) ? text.slice(CONSTANT_PREFIX.length) : ''
  return value !== '' && value.length <= MAX_CONSTANT_LENGTH ? { kind: 'constant', value } : undefined
}
