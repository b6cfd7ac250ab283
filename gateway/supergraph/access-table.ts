/** Alternatives (outer, OR) of sets that are all needed (inner, AND); the federation directives' own form. */
export type Requirement = readonly (readonly string[])[]

/** What a schema coordinate asks of the caller, gathered from all subgraphs (AND across them). */
export interface CoordinateAccess {
  readonly authenticated: boolean
  /** `@requiresScopes` of each subgraph that declares it. */
  readonly scopes: readonly Requirement[]
  /** `@policy` of each subgraph that declares it. */
  readonly policies: readonly Requirement[]
}

/** Every protected coordinate (`Type` or `Type.field`) of a supergraph. A coordinate that is absent is public. */
export type AccessTable = ReadonlyMap<string, CoordinateAccess>
