import { Kind, type FragmentDefinitionNode, type SelectionSetNode } from 'graphql'
import type { RewriteSegment } from '../plan-node.ts'
import type { TypeIndex } from './type-index.ts'

/** A field that a fetch brings, for one runtime type or for any. */
export interface ProvidedField {
  /** Key in the subgraph's answer. */
  readonly jsonKey: string
  /** Key in the merged answer, output rewrites applied. */
  readonly key: string
  readonly fieldName: string
  readonly selectionSet: SelectionSetNode | undefined
  /** Asked for under a condition, so that it may be absent from a complete answer. */
  readonly conditional: boolean
  readonly renames: readonly PendingRename[]
}

/** An output rewrite on its way down to the field it renames. */
export interface PendingRename {
  readonly path: readonly RewriteSegment[]
  readonly to: string
}

export interface ProvisionContext {
  readonly types: TypeIndex
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
}

/** Selections of a fetch, and whether they are asked under conditions. */
export interface ProvidedSet {
  readonly set: SelectionSetNode
  readonly conditional: boolean
}

/** What one fetch brings at one place of the answer. */
export class Provision {
  readonly #context: ProvisionContext
  readonly #sets: readonly ProvidedSet[]
  readonly #renames: readonly PendingRename[]
  readonly #byType = new Map<string | undefined, readonly ProvidedField[]>()

  constructor(context: ProvisionContext, sets: readonly ProvidedSet[], renames: readonly PendingRename[]) {
    this.#context = context
    this.#sets = sets
    this.#renames = renames
  }

  /** Fields for a runtime type; undefined: for any type. */
  fields(type: string | undefined): readonly ProvidedField[] {
    let fields = this.#byType.get(type)
    if (fields === undefined) {
      const found: ProvidedField[] = []
      for (const { set, conditional } of this.#sets) this.#collect(set, { type, conditional }, found)
      fields = found
      this.#byType.set(type, fields)
    }
    return fields
  }

  provides(key: string): boolean {
    return this.fields(undefined).some((field) => field.key === key)
  }

  /** What is brought below a key, whatever the type here. */
  child(key: string): Provision {
    const fields = this.fields(undefined).filter((field) => field.key === key)
    const sets = new Map<SelectionSetNode, boolean>()
    for (const { selectionSet, conditional } of fields) {
      if (selectionSet !== undefined) sets.set(selectionSet, conditional && (sets.get(selectionSet) ?? true))
    }
    const provided = [...sets].map(([set, conditional]) => ({ set, conditional }))
    return new Provision(this.#context, provided, [...new Set(fields.flatMap((field) => field.renames))])
  }

  #collect(set: SelectionSetNode, here: { readonly type: string | undefined; readonly conditional: boolean }, found: ProvidedField[]): void {
    const { type } = here
    const renames = this.#renames.map((rename) => this.#enterTypes(rename, type)).filter((rename) => rename !== undefined)
    for (const selection of set.selections) {
      const conditional = here.conditional || (selection.directives ?? []).length > 0
      if (selection.kind === Kind.FIELD) {
        const jsonKey = selection.alias?.value ?? selection.name.value
        const own = renames.filter((rename) => rename.path[0]?.kind === 'field' && rename.path[0].name === jsonKey)
        const last = own.find((rename) => rename.path.length === 1)
        found.push({
          jsonKey,
          key: last?.to ?? jsonKey,
          fieldName: selection.name.value,
          selectionSet: selection.selectionSet,
          conditional,
          renames: own.filter((rename) => rename.path.length > 1).map((rename) => ({ ...rename, path: rename.path.slice(1) })),
        })
        continue
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#context.fragments.get(selection.name.value)
      if (fragment === undefined) continue
      const condition = fragment.typeCondition?.name.value
      if (condition !== undefined && type !== undefined && !this.#context.types.satisfies(type, condition)) continue
      this.#collect(fragment.selectionSet, { type, conditional }, found)
    }
  }

  #enterTypes(rename: PendingRename, type: string | undefined): PendingRename | undefined {
    let path = rename.path
    for (let first = path[0]; first?.kind === 'type'; first = path[0]) {
      const { names } = first
      if (type !== undefined && !names.some((name) => this.#context.types.satisfies(type, name))) return undefined
      path = path.slice(1)
    }
    return { path, to: rename.to }
  }
}
