/** What generated code hands an answer's oddities to. */
export interface ProjectionReport {
  /** A null where none may be. */
  missing(site: number): void
  /** An object or list was promised. Returns null. */
  wrongShape(site: number): null
  /** A runtime type that cannot be there. Returns null. */
  wrongType(site: number, type: unknown): null
  /** A leaf that is not of its type: coerced if it may be, else null. */
  leaf(value: unknown, kind: LeafKind, site: number): unknown
  /** Errors that a subgraph reported for an entity, met at this place. */
  reportEntity(slot: number, entity: number, site: number): void
  introspection(key: string): unknown
}

export type LeafKind = 'String' | 'ID' | 'Boolean' | 'Int' | 'Float' | 'enum' | 'scalar'

/** What a running operation keeps, as generated code reads it. */
export interface RunState extends ProjectionReport {
  /** Answers to root fetches, by root number. */
  readonly roots: (Readonly<Record<string, unknown>> | undefined)[]
  /** Entities by slot; links are indexes into these. */
  readonly results: (readonly unknown[])[]
  /** Whether a fetch, or one that it reads from, is left out because its condition does not hold. */
  isOff(unit: number): boolean
  /** Objects that stand in lists of the answer, told by the projection; more than there are where a null took some away. */
  rows: number
  /** Index in each list on the way to the current place. */
  readonly indices: number[]
  /** Values of the plan's guards. */
  readonly guards: readonly boolean[]
  /** By slot; undefined when no error was reported. */
  readonly entityErrors: (ReadonlyMap<number, unknown> | undefined)[]
}

/**
 * Takes representations and numbers them; equal ones get one number. They come as text (`add`), or as values, of which
 * the first finds the candidates and the others, kept in order in `values`, decide.
 */
export interface RepresentationCollector {
  add(text: string): number
  /** The same for an entity whose fields take these values as arguments. */
  addInContext(text: string, ...values: readonly string[]): number
  /** Number of the newest representation with a first value. */
  readonly first: Map<unknown, number>
  /** By number: the one before it with the same first value. */
  readonly next: (number | undefined)[]
  readonly values: unknown[]
  insert(first: unknown, text: string, ...others: readonly unknown[]): number
}
