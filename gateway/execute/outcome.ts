/** An error as it stands in a GraphQL response. */
export interface ResponseError {
  readonly message: string
  readonly path?: readonly (string | number)[]
  readonly extensions: { readonly code: string; readonly subgraph?: string } & Readonly<Record<string, unknown>>
}

/** One request that the operation made to a subgraph. */
export interface SubgraphCall {
  readonly subgraph: string
  readonly durationMs: number
  /** Representations sent; 0 for root fields. */
  readonly entities: number
  readonly outcome: 'answered' | 'failed'
}

/** The answer to an operation: partial when subgraphs failed, with errors that say what is missing. */
export interface ExecutionOutcome {
  readonly data: Readonly<Record<string, unknown>> | null
  readonly errors: readonly ResponseError[]
  /** `{"data":…,"errors":…}`, ready to send. */
  readonly text: string
  readonly calls: readonly SubgraphCall[]
}
