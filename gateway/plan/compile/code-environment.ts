import type { TypeIndex } from './type-index.ts'

// A quote, a backslash, a control character or a lone surrogate needs escaping.
// oxlint-disable-next-line no-control-regex
const NEEDS_ESCAPE = /["\\\u0000-\u001F\uD800-\uDFFF]/

/** The functions that generated code calls by name. */
export function codeEnvironment(types: TypeIndex): Readonly<Record<string, unknown>> {
  return { own, leafText, moreSpecific: (left: unknown, right: unknown) => moreSpecific(types, left, right) }
}

function own(object: object, key: string): unknown {
  return Object.hasOwn(object, key) ? (object as Record<string, unknown>)[key] : undefined
}

/** JSON text of a leaf; undefined for an absent one. */
function leafText(value: unknown): string | undefined {
  if (typeof value === 'string') return NEEDS_ESCAPE.test(value) ? JSON.stringify(value) : `"${value}"`
  return value === undefined ? undefined : JSON.stringify(value)
}

/** Of two sources' type names the one that is an object type; an empty name when they contradict each other. */
function moreSpecific(types: TypeIndex, left: unknown, right: unknown): unknown {
  if (left === right || right === undefined || right === null) return left
  if (left === undefined || left === null) return right
  if (typeof left === 'string' && types.isAbstract(left)) return right
  if (typeof right === 'string' && types.isAbstract(right)) return left
  return ''
}
