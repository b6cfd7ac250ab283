/** What makes a JSON text ambiguous or dangerous although `JSON.parse` takes it. */
export type MemberFinding = { readonly kind: 'duplicate'; readonly member: string } | { readonly kind: 'reserved'; readonly member: string } | { readonly kind: 'too-deep' }

const MAX_DEPTH = 16
const RESERVED_MEMBERS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])
const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a

/**
 * The first member that stands twice in one object, or bears a name that reaches a prototype, at any depth.
 *
 * The text must be valid JSON (run `JSON.parse` first). Names are compared after unescaping, so `"sub"` and `"\u0073ub"`
 * are one. O(n), no recursion. RFC 7519 section 4 lets a parser refuse duplicates; `JSON.parse` silently takes the last.
 */
export function findSuspectMember(text: string): MemberFinding | undefined {
  // One entry per open bracket: the names seen in an object, or nothing for an array.
  const open: (Set<string> | undefined)[] = []
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '{' || character === '[') {
      if (open.length >= MAX_DEPTH) return { kind: 'too-deep' }
      open.push(character === '{' ? new Set() : undefined)
    } else if (character === '}' || character === ']') {
      open.pop()
    } else if (character === '"') {
      const end = endOfString(text, at)
      const names = open.at(-1)
      if (names !== undefined && isMemberName(text, end)) {
        const member = String(JSON.parse(text.slice(at, end)))
        if (RESERVED_MEMBERS.has(member)) return { kind: 'reserved', member }
        if (names.has(member)) return { kind: 'duplicate', member }
        names.add(member)
      }
      at = end - 1
    }
  }
  return undefined
}

/** Index after the closing quote. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1
  return at + 1
}

function isMemberName(text: string, end: number): boolean {
  let at = end
  while (' \t\n\r'.includes(text.charAt(at)) && at < text.length) at++
  return text.charCodeAt(at) === COLON
}
