import { GatewayError } from '@polyseme/kit/errors'
import { Kind, parse, print, visit, type DocumentNode, type FragmentDefinitionNode, type SelectionSetNode, type TypeNode } from 'graphql'
import { changedLarge, isLarge, type LargeAnswer, type LargeWanted } from './large/large-answer.ts'
import type { SubgraphAnswer, SubgraphCallContext, SubgraphOperation, SubgraphRequest, SubgraphTransport } from './subgraph-transport.ts'

/**
 * The way to a foreign subgraph whose types and root fields bear its domain's name in the graph: what is sent has the subgraph's own
 * names, what comes back the graph's. A root field is asked for under an alias, so that keys of answers and paths of errors are the same
 * on both sides, as are other fields, arguments and enum values.
 */
export class QualifiedTransport implements SubgraphTransport {
  readonly #inner: SubgraphTransport
  /** Qualified → own. */
  readonly #own: ReadonlyMap<string, string>
  readonly #qualified: ReadonlyMap<string, string>
  /** Root fields, qualified → own. */
  readonly #ownFields: ReadonlyMap<string, string>
  readonly #operations = new WeakMap<SubgraphOperation, TranslatedOperation>()

  /**
   * @param foreignNames the graph's name of each type → the subgraph's own
   * @param foreignFields the graph's name of each root field → the subgraph's own
   */
  constructor(inner: SubgraphTransport, foreignNames: Readonly<Record<string, string>>, foreignFields: Readonly<Record<string, string>> = {}) {
    this.#ownFields = new Map(Object.entries(foreignFields))
    this.#inner = inner
    this.#own = new Map(Object.entries(foreignNames))
    this.#qualified = new Map(Object.entries(foreignNames).map(([qualified, own]) => [own, qualified]))
  }

  async send(request: SubgraphRequest, call: SubgraphCallContext): Promise<SubgraphAnswer> {
    const { operation, answer, representations } = this.#translated(request.operation)
    const variablesText = representations.length === 0 ? request.variablesText : this.#representationsIn(request.variablesText, representations)
    return this.#renamed(await this.#inner.send({ operation, variablesText }, call), answer)
  }

  /** Of a query of root fields: there are no representations in it. */
  async sendLarge(request: SubgraphRequest, call: SubgraphCallContext, wanted: LargeWanted): Promise<SubgraphAnswer | LargeAnswer> {
    const { operation, answer: shape } = this.#translated(request.operation)
    const own = { operation, variablesText: request.variablesText }
    const answer = await (this.#inner.sendLarge?.(own, call, wanted) ?? this.#inner.send(own, call))
    return isLarge(answer) ? changedLarge(answer, (part) => this.#renamed(part, shape)) : this.#renamed(answer, shape)
  }

  #renamed({ data, errors }: SubgraphAnswer, shape: AnswerShape): SubgraphAnswer {
    this.#renameIn(data, shape)
    return { data, errors }
  }

  async close(): Promise<void> {
    await this.#inner.close()
  }

  #translated(operation: SubgraphOperation): TranslatedOperation {
    let translated = this.#operations.get(operation)
    if (translated === undefined) {
      const document = parse(operation.text, { noLocation: true })
      const text = print(visit(document, {
        NamedType: (node) => {
          const own = this.#own.get(node.name.value)
          return own === undefined ? undefined : { ...node, name: { ...node.name, value: own } }
        },
        Field: (node) => {
          const own = this.#ownFields.get(node.name.value)
          return own === undefined ? undefined : { ...node, alias: node.alias ?? node.name, name: { ...node.name, value: own } }
        },
      }))
      translated = { operation: { ...operation, text }, answer: shapeOf(document), representations: representationVariables(document) }
      this.#operations.set(operation, translated)
    }
    return translated
  }

  #representationsIn(variablesText: string, names: readonly string[]): string {
    const variables = JSON.parse(variablesText) as Record<string, unknown>
    for (const name of names) if (Object.hasOwn(variables, name)) renameTypenames(variables[name], this.#own)
    return JSON.stringify(variables)
  }

  /** In place: the answer was parsed for this call and nobody else has it. */
  #renameIn(value: unknown, shape: AnswerShape): void {
    if (Array.isArray(value)) {
      for (const item of value) this.#renameIn(item, shape)
      return
    }
    if (typeof value !== 'object' || value === null) return
    const object = value as Record<string, unknown>
    for (const key of shape.typenames) {
      const name = Object.hasOwn(object, key) ? object[key] : undefined
      const qualified = typeof name === 'string' ? this.#qualified.get(name) : undefined
      if (qualified !== undefined) object[key] = qualified
    }
    for (const [key, child] of shape.children) if (Object.hasOwn(object, key)) this.#renameIn(object[key], child)
  }
}

interface TranslatedOperation {
  readonly operation: SubgraphOperation
  readonly answer: AnswerShape
  /** Variables that hold representations. */
  readonly representations: readonly string[]
}

/** Where an answer has names of types: response keys that mean `__typename`, and what lies below. */
interface AnswerShape {
  readonly typenames: Set<string>
  readonly values: Set<string>
  readonly children: Map<string, AnswerShape>
}

function shapeOf(document: DocumentNode): AnswerShape {
  const fragments = new Map(document.definitions.flatMap((definition) => definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : []))
  const root = emptyShape()
  for (const definition of document.definitions) if (definition.kind === Kind.OPERATION_DEFINITION) addSelections(root, definition.selectionSet, fragments)
  return root
}

function emptyShape(): AnswerShape {
  return { typenames: new Set(), values: new Set(), children: new Map() }
}

function addSelections(shape: AnswerShape, { selections }: SelectionSetNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>): void {
  for (const selection of selections) {
    if (selection.kind === Kind.INLINE_FRAGMENT) addSelections(shape, selection.selectionSet, fragments)
    else if (selection.kind === Kind.FRAGMENT_SPREAD) {
      const fragment = fragments.get(selection.name.value)
      if (fragment !== undefined) addSelections(shape, fragment.selectionSet, fragments)
    } else {
      const key = (selection.alias ?? selection.name).value
      const isTypename = selection.name.value === '__typename'
      if ((isTypename ? shape.values : shape.typenames).has(key)) throw new GatewayError('BAD_USER_INPUT', `"${key}" stands for __typename in one fragment and for a field in another; use another alias`)
      ;(isTypename ? shape.typenames : shape.values).add(key)
      if (selection.selectionSet === undefined) continue
      const child = shape.children.get(key) ?? emptyShape()
      shape.children.set(key, child)
      addSelections(child, selection.selectionSet, fragments)
    }
  }
}

function representationVariables(document: DocumentNode): readonly string[] {
  return document.definitions.flatMap((definition) => definition.kind === Kind.OPERATION_DEFINITION
    ? (definition.variableDefinitions ?? []).flatMap(({ variable, type }) => namedTypeOf(type) === '_Any' ? [variable.name.value] : [])
    : [])
}

function namedTypeOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedTypeOf(type.type)
}

/** A representation names its own type and, where a key has objects, perhaps theirs. */
function renameTypenames(value: unknown, names: ReadonlyMap<string, string>): void {
  if (Array.isArray(value)) {
    for (const item of value) renameTypenames(item, names)
    return
  }
  if (typeof value !== 'object' || value === null) return
  const object = value as Record<string, unknown>
  for (const [key, member] of Object.entries(object)) {
    if (key === '__typename' && typeof member === 'string') object[key] = names.get(member) ?? member
    else renameTypenames(member, names)
  }
}
