import { conjunction, implies, type AccessTable, type CoordinateAccess, type Requirement } from '../../supergraph/index.ts'
import type { GraphChange } from './graph-change.ts'

const PUBLIC: CoordinateAccess = { authenticated: false, scopes: [], policies: [] }

/**
 * What a change does to who may see what. Losing a requirement is a security change that needs approval (R04); gaining one
 * breaks those callers who lack it. What is new or gone has no access that changed: `isInBoth` says which coordinates were there and still are.
 */
export function compareAccess(before: AccessTable, after: AccessTable, isInBoth: (coordinate: string) => boolean): readonly GraphChange[] {
  const coordinates = [...new Set([...before.keys(), ...after.keys()])].filter(isInBoth).sort()
  return coordinates.flatMap((coordinate) => compareCoordinate(coordinate, before.get(coordinate) ?? PUBLIC, after.get(coordinate) ?? PUBLIC))
}

function compareCoordinate(coordinate: string, before: CoordinateAccess, after: CoordinateAccess): GraphChange[] {
  const changes: GraphChange[] = []
  if (before.authenticated && !after.authenticated && after.scopes.length === 0 && after.policies.length === 0) {
    changes.push(weaker('authentication-dropped', coordinate, `${coordinate} no longer needs a signed-in caller`))
  }
  if (!before.authenticated && before.scopes.length === 0 && before.policies.length === 0 && after.authenticated) {
    changes.push(stronger('authentication-required', coordinate, `${coordinate} needs a signed-in caller now`))
  }
  changes.push(...compareRequirements('scope', coordinate, before.scopes, after.scopes))
  changes.push(...compareRequirements('policy', coordinate, before.policies, after.policies))
  return changes
}

function compareRequirements(word: 'scope' | 'policy', coordinate: string, before: readonly Requirement[], after: readonly Requirement[]): GraphChange[] {
  const needed = conjunction(before)
  const needs = conjunction(after)
  const opens = !implies(needs, needed)
  const closes = !implies(needed, needs)
  if (!opens && !closes) return []
  const message = `${coordinate} needed ${describe(before)} and now needs ${describe(after)}`
  if (opens && closes) return [{ ...weaker(`${word}-changed`, coordinate, message), severity: 'breaking' }]
  return opens ? [weaker(`${word}-weakened`, coordinate, message)] : [stronger(`${word}-strengthened`, coordinate, message)]
}

function describe(requirements: readonly Requirement[]): string {
  if (requirements.length === 0) return 'nothing'
  return requirements.map((requirement) => requirement.map((all) => all.join(' + ')).join(' or ')).map((text) => requirements.length > 1 ? `(${text})` : text).join(' and ')
}

function weaker(kind: string, coordinate: string, message: string): GraphChange {
  return { kind, severity: 'safe', weakensProtection: true, coordinate, message, how: 'keep the protection, or have the change approved by somebody who may' }
}

function stronger(kind: string, coordinate: string, message: string): GraphChange {
  return { kind, severity: 'breaking', weakensProtection: false, coordinate, message, how: 'tell the consumers first: those who lack the right get null and an error' }
}
