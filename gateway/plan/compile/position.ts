import { fieldNames, entitySelection, type FetchUnit } from './fetch-unit.ts'
import { Provision } from './provision.ts'
import type { Slot } from './slot.ts'
import type { TypeIndex } from './type-index.ts'

/** Something that brings fields to a place: an object of the answer above it, an entity fetch, or root fields again. */
export interface Source {
  readonly unit: number
  readonly provision: Provision
  readonly slot?: Slot
}

/** An object found under a key of the parent's source. */
export interface BelowSource extends Source {
  /** Index among the parent's sources. */
  readonly parent: number
}

/** Entities linked from objects at this place. */
export interface LinkedSource extends Source {
  readonly slot: Slot
}

/** A root fetch whose fields belong here. */
export interface RootSource extends Source {
  readonly root: number
}

/**
 * One place of the merged answer, whatever the list index and the type: which fetches bring what there.
 *
 * Answers are never merged. An object of the answer is a tuple, one entry per source, and every reader looks across.
 */
export class Position {
  readonly id: number
  readonly path: readonly string[]
  readonly below: readonly BelowSource[]
  readonly linked: readonly LinkedSource[]
  readonly roots: readonly RootSource[]
  readonly #tree: PositionTree
  readonly #children = new Map<string, Position>()

  constructor(tree: PositionTree, path: readonly string[], below: readonly BelowSource[]) {
    this.#tree = tree
    this.id = tree.register()
    this.path = path
    this.below = below
    this.linked = tree.linkedAt(path)
    this.roots = tree.rootsAt(path)
  }

  /** All sources: objects from above first, then linked entities, then root fields. */
  get sources(): readonly Source[] {
    return [...this.below, ...this.linked, ...this.roots]
  }

  child(key: string): Position {
    let child = this.#children.get(key)
    if (child === undefined) {
      const below = this.sources.flatMap((source, parent) => (
        source.provision.provides(key) ? [{ unit: source.unit, parent, provision: source.provision.child(key) }] : []
      ))
      child = new Position(this.#tree, [...this.path, key], below)
      this.#children.set(key, child)
    }
    return child
  }
}

/** The places of one plan's answer, made as they are asked for. */
export class PositionTree {
  readonly root: Position
  readonly #linked = new Map<string, LinkedSource[]>()
  readonly #roots = new Map<string, RootSource[]>()
  #count = 0

  constructor(units: readonly FetchUnit[], slots: readonly Slot[], types: TypeIndex) {
    let rootCount = 0
    for (const unit of units) {
      if (unit.node.parts.length > 0) continue
      const provision = new Provision({ types, fragments: unit.fragments }, [{ set: unit.operation.selectionSet, conditional: false }], renamesOf(unit.node.outputRewrites))
      add(this.#roots, fieldNames(unit.node.path), { unit: unit.index, root: rootCount++, provision })
    }
    for (const slot of slots) {
      const unit = units[slot.unit]
      if (unit === undefined) throw new TypeError('a slot without a fetch')
      const provision = new Provision({ types, fragments: unit.fragments }, [{ set: entitySelection(unit, slot.part), conditional: false }], renamesOf(slot.part.outputRewrites))
      for (const place of slot.places) add(this.#linked, fieldNames(place.path), { unit: place.unit, slot, provision })
    }
    this.root = new Position(this, [], [])
  }

  register(): number {
    return this.#count++
  }

  linkedAt(path: readonly string[]): readonly LinkedSource[] {
    return this.#linked.get(path.join('/')) ?? []
  }

  rootsAt(path: readonly string[]): readonly RootSource[] {
    return this.#roots.get(path.join('/')) ?? []
  }
}

function renamesOf(rewrites: Slot['part']['outputRewrites']): { readonly path: Slot['part']['outputRewrites'][number]['path']; readonly to: string }[] {
  return rewrites.flatMap((rewrite) => (rewrite.kind === 'rename' ? [{ path: rewrite.path, to: rewrite.to }] : []))
}

function add<T extends Source>(map: Map<string, T[]>, path: readonly string[], source: T): void {
  const key = path.join('/')
  const known = map.get(key)
  if (known === undefined) map.set(key, [source])
  // Two paths of one part that differ in their type conditions only are one place.
  else if (!known.some((other) => other.unit === source.unit && other.provision === source.provision)) known.push(source)
}
