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
  /** Objects that stand in lists, where that is known without looking for them: in whole answers without errors and introspection. */
  readonly rows?: number
  /** The text in UTF-8. */
  readonly bytes: Buffer
  /** Makes the bytes and lets go of all that they were made of: data are null from then on. For an answer that has to wait. */
  readonly keepBytes?: () => void
  /** Present when the answer is too large to be held: then `data`, `errors`, `text` and `bytes` are empty, and it is written from here. */
  readonly stream?: AnswerStream
}

/** An answer that is made while it is sent. */
export interface AnswerStream {
  /**
   * The pieces of its text, in order, to be taken once. When it cannot be completed they end with an error, and what was sent
   * must be made to look broken off. Ending early lets go of everything.
   *
   * @param onRows told of the elements of the large list as they come
   * @throws SUBGRAPH_UNAVAILABLE, SUBGRAPH_TIMEOUT, SUBGRAPH_RESPONSE_INVALID
   */
  pieces(onRows?: (rows: readonly unknown[]) => void): AsyncGenerator<string, void>
  /** Errors stand in it; known when the last piece has been taken. */
  readonly hasErrors: boolean
  /** Lets go of it without taking anything. */
  cancel(): void
}
