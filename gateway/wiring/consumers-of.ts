import type { Principal } from '@polyseme/kit/identity'
import { seenBy, type Decider } from '../access/index.ts'
import type { Supergraph } from '../supergraph/index.ts'

/** Names under which the caller's use of the graph is counted: a tool by its client, a person by the subject as well. */
export function consumersOf({ clientId, subject }: Principal): readonly string[] {
  return clientId === undefined ? [subject] : [clientId, subject]
}

/**
 * Whether the caller may know of a part of the graph, `Type` or `Type.field` or an argument, input field or value: introspection
 * shows it to him. What the graph does not have any more nobody may know of by this.
 */
export function mayKnow(coordinate: string, principal: Principal, { supergraph, decider }: { readonly supergraph: Supergraph; readonly decider: Decider }): boolean {
  return hasPart(seenBy(principal, supergraph, decider), coordinate)
}

/** Whether a graph has such a part; of the whole graph nobody is told so. */
export function hasPart({ apiSchema }: Supergraph, coordinate: string): boolean {
  const [typeName = '', member] = coordinate.replace(/\(.*$/, '').split('.')
  const type = apiSchema.getType(typeName)
  if (type === undefined || member === undefined) return type !== undefined
  if ('getFields' in type) return Object.hasOwn(type.getFields(), member)
  return 'getValue' in type && type.getValue(member) !== undefined
}
