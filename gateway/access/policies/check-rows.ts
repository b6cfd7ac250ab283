import { findNearestName, type Diagnostic } from '@polyseme/kit/errors'
import type { RowCondition } from '@polyseme/kit/identity'
import { positionAt } from './policy-file.ts'
import type { PolicyField, PolicyMesh } from './policy-mesh.ts'
import type { PolicyRecord } from './policy-record.ts'
import { headOf } from './policy-head.ts'

/**
 * Whether the rows that a policy leaves can be told, of every object that its head is about: a filter that cannot be put into a
 * statement would leave all of them or none.
 */
export function checkRows(policy: PolicyRecord, mesh: PolicyMesh, severity: 'error' | 'warning'): readonly Diagnostic[] {
  if (policy.rows === undefined) return []
  const report = (rule: string, finding: Pick<Diagnostic, 'what' | 'why' | 'how'>): Diagnostic => ({ rule, severity, position: positionAt(policy.file, policy.offset), ...finding })
  return objectsOf(policy, mesh).flatMap((object): readonly Diagnostic[] => {
    if (mesh.foreignObjects.has(object)) {
      return [report('policy-rows-foreign', {
        what: `a row filter is about ${object}, which a foreign subgraph serves`,
        why: 'a foreign subgraph applies no row filter of the mesh, and the gateway cannot leave rows out of its totals and pages',
        how: 'filter rows in the subgraph itself, forbid `read` instead, or serve the data from a contract',
      })]
    }
    return (policy.rows ?? []).flatMap(({ property }) => checkProperty(property, { object, mesh }).map((finding) => report('policy-rows', finding)))
  })
}

/** The conditions for one object; undefined where one of them cannot be told, so that none of its rows may be shown. */
export function rowConditions(policy: PolicyRecord, object: string, mesh: PolicyMesh): readonly RowCondition[] | undefined {
  if (policy.rows === undefined || mesh.foreignObjects.has(object)) return undefined
  const conditions = policy.rows.map(({ property, claim }) => {
    const field = findField(property, { object, mesh })
    return field === undefined || !isComparable(field) || cutsCells(field, { object, mesh }) ? undefined : { field: field.coordinate.slice(object.length + 1), claim }
  })
  return conditions.every((condition) => condition !== undefined) ? conditions : undefined
}

interface ObjectPlace {
  readonly object: string
  readonly mesh: PolicyMesh
}

function checkProperty(property: string, place: ObjectPlace): readonly Pick<Diagnostic, 'what' | 'why' | 'how'>[] {
  const { object } = place
  const field = findField(property, place)
  if (field === undefined) {
    const nearest = findNearestName(property, fieldsOf(place).map(({ name }) => name))
    return [{ what: `the row filter names the property '${property}', which ${object} does not have`, why: 'without it no row could be shown', how: nearest === undefined ? 'name a property of the contract, and in the head only objects that have it' : `did you mean \`${nearest}\`?` }]
  }
  if (!isComparable(field)) return [{ what: `the row filter compares ${field.coordinate}, a list or nested object`, why: 'a row is shown for one value', how: 'choose a property with one value' }]
  if (field.classification === 'restricted') return [{ what: `the row filter compares ${field.coordinate}, which is restricted`, why: 'whoever sees the row would know the value that the mask hides', how: 'choose a property that may be seen in clear' }]
  if (cutsCells(field, place)) return [{ what: `the row filter compares ${field.coordinate}, which is not among the aggregateDimensions of its contract`, why: 'callers who see different rows could compare their aggregates and learn of single rows', how: `compare one of ${place.mesh.dimensions.get(object)?.join(', ') ?? ''}, or add it to the contract` }]
  return []
}

function cutsCells({ coordinate }: PolicyField, { object, mesh }: ObjectPlace): boolean {
  return mesh.dimensions.get(object)?.includes(coordinate.slice(object.length + 1)) === false
}

function isComparable({ list, type }: PolicyField): boolean {
  return !list && type !== 'json'
}

function findField(property: string, place: ObjectPlace): PolicyField | undefined {
  return fieldsOf(place).find(({ name }) => name === property)
}

function fieldsOf({ object, mesh }: ObjectPlace): readonly PolicyField[] {
  return (mesh.objects.get(object) ?? []).flatMap((coordinate) => mesh.fields.get(coordinate) ?? [])
}

/** Objects that the head of a policy is about: one, those of a product or domain, or all. */
function objectsOf({ json }: PolicyRecord, mesh: PolicyMesh): readonly string[] {
  const head = headOf(json)
  const all = [...mesh.objects.keys()]
  if (head === undefined) return all
  const first = (object: string): PolicyField | undefined => fieldsOf({ object, mesh })[0]
  switch (head.type) {
    case 'Domain':
      return all.filter((object) => first(object)?.domain === head.id)
    case 'Product':
      return all.filter((object) => first(object)?.product === head.id)
    default:
      return all.filter((object) => object === head.id)
  }
}
