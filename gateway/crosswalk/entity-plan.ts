import {
  Kind,
  valueFromASTUntyped,
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  type InlineFragmentNode,
  type SelectionSetNode,
} from 'graphql'
import type { CrosswalkModel, SenseModel, Way } from './crosswalk-model.ts'

/** A request for entities that asks for keys and ways only, ready to be answered without interpreting it again. */
export interface EntityPlan {
  readonly roots: readonly { readonly responseKey: string; readonly variable: string; readonly types: ReadonlyMap<string, TypePlan> }[]
}

export interface TypePlan {
  readonly sense: SenseModel
  readonly leaves: readonly LeafPlan[]
  readonly ways: readonly WayPlan[]
}

/** A key field or the type's name, under its name in the answer. */
export interface LeafPlan {
  readonly responseKey: string
  /** Position in the key; undefined: the type's name. */
  readonly keyPart: number | undefined
}

export interface WayPlan {
  readonly responseKey: string
  readonly way: Way
  readonly target: SenseModel
  readonly leaves: readonly LeafPlan[]
  readonly args: readonly ArgumentNode[]
}

/** The plan of a document, or undefined when it asks for anything beside keys and ways. */
export function planEntities(document: DocumentNode, model: CrosswalkModel): EntityPlan | undefined {
  const [operation, ...more] = document.definitions
  if (operation?.kind !== Kind.OPERATION_DEFINITION || more.length > 0 || (operation.directives?.length ?? 0) > 0) return undefined
  const roots: EntityPlan['roots'][number][] = []
  for (const selection of operation.selectionSet.selections) {
    const variable = selection.kind === Kind.FIELD && selection.name.value === '_entities' ? representationsVariable(selection) : undefined
    const types = selection.kind === Kind.FIELD && isPlain(selection) ? planTypes(selection.selectionSet, model) : undefined
    if (selection.kind !== Kind.FIELD || variable === undefined || types === undefined) return undefined
    roots.push({ responseKey: responseKeyOf(selection), variable, types })
  }
  return isDistinct(roots) ? { roots } : undefined
}

/** Arguments with the request's variables in place. */
export function argumentValues(
  args: readonly ArgumentNode[],
  variables: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(args.map(({ name, value }) => [name.value, valueFromASTUntyped(value, variables)]))
}

function representationsVariable({ arguments: args = [] }: FieldNode): string | undefined {
  const [only] = args
  return args.length === 1 && only?.name.value === 'representations' && only.value.kind === Kind.VARIABLE
    ? only.value.name.value
    : undefined
}

function planTypes(set: SelectionSetNode | undefined, model: CrosswalkModel): ReadonlyMap<string, TypePlan> | undefined {
  const types = new Map<string, TypePlan>()
  let isNamed = false
  for (const selection of set?.selections ?? []) {
    if (selection.kind === Kind.FIELD && responseKeyOf(selection) === '__typename') {
      isNamed = true
      continue
    }
    const plan = selection.kind === Kind.INLINE_FRAGMENT && isPlain(selection) ? planType(selection, model) : undefined
    if (plan === undefined || types.has(plan.sense.typeName)) return undefined
    types.set(plan.sense.typeName, plan)
  }
  if (!isNamed) return types
  return new Map([...types].map(([name, plan]) => [name, { ...plan, leaves: withTypeName(plan.leaves) }]))
}

function withTypeName(leaves: readonly LeafPlan[]): readonly LeafPlan[] {
  return leaves.some(({ responseKey }) => responseKey === '__typename')
    ? leaves
    : [{ responseKey: '__typename', keyPart: undefined }, ...leaves]
}

function planType({ typeCondition, selectionSet }: InlineFragmentNode, model: CrosswalkModel): TypePlan | undefined {
  const sense = model.byType.get(typeCondition?.name.value ?? '')
  if (sense === undefined) return undefined
  const leaves: LeafPlan[] = []
  const ways: WayPlan[] = []
  for (const selection of selectionSet.selections) {
    if (selection.kind !== Kind.FIELD || !isPlain(selection)) return undefined
    const way = sense.ways.find(({ field }) => field === selection.name.value)
    const planned = way === undefined ? planLeaf(selection, sense) : planWay(selection, way, model)
    if (planned === undefined) return undefined
    if ('way' in planned) ways.push(planned)
    else leaves.push(planned)
  }
  return isDistinct([...leaves, ...ways]) ? { sense, leaves, ways } : undefined
}

function planWay(field: FieldNode, way: Way, model: CrosswalkModel): WayPlan | undefined {
  const target = model.senses.get(way.to)
  const leaves =
    target === undefined
      ? [undefined]
      : (field.selectionSet?.selections ?? []).map((selection) =>
          selection.kind === Kind.FIELD && isPlain(selection) ? planLeaf(selection, target) : undefined,
        )
  if (target === undefined || !leaves.every((leaf) => leaf !== undefined) || !isDistinct(leaves)) return undefined
  return { responseKey: responseKeyOf(field), way, target, leaves, args: field.arguments ?? [] }
}

function planLeaf(field: FieldNode, sense: SenseModel): LeafPlan | undefined {
  const responseKey = responseKeyOf(field)
  if (field.name.value === '__typename') return { responseKey, keyPart: undefined }
  const keyPart = sense.key.findIndex((part) => part.field === field.name.value)
  return keyPart < 0 ? undefined : { responseKey, keyPart }
}

function isPlain({ directives }: FieldNode | InlineFragmentNode): boolean {
  return directives === undefined || directives.length === 0
}

function isDistinct(planned: readonly { readonly responseKey: string }[]): boolean {
  return new Set(planned.map(({ responseKey }) => responseKey)).size === planned.length
}

function responseKeyOf({ alias, name }: FieldNode): string {
  return alias?.value ?? name.value
}
