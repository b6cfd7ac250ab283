/** One step of a flatten path: a response key, every element of a list, or a restriction to some runtime types. */
export type PathSegment =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'list' }
  | { readonly kind: 'type'; readonly names: readonly string[] }

/** One step of a rewrite path, relative to a representation or a subgraph's answer; lists are entered silently. */
export type RewriteSegment =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'type'; readonly names: readonly string[] }

/** A change to a representation before it is sent, or to an answer before it is read. */
export type Rewrite =
  | { readonly kind: 'set'; readonly path: readonly RewriteSegment[]; readonly value: unknown }
  | { readonly kind: 'rename'; readonly path: readonly RewriteSegment[]; readonly to: string }

/** What a representation is made of. */
export type RequiredSelection =
  | {
    readonly kind: 'field'
    /** Where the value stands in the merged answer. */
    readonly key: string
    /** Its key in the representation. */
    readonly as: string
    /** The field's name in the schema. */
    readonly name: string
    readonly selections: readonly RequiredSelection[] | undefined
  }
  | { readonly kind: 'type'; readonly name: string; readonly selections: readonly RequiredSelection[] }

/** A value that `@fromContext` takes from an ancestor: `up` path steps that are fields, then the path down. */
export interface ContextValue {
  readonly variable: string
  readonly up: number
  readonly path: readonly RewriteSegment[]
}

/** One `_entities` field of a request: whose entities it completes and how they are represented. */
export interface EntityPart {
  /** Response key, `_entities` or an alias of it. */
  readonly key: string
  /** Variable that takes the representations. */
  readonly variable: string
  /** Places of the entities in the answer; several when their selections are equal. */
  readonly paths: readonly (readonly PathSegment[])[]
  readonly requires: readonly RequiredSelection[]
  readonly inputRewrites: readonly Rewrite[]
  readonly outputRewrites: readonly Rewrite[]
  readonly context: readonly ContextValue[]
}

/** One request to one subgraph. */
export interface FetchNode {
  readonly kind: 'fetch'
  readonly subgraph: string
  readonly operationKind: 'query' | 'mutation'
  readonly operationName: string | undefined
  readonly text: string
  readonly variables: readonly string[]
  /** Entity fetches; a fetch of root fields has none. */
  readonly parts: readonly EntityPart[]
  /** Where root fields are put: empty, or a field that returns the root type again. */
  readonly path: readonly PathSegment[]
  /** Rewrites of a root fetch's answer. */
  readonly outputRewrites: readonly Rewrite[]
}

/** A plan that no planner library's types reach beyond; plain data, so that it crosses threads. */
export type PlanNode =
  | FetchNode
  | { readonly kind: 'sequence'; readonly nodes: readonly PlanNode[] }
  | { readonly kind: 'parallel'; readonly nodes: readonly PlanNode[] }
  | { readonly kind: 'condition'; readonly variable: string; readonly whenTrue: PlanNode | undefined; readonly whenFalse: PlanNode | undefined }
