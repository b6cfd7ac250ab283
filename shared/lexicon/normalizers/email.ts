import { domainToASCII } from 'node:url'
import { foldText, mixesLookAlikes } from './fold-text.ts'

/**
 * E-mail address: lower case, no display name, no `mailto:`, host in ASCII. Sub-addresses (`a+b@…`) and dots stay,
 * since only the mail host knows whether they are one mailbox. An address that mixes Latin letters with look-alikes
 * has no canonical form: linking it to its Latin twin would let anyone take over a record.
 */
export function normalizeEmail(value: string): string | undefined {
  const folded = foldText(value)
  if (folded === undefined || mixesLookAlikes(folded)) return undefined
  const open = folded.lastIndexOf('<')
  const bracketed = open >= 0 && folded.endsWith('>') ? folded.slice(open + 1, -1) : folded
  const address = bracketed.startsWith('mailto:') ? bracketed.slice('mailto:'.length) : bracketed
  const at = address.indexOf('@')
  if (at <= 0 || at !== address.lastIndexOf('@') || address.length > 254) return undefined
  const local = address.slice(0, at)
  if (/[\s<>(),:;"[\]\\]/u.test(local)) return undefined
  const host = domainToASCII(address.slice(at + 1).replace(/\.$/u, ''))
  // A host of digits and dots only would be an address, which domainToASCII rewrites.
  if (!/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/u.test(host)) return undefined
  return `${local}@${host}`
}
