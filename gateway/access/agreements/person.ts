import type { Principal } from '@polyseme/kit/identity'

/**
 * A person, whole: `issuer|subject`. A subject says who somebody is only together with its issuer; another issuer may give the same
 * one to somebody else.
 */
export type PersonId = `${string}|${string}`

export function personOf({ issuer, subject }: Pick<Principal, 'issuer' | 'subject'>): PersonId {
  return `${issuer}|${subject}`
}

/**
 * Reads a name as people write it: `issuer|subject`, or the subject alone, which is of the mesh's `peopleIssuer`. Where there is none
 * the name stays as it is and equals no caller's.
 */
export function wholeName(name: string, peopleIssuer: string | undefined): string {
  return isWhole(name) || peopleIssuer === undefined ? name : personOf({ issuer: peopleIssuer, subject: name })
}

/** The same, as short as it can be said. */
export function shortName(person: string, peopleIssuer: string | undefined): string {
  const prefix = `${peopleIssuer}|`
  return peopleIssuer !== undefined && person.startsWith(prefix) ? person.slice(prefix.length) : person
}

/** A subject may hold a `|` itself (`auth0|17`); an issuer is an address. */
function isWhole(name: string): boolean {
  const at = name.indexOf('|')
  return at > 0 && URL.canParse(name.slice(0, at))
}
