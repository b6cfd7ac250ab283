import type { Requirement } from './access-table.ts'

/**
 * The value of a `scopes` or `policies` argument as alternatives of sets. GraphQL lets a single value stand for a list
 * of one, at both levels: `"a"` is `[["a"]]`, `["a", "b"]` is `[["a"], ["b"]]`.
 */
export function parseRequirement(value: unknown): Requirement {
  return asList(value).map((set) => asList(set).map(String))
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}

/** Whether whoever meets `stronger` always meets `weaker` too; an empty outer list asks for nothing. */
export function implies(stronger: Requirement, weaker: Requirement): boolean {
  if (weaker.length === 0) return true
  if (stronger.length === 0) return weaker.some((set) => set.length === 0)
  return stronger.every((set) => weaker.some((needed) => needed.every((name) => set.includes(name))))
}

/** Whether a holder of `names` meets the requirement: any inner list entirely held; an empty outer list asks for nothing. */
export function meets(names: ReadonlySet<string>, requirement: Requirement): boolean {
  return requirement.length === 0 || requirement.some((set) => set.every((name) => names.has(name)))
}

/** Alternatives that meeting all of `requirements` would have; grows as the product of their lengths. */
export function conjunctionSize(requirements: readonly Requirement[]): number {
  return requirements.reduce((size, requirement) => size * Math.max(1, requirement.length), 1)
}

/** One requirement that is met exactly when all of `requirements` are. */
export function conjunction(requirements: readonly Requirement[]): Requirement {
  let all: string[][] = [[]]
  for (const requirement of requirements) {
    if (requirement.length === 0) continue
    all = all.flatMap((left) => requirement.map((right) => [...new Set([...left, ...right])].sort()))
  }
  return all.length === 1 && all[0]?.length === 0 ? [] : all
}
