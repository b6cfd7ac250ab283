/** Value of one key field as JSON and GraphQL carry it. */
export type KeyPart = string | number | bigint

/**
 * A record's key as one string, as link tables write it: parts percent-encoded and joined by `/`.
 * Injective: two keys are one string only when every part is equal as text.
 */
export function encodeEntityKey(parts: readonly KeyPart[]): string {
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return encodeKeyPart(only)
  return parts.map(encodeKeyPart).join('/')
}

/** The parts of a key string, each as text; undefined when it is not one (bad percent-encoding, an empty part). */
export function decodeEntityKey(key: string): readonly string[] | undefined {
  const parts = key.split('/')
  if (parts.some((part) => part === '')) return undefined
  if (!key.includes('%')) return parts
  try {
    return parts.map(decodeURIComponent)
  } catch {
    return undefined
  }
}

const PLAIN = /^[\w.~-]+$/

function encodeKeyPart(part: KeyPart): string {
  const text = String(part)
  if (typeof part !== 'string' || PLAIN.test(text)) return text
  // encodeURIComponent throws on a lone surrogate, which no stored key can hold either.
  return encodeURIComponent(text.toWellFormed())
}
