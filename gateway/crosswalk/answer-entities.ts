import type { DocumentNode } from 'graphql'
import { ambiguousError } from './ambiguous-error.ts'
import type { CrosswalkContext } from './crosswalk-context.ts'
import type { CrosswalkModel, KeyField } from './crosswalk-model.ts'
import { keyParts, keyOf } from './entity.ts'
import { argumentValues, planEntities, type EntityPlan, type LeafPlan, type TypePlan, type WayPlan } from './entity-plan.ts'
import type { LinkReader } from './link-reader.ts'
import type { LinkView } from './links/index.ts'
import type { ViewArguments } from './view-arguments.ts'
import type { Visibility } from './visibility.ts'

/** An answer as GraphQL execution gives it. */
export interface EntityAnswer {
  readonly data: Readonly<Record<string, unknown>>
  readonly errors?: readonly {
    readonly message: string
    readonly path: readonly (string | number)[]
    readonly extensions: Readonly<Record<string, unknown>>
  }[]
}

export interface EntityAnswererOptions {
  readonly model: CrosswalkModel
  readonly reader: LinkReader
  readonly visibility: (context: CrosswalkContext) => Visibility
  /** @throws GraphQLError BAD_USER_INPUT */
  readonly view: (args: ViewArguments) => LinkView
}

/**
 * Answers what nearly every plan asks of the crosswalk, thousands of keys and the ways from them, without interpreting
 * the document field by field. Whatever is not that, or is not plain sailing (a record to ask a domain about, an
 * argument that is none), is left to ordinary execution by answering nothing; where it answers, both answer the same.
 */
export class EntityAnswerer {
  readonly #options: EntityAnswererOptions
  readonly #plans = new WeakMap<DocumentNode, EntityPlan | 'none'>()

  constructor(options: EntityAnswererOptions) {
    this.#options = options
  }

  /** The answer, or undefined when ordinary execution has to find it. */
  answer(document: DocumentNode, variables: Readonly<Record<string, unknown>>, context: CrosswalkContext): EntityAnswer | undefined {
    let plan = this.#plans.get(document)
    if (plan === undefined) {
      plan = planEntities(document, this.#options.model) ?? 'none'
      this.#plans.set(document, plan)
    }
    if (plan === 'none') return undefined
    try {
      return this.#run(plan, variables, context)
    } catch (error) {
      if (error instanceof NotPlain) return undefined
      throw error
    }
  }

  #run(plan: EntityPlan, variables: Readonly<Record<string, unknown>>, context: CrosswalkContext): EntityAnswer {
    const data: Record<string, unknown> = {}
    const errors: NonNullable<EntityAnswer['errors']>[number][] = []
    for (const { responseKey, variable, types } of plan.roots) {
      const representations = variables[variable]
      if (!Array.isArray(representations)) throw new NotPlain()
      const entities: Record<string, unknown>[] = representations.map((representation) => entityFor(representation, types))
      data[responseKey] = entities
      for (const [typeName, type] of types) {
        const positions = representations.flatMap((representation, at) =>
          (representation as { __typename?: unknown }).__typename === typeName ? [at] : [],
        )
        for (const way of type.ways) {
          const found = this.#counterparts(type, way, { positions, representations, variables, context })
          for (const [index, at] of positions.entries()) {
            const keys = found[index] ?? []
            const entity = entities[at] ?? {}
            if (way.way.many) entity[way.responseKey] = keys.map((key) => leavesOf(way, key))
            else entity[way.responseKey] = keys.length === 1 ? leavesOf(way, keys[0] ?? '') : null
            if (way.way.many || keys.length < 2) continue
            const { message, extensions } = ambiguousError(way.way, keys.length)
            errors.push({ message, path: [responseKey, at, way.responseKey], extensions })
          }
        }
      }
    }
    return errors.length === 0 ? { data } : { data, errors }
  }

  #counterparts({ sense }: TypePlan, { way, target, args }: WayPlan, request: WayRequest): readonly (readonly string[])[] {
    const { reader, visibility, view } = this.#options
    const whole = visibility(request.context).ofSense(target)
    if (whole === 'by-record') throw new NotPlain()
    const keys = request.positions.map((at) => keyOf(sense, request.representations[at] as Readonly<Record<string, unknown>>) ?? notPlain())
    let chosen: LinkView
    try {
      chosen = view(argumentValues(args, request.variables))
    } catch {
      throw new NotPlain()
    }
    return whole === 'none' ? [] : reader.counterpartsOfMany(way, keys, chosen)
  }
}

interface WayRequest {
  readonly positions: readonly number[]
  readonly representations: readonly unknown[]
  readonly variables: Readonly<Record<string, unknown>>
  readonly context: CrosswalkContext
}

/** Ends an attempt; ordinary execution takes over. */
class NotPlain extends Error {}

function notPlain(): never {
  throw new NotPlain()
}

function entityFor(representation: unknown, types: ReadonlyMap<string, TypePlan>): Record<string, unknown> {
  const source = representation as Readonly<Record<string, unknown>> | null
  const type = typeof source === 'object' && source !== null ? types.get(String(source['__typename'])) : undefined
  if (source === null || type === undefined) throw new NotPlain()
  const entity: Record<string, unknown> = {}
  for (const { responseKey, keyPart } of type.leaves) {
    const part = keyPart === undefined ? undefined : type.sense.key[keyPart]
    entity[responseKey] = part === undefined ? type.sense.typeName : asWritten(part, source[part.field])
  }
  return entity
}

/** A key's value as GraphQL would write it; what would have to be converted is left to it. */
function asWritten({ type }: KeyField, value: unknown): unknown {
  const wanted =
    type.named === 'Int' || type.named === 'Float' ? 'number' : type.named === 'ID' || type.named === 'String' ? 'string' : undefined
  if (wanted === undefined || typeof value !== wanted) throw new NotPlain()
  return value
}

function leavesOf(
  { target, leaves }: { readonly target: WayPlan['target']; readonly leaves: readonly LeafPlan[] },
  key: string,
): Record<string, unknown> {
  const parts = keyParts(target, key)
  const entity: Record<string, unknown> = {}
  for (const { responseKey, keyPart } of leaves) entity[responseKey] = keyPart === undefined ? target.typeName : parts[keyPart]
  return entity
}
