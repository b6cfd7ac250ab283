import type { PublishedFile } from '../records.ts'
import type { GraphChange } from './graph-change.ts'

const OPENS = /\bpermit\s*\(/

/**
 * What a change of a domain's policies can open. What a policy means depends on everything else, so each that is gone or reads
 * otherwise needs an approval, and each new one that permits something (R04); a new prohibition needs none.
 */
export function comparePolicies(domain: string, before: readonly PublishedFile[], after: readonly PublishedFile[]): readonly GraphChange[] {
  const texts = new Map(after.map(({ path, text }) => [path, text]))
  const known = new Set(before.map(({ path }) => path))
  const changed = before.flatMap(({ path, text }): readonly GraphChange[] => {
    const now = texts.get(path)
    if (now === text) return []
    return [now === undefined ? opening('policy-file-removed', domain, `the policies in ${path} are gone`) : opening('policy-file-changed', domain, `the policies in ${path} read otherwise`)]
  })
  const added = after.filter(({ path, text }) => !known.has(path) && OPENS.test(text))
  return [...changed, ...added.map(({ path }) => opening('policy-permits', domain, `the new policies in ${path} permit what was not permitted`))]
}

function opening(kind: string, domain: string, message: string): GraphChange {
  return { kind, severity: 'safe', weakensProtection: true, coordinate: domain, message, how: 'have the change approved by somebody who may' }
}
