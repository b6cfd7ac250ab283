import { isInterfaceType, isObjectType, type Schema } from '@apollo/federation-internals'
import type { AccessTable, CoordinateAccess, Requirement } from './access-table.ts'
import { accessDirectiveNames, REQUIREMENT_ARGUMENT, type AccessDirective } from './access-directives.ts'
import { parseRequirement } from './requirement.ts'

/**
 * Reads every protected coordinate from a composed schema, inaccessible ones included.
 *
 * Composition (2.12 and later) has already joined the subgraphs' requirements with AND, copied those of
 * `@interfaceObject` fields to each implementation, and those of implementations to their interfaces.
 */
export function buildAccessTable(schema: Schema): AccessTable {
  const table = new Map<string, CoordinateAccess>()
  const names = schema.coreFeatures === undefined ? new Map<AccessDirective, string>() : accessDirectiveNames(schema.coreFeatures)
  const record = (coordinate: string, element: AnyElement): void => {
    const access = accessOf(element, names)
    if (access !== undefined) table.set(coordinate, access)
  }
  for (const type of schema.types()) {
    record(type.name, type)
    if (!isObjectType(type) && !isInterfaceType(type)) continue
    for (const field of type.fields()) record(field.coordinate, field)
  }
  return table
}

// federation-internals types an element by its own parent and children; the table needs only what is applied to it.
interface AnyElement {
  appliedDirectivesOf(name: string): readonly { arguments(): Readonly<Record<string, unknown>> }[]
}

function accessOf(element: AnyElement, names: ReadonlyMap<AccessDirective, string>): CoordinateAccess | undefined {
  const read = (directive: AccessDirective): readonly Requirement[] => {
    const name = names.get(directive)
    const argument = REQUIREMENT_ARGUMENT[directive]
    if (name === undefined) return []
    return element.appliedDirectivesOf(name).map((applied) => (argument === undefined ? [] : parseRequirement(applied.arguments()[argument])))
  }
  const authenticated = read('authenticated').length > 0
  const scopes = read('requiresScopes')
  const policies = read('policy')
  return authenticated || scopes.length > 0 || policies.length > 0 ? { authenticated, scopes, policies } : undefined
}
