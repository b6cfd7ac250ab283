import { getNamedType, getNullableType, isCompositeType, isListType, isObjectType, type GraphQLObjectType } from 'graphql'
import type { ResponseShape } from '../../access/index.ts'
import type { RunState } from '../run-state.ts'
import { codeEnvironment } from './code-environment.ts'
import { ALWAYS, collectFields, type CollectedField } from './collect-fields.ts'
import { Locals, ProjectionCompiler, type Place, type ProjectionContext } from './compile-projection.ts'
import { CodeModule } from './generated-code.ts'
import type { Position } from './position.ts'

/** Functions for lists of an answer that may be too large to be held; each completes as the whole projection would. */
export interface LargeLists {
  readonly lists: readonly LargeList[]
  /** Runs work that calls the functions of the lists. */
  readonly inState: <T>(state: RunState, work: () => T) => T
}

export interface LargeList {
  /** Keys from the subgraph's data to the list, through objects only. */
  readonly path: readonly string[]
  /** The objects around the list, the outermost first. */
  readonly levels: readonly LargeLevel[]
  /** Completes elements into `out`; false when one of them may not be null and is. `base`: index of the first. */
  readonly elements: (elements: readonly unknown[], base: number, out: unknown[]) => boolean
}

/** One object around a large list; the first is the root, which is read from the state. */
export interface LargeLevel {
  /** Response key, to the client, of what leads on to the list. */
  readonly key: string
  /** The same key in the subgraph's answer. */
  readonly jsonKey: string
  /** The object's fields before and after that key; null where the object may not be there as it is. */
  readonly before: PartFunction
  readonly after: PartFunction
}

type PartFunction = (object: unknown) => Readonly<Record<string, unknown>> | null

/** Compiles what completes the large lists of a plan that is one fetch of root fields. */
export function compileLargeLists(context: Omit<ProjectionContext, 'module'>, root: { readonly position: Position; readonly type: GraphQLObjectType; readonly shape: ResponseShape }): LargeLists {
  const module = new CodeModule()
  const finder = new LargeListFinder(new ProjectionCompiler({ ...context, module }), context)
  finder.walk({ position: root.position, shapes: [{ shape: root.shape, when: [] }], path: [], locals: new Locals() }, root.type, [])
  module.add(`let S,R,I,G,E,roots,rows=0;
function inState(given,work){S=given;R=given.results;I=given.indices;G=given.guards;E=given.entityErrors;roots=given.roots;
try{return work()}finally{S=R=I=G=E=roots=undefined}}`)
  const lists = finder.found.map(({ path, levels, elements }) => (
    `{path:${JSON.stringify(path)},elements:${elements},levels:[${levels.map(({ key, jsonKey, before, after }) => `{key:${JSON.stringify(key)},jsonKey:${JSON.stringify(jsonKey)},before:${before},after:${after}}`).join(',')}]}`
  ))
  return module.link(codeEnvironment(context.types), `{lists:[${lists.join(',')}],inState}`) as LargeLists
}

/** Names of generated functions instead of these. */
interface LevelNames {
  readonly key: string
  readonly jsonKey: string
  readonly before: string
  readonly after: string
}

class LargeListFinder {
  readonly found: { readonly path: readonly string[]; readonly levels: readonly LevelNames[]; readonly elements: string }[] = []
  readonly #compiler: ProjectionCompiler
  readonly #in: Omit<ProjectionContext, 'module'>

  constructor(compiler: ProjectionCompiler, context: Omit<ProjectionContext, 'module'>) {
    this.#compiler = compiler
    this.#in = context
  }

  walk(place: Place, type: GraphQLObjectType, levels: readonly LevelNames[]): void {
    const fields = collectFields(place.shapes, type.name)
    fields.forEach((collected, index) => {
      const { field, key, selections } = collected
      const declared = type.getFields()[field.name]?.type
      const jsonKey = this.#jsonKeyOf(place.position, type, collected)
      const value = declared === undefined ? undefined : getNullableType(declared)
      if (value === undefined || jsonKey === undefined || !isCompositeType(getNamedType(value))) return
      const position = place.position.child(this.#in.keys.keyOf(field))
      if (position.sources.length !== 1) return
      const child: Place = { position, shapes: selections, path: [...place.path, key], locals: new Locals() }
      const here = (): readonly LevelNames[] => [...levels, {
        key, jsonKey,
        before: this.#compiler.partFunction(place, type, fields.slice(0, index)),
        after: this.#compiler.partFunction(place, type, fields.slice(index + 1)),
      }]
      if (isObjectType(value)) this.walk(child, value, here())
      else if (isListType(value)) {
        const units = place.position.sources.map(({ unit }) => unit)
        const named = here()
        this.found.push({ path: named.map((level) => level.jsonKey), levels: named, elements: this.#compiler.elementsFunction(child, value.ofType, `${type.name}.${field.name}`, units) })
      }
    })
  }

  /** Where the subgraph's answer has the field, if it is always there and nothing was denied of it. */
  #jsonKeyOf(position: Position, type: GraphQLObjectType, { field, asked, unless, allowed }: CollectedField): string | undefined {
    if (asked !== ALWAYS || allowed !== ALWAYS || unless.length > 0) return undefined
    const [source, ...others] = position.sources
    const key = this.#in.keys.keyOf(field)
    const [provided, ...again] = source?.provision.fields(type.name).filter((one) => one.key === key) ?? []
    if (provided === undefined || others.length > 0 || again.some(({ jsonKey }) => jsonKey !== provided.jsonKey)) return undefined
    return provided.jsonKey
  }
}
