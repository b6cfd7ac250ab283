import { rootTypeOf } from '@polyseme/kit/contract'
import type { PolicyMesh } from './policy-mesh.ts'

/** A schema coordinate about which the policies on a product's fields decide. */
export type CoveredCoordinate = { readonly domain: string } & (
  | { readonly kind: 'field'; readonly field: string }
  /** A group, count, sum, average or extreme of a field. */
  | { readonly kind: 'aggregate'; readonly field: string }
  /** A type that shows rows of the object or how many there are. */
  | { readonly kind: 'type'; readonly fields: readonly string[] }
  /**
   * The type of a domain's root field: open to everyone, but whatever is asked under it carries the caller's masks, because a
   * domain's own field may be made of any row.
   */
  | { readonly kind: 'root' }
)

// As shared/product names the types beside an object's own; its test fails when the names part.
const ROW_TYPES = ['', 'Connection', 'Edge', 'Aggregate', 'Group'] as const
const AGGREGATE_TYPES = ['Group', 'Counts', 'Sums', 'Averages', 'Extremes'] as const

const KNOWN = new WeakMap<PolicyMesh, ReadonlyMap<string, CoveredCoordinate>>()

/** Every coordinate that shows something of the mesh's fields, with what it shows; the same for each decider over this mesh. */
export function coveredTypes(mesh: PolicyMesh): ReadonlyMap<string, CoveredCoordinate> {
  const covered = KNOWN.get(mesh) ?? findCovered(mesh)
  KNOWN.set(mesh, covered)
  return covered
}

function findCovered({ domains, objects, fields }: PolicyMesh): ReadonlyMap<string, CoveredCoordinate> {
  const covered = new Map<string, CoveredCoordinate>(domains.map((domain) => [rootTypeOf(domain), { kind: 'root', domain }]))
  for (const [object, coordinates] of objects) {
    const domain = fields.get(coordinates[0] ?? '')?.domain
    if (domain === undefined) continue
    for (const suffix of ROW_TYPES) covered.set(`${object}${suffix}`, { kind: 'type', domain, fields: coordinates })
    for (const field of coordinates) {
      covered.set(field, { kind: 'field', domain, field })
      const name = field.slice(object.length + 1)
      for (const suffix of AGGREGATE_TYPES) covered.set(`${object}${suffix}.${name}`, { kind: 'aggregate', domain, field })
    }
  }
  return covered
}
