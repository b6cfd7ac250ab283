import { Kind } from 'graphql'
import type { DocumentNode, FieldNode, FragmentDefinitionNode, OperationDefinitionNode, SelectionSetNode } from 'graphql'
import { limitExceeded } from './limit-exceeded.ts'
import type { OperationLimits } from './operation-limits.ts'

/** What a selection set amounts to once its fragments are spread out; counts saturate at `Number.MAX_SAFE_INTEGER`. */
interface Extent {
  readonly selections: number
  readonly depth: number
  /** Fields at the top level. */
  readonly fields: number
}

/**
 * Checks a parsed document's size with fragments spread out, without spreading them: each fragment is measured once.
 *
 * Unknown, unused and circular fragments are left to validation, which must have passed for them.
 *
 * @throws OPERATION_LIMIT_EXCEEDED
 */
export function assertWithinLimits(document: DocumentNode, limits: OperationLimits): void {
  const counter = new WrittenCounter()
  const fragments = new Map<string, FragmentDefinitionNode>()
  const operations: OperationDefinitionNode[] = []
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
    if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(definition)
    if ('selectionSet' in definition) counter.count(definition)
  }
  assertAtMost('fragments', limits.maxFragments, fragments.size)
  assertAtMost('aliases', limits.maxAliases, counter.aliases)
  assertAtMost('directives', limits.maxDirectives, counter.directives)

  const extents = new ExtentMeter(fragments)
  let selections = 0
  for (const operation of operations) {
    const extent = extents.of(operation.selectionSet)
    assertAtMost('root fields', limits.maxRootFields, extent.fields)
    assertAtMost('levels of fields', limits.maxDepth, extent.depth)
    selections = add(selections, extent.selections)
  }
  assertAtMost('selections with all fragments spread out', limits.maxSelections, selections)

  const pairs = new PairCounter(fragments)
  for (const operation of operations) pairs.count([operation.selectionSet])
  assertAtMost('pairs of fields under one response name', limits.maxFieldPairs, pairs.pairs)
}

function assertAtMost(what: string, limit: number, value: number): void {
  if (value > limit) throw limitExceeded(what, limit, value)
}

function add(left: number, right: number): number {
  return Math.min(left + right, Number.MAX_SAFE_INTEGER)
}

/** Counts what stands in the text itself. */
class WrittenCounter {
  aliases = 0
  directives = 0

  count(node: FragmentDefinitionNode | OperationDefinitionNode): void {
    this.directives += node.directives?.length ?? 0
    if (node.kind === Kind.OPERATION_DEFINITION) for (const variable of node.variableDefinitions ?? []) this.directives += variable.directives?.length ?? 0
    this.#countSelections(node.selectionSet)
  }

  #countSelections(selectionSet: SelectionSetNode): void {
    for (const selection of selectionSet.selections) {
      this.directives += selection.directives?.length ?? 0
      if (selection.kind === Kind.FIELD && selection.alias !== undefined) this.aliases++
      if (selection.kind !== Kind.FRAGMENT_SPREAD && selection.selectionSet !== undefined) this.#countSelections(selection.selectionSet)
    }
  }
}

class ExtentMeter {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly #known = new Map<string, Extent>()

  constructor(fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
    this.#fragments = fragments
  }

  of(selectionSet: SelectionSetNode): Extent {
    let selections = 0
    let depth = 0
    let fields = 0
    for (const selection of selectionSet.selections) {
      selections = add(selections, 1)
      if (selection.kind === Kind.FIELD) {
        fields = add(fields, 1)
        const inner = selection.selectionSet === undefined ? undefined : this.of(selection.selectionSet)
        selections = add(selections, inner?.selections ?? 0)
        depth = Math.max(depth, 1 + (inner?.depth ?? 0))
        continue
      }
      const inner = selection.kind === Kind.FRAGMENT_SPREAD ? this.#ofFragment(selection.name.value) : this.of(selection.selectionSet)
      selections = add(selections, inner.selections)
      depth = Math.max(depth, inner.depth)
      fields = add(fields, inner.fields)
    }
    return { selections, depth, fields }
  }

  #ofFragment(name: string): Extent {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const fragment = this.#fragments.get(name)
    const extent = fragment === undefined ? { selections: 0, depth: 0, fields: 0 } : this.of(fragment.selectionSet)
    this.#known.set(name, extent)
    return extent
  }
}

/**
 * Counts the comparisons that "fields can be merged" will make. Spreads fragments out,
 * so it runs only once `maxSelections` is known to hold.
 */
class PairCounter {
  pairs = 0
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>

  constructor(fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
    this.#fragments = fragments
  }

  count(selectionSets: readonly SelectionSetNode[]): void {
    const byKey = new Map<string, FieldNode[]>()
    for (const selectionSet of selectionSets) this.#collect(selectionSet, byKey)
    for (const fields of byKey.values()) {
      this.pairs = add(this.pairs, (fields.length * (fields.length - 1)) / 2)
      const inner = fields.flatMap((field) => (field.selectionSet === undefined ? [] : [field.selectionSet]))
      if (inner.length > 0) this.count(inner)
    }
  }

  #collect(selectionSet: SelectionSetNode, into: Map<string, FieldNode[]>): void {
    for (const selection of selectionSet.selections) {
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value
        const fields = into.get(key)
        if (fields === undefined) into.set(key, [selection])
        else fields.push(selection)
        continue
      }
      const inner = selection.kind === Kind.FRAGMENT_SPREAD ? this.#fragments.get(selection.name.value)?.selectionSet : selection.selectionSet
      if (inner !== undefined) this.#collect(inner, into)
    }
  }
}
