/** What a code means to whoever receives it. */
export interface CodeDefinition {
  /** HTTP status of a response whose only outcome is this error; inside `errors[]` of a partial answer it has no effect. */
  readonly status: number
  /** Whether the message may reach the client; otherwise the client sees `help` instead. */
  readonly exposeMessage: boolean
  /** Whether the same request may succeed later, unchanged. */
  readonly retryable: boolean
  /** What the receiver can do, in one sentence. */
  readonly help: string
}

/**
 * Every error code of Polyseme, in one table. `docs/errors.md` is generated from it.
 *
 * Adding a code here is all that is needed: `ErrorCode`, the HTTP status and the docs follow.
 */
export const ERROR_CODES = {
  // Who is calling
  UNAUTHENTICATED: { status: 401, exposeMessage: true, retryable: false, help: 'Send a valid access token: `Authorization: Bearer <token>`.' },
  AUTHORIZATION_HEADER_INVALID: { status: 400, exposeMessage: true, retryable: false, help: 'Send exactly one Authorization header, of the form `Bearer <token>`.' },
  FORBIDDEN: { status: 403, exposeMessage: true, retryable: false, help: 'Ask the owner of the data product for access.' },
  UNAUTHORIZED_FIELD_OR_TYPE: { status: 200, exposeMessage: true, retryable: false, help: 'Leave the field out, or ask the owner of the data product for access.' },
  ISSUER_UNAVAILABLE: { status: 503, exposeMessage: false, retryable: true, help: 'The token issuer cannot be reached; try again later.' },

  // What is asked
  BAD_REQUEST: { status: 400, exposeMessage: true, retryable: false, help: 'Correct the request.' },
  BAD_USER_INPUT: { status: 400, exposeMessage: true, retryable: false, help: 'Correct the value that the message names.' },
  GRAPHQL_PARSE_FAILED: { status: 400, exposeMessage: true, retryable: false, help: 'Correct the syntax of the document.' },
  GRAPHQL_VALIDATION_FAILED: { status: 400, exposeMessage: true, retryable: false, help: 'Correct the document against the schema.' },
  OPERATION_RESOLUTION_FAILURE: { status: 400, exposeMessage: true, retryable: false, help: 'Name one of the operations of the document in `operationName`.' },
  PERSISTED_QUERY_NOT_FOUND: { status: 200, exposeMessage: true, retryable: true, help: 'Send the document with its hash; from then on the hash is enough.' },
  PERSISTED_QUERY_NOT_SUPPORTED: { status: 400, exposeMessage: true, retryable: false, help: 'Send the whole document in `query`; persisted queries are not served.' },
  OPERATION_NOT_REGISTERED: { status: 403, exposeMessage: true, retryable: false, help: 'Register the operation with the graph\'s operator, or ask for the right to run any.' },
  OPERATION_LIMIT_EXCEEDED: { status: 400, exposeMessage: true, retryable: false, help: 'Ask for less in one operation; the message gives the limit and the value.' },
  CALLER_BUDGET_EXCEEDED: { status: 429, exposeMessage: true, retryable: true, help: 'Ask again after the time in Retry-After, or ask for less; the message gives the limit and the value.' },
  TOO_MANY_EXPORTS: { status: 429, exposeMessage: true, retryable: true, help: 'Wait until an export that is under way has ended.' },
  PAYLOAD_TOO_LARGE: { status: 413, exposeMessage: true, retryable: false, help: 'Send a smaller request body.' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, exposeMessage: true, retryable: false, help: 'Send `Content-Type: application/json; charset=utf-8`.' },
  NOT_ACCEPTABLE: { status: 406, exposeMessage: true, retryable: false, help: 'Name in `Accept` one of the types that the message gives.' },
  METHOD_NOT_ALLOWED: { status: 405, exposeMessage: true, retryable: false, help: 'Use POST.' },
  NOT_FOUND: { status: 404, exposeMessage: true, retryable: false, help: 'Check the address.' },
  CURSOR_INVALID: { status: 400, exposeMessage: true, retryable: false, help: 'Use a cursor as it was returned, with the same filter and order.' },
  FIELD_NOT_CLEAR: { status: 400, exposeMessage: true, retryable: false, help: 'A masked field cannot be filtered, sorted, grouped or aggregated; leave it out there.' },

  // What answers
  SUBGRAPH_UNAVAILABLE: { status: 200, exposeMessage: true, retryable: true, help: 'A domain did not answer; the other domains\' data is complete.' },
  SUBGRAPH_TIMEOUT: { status: 200, exposeMessage: true, retryable: true, help: 'A domain did not answer in time; ask for less or try again.' },
  SUBGRAPH_RESPONSE_INVALID: { status: 200, exposeMessage: true, retryable: true, help: 'A domain answered with something that is not a valid answer; its owner has to act.' },
  SUBGRAPH_ERROR: { status: 200, exposeMessage: true, retryable: false, help: 'A domain reported an error for this field.' },
  MAPPING_AMBIGUOUS: { status: 200, exposeMessage: true, retryable: false, help: 'The mapping was declared one-to-one but several records match; its steward has to resolve it.' },
  DEADLINE_EXCEEDED: { status: 504, exposeMessage: true, retryable: true, help: 'The answer took longer than the deadline; ask for less.' },
  GRAPH_EMPTY: { status: 503, exposeMessage: true, retryable: true, help: 'Nothing has been published yet; publish a domain with `polyseme publish`.' },
  OVERLOADED: { status: 503, exposeMessage: true, retryable: true, help: 'The gateway or domain is at its limit; try again after the time in Retry-After.' },
  AUDIT_UNAVAILABLE: { status: 503, exposeMessage: false, retryable: true, help: 'Protected data is not shown while access to it cannot be recorded; try again later.' },
  INTERNAL: { status: 500, exposeMessage: false, retryable: false, help: 'An internal error; report the request id.' },

  // Publishing
  REGISTRY_CONFLICT: { status: 409, exposeMessage: true, retryable: true, help: 'Somebody else published meanwhile; run the check again and publish again.' },
  REGISTRY_UNAVAILABLE: { status: 503, exposeMessage: false, retryable: true, help: 'The registry cannot be reached, or cannot be written, because its disk is full for example; what was published stays served. The log of the gateway says which; try again when it is mended.' },
  REGISTRY_CORRUPT: { status: 500, exposeMessage: true, retryable: false, help: 'Restore the registry from its last backup: `polyseme registry restore`.' },
  PUBLISH_REFUSED: { status: 422, exposeMessage: true, retryable: false, help: 'Correct what the findings name, then publish again.' },
  PUBLISH_NEEDS_APPROVAL: { status: 403, exposeMessage: true, retryable: false, help: 'Ask an approver to run `polyseme approve` for this change.' },

  // Starting and configuring (command line)
  COMMAND_INVALID: { status: 400, exposeMessage: true, retryable: false, help: 'Run `polyseme help` for the commands, `polyseme COMMAND --help` for what one takes.' },
  DEMO_NOT_RUNNING: { status: 503, exposeMessage: true, retryable: true, help: 'Start the demo with `npm start`, or name its data directory with --data-dir.' },
  DEMO_RUNNING: { status: 409, exposeMessage: true, retryable: true, help: 'Stop the demo that uses the data directory, or name another with --data-dir.' },
  CONFIG_INVALID: { status: 500, exposeMessage: true, retryable: false, help: 'Correct the configuration as the message says.' },
  PORT_IN_USE: { status: 500, exposeMessage: true, retryable: false, help: 'Choose another port with --port.' },
  DATA_DIR_CORRUPT: { status: 500, exposeMessage: true, retryable: false, help: 'Remove the data directory, or name another with --data-dir.' },
  CONTRACT_INVALID: { status: 422, exposeMessage: true, retryable: false, help: 'Run `polyseme contract check` on the file.' },
  LEXICON_INVALID: { status: 422, exposeMessage: true, retryable: false, help: 'Run `polyseme lexicon check` on the folder.' },
  COMPOSITION_FAILED: { status: 422, exposeMessage: true, retryable: false, help: 'Correct the subgraphs as the message says.' },
  SOURCE_UNAVAILABLE: { status: 503, exposeMessage: false, retryable: true, help: 'The data source cannot be reached.' },
} as const satisfies Record<string, CodeDefinition>

/** A stable, documented error code. */
export type ErrorCode = keyof typeof ERROR_CODES

/** Whether a string is a code of the table; own keys only, so `__proto__` and `constructor` are not. */
export function isErrorCode(value: string): value is ErrorCode {
  return Object.hasOwn(ERROR_CODES, value)
}
