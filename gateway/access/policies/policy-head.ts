import type { CedarPolicy } from './cedar-engine.ts'

export interface NamedEntity {
  readonly type: string
  readonly id: string
}

/** What a policy's head says that it is about; undefined: resources of any domain. */
export function headOf({ resource }: CedarPolicy): NamedEntity | undefined {
  const constraint = resource.op === 'is' ? resource.in : resource.op === 'All' ? undefined : resource
  if (constraint === undefined || !('entity' in constraint)) return undefined
  const { entity } = constraint
  return '__entity' in entity ? entity.__entity : entity
}
