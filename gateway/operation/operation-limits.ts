/** What one operation may ask for, checked before anything is planned. All counts are of the document as sent. */
export interface OperationLimits {
  /** Bytes of the document in UTF-8. */
  readonly maxBytes: number
  /** Lexical tokens. */
  readonly maxTokens: number
  /** Brackets of any kind inside each other; bounds the recursion of everything that reads the document. */
  readonly maxNesting: number
  /** Fields inside fields, fragments spread out. */
  readonly maxDepth: number
  readonly maxAliases: number
  /** Fields on the root type of one operation, fragments spread out. */
  readonly maxRootFields: number
  readonly maxDirectives: number
  /** Fragment definitions. */
  readonly maxFragments: number
  /** Fields and fragments of all operations together, fragments spread out: what planning would see. */
  readonly maxSelections: number
  /** Pairs of fields that answer under one name and must be compared. */
  readonly maxFieldPairs: number
  /** Objects and lists inside each other, in the variables. */
  readonly maxVariableDepth: number
  /** Values in the variables, at every level. */
  readonly maxVariableValues: number
  /** Characters of one ID. */
  readonly maxIdLength: number
  /** Errors reported for one operation. */
  readonly maxErrors: number
  /** Whether messages may propose names that exist ("Did you mean …"); off in production. */
  readonly suggestions: boolean
  /** Whether `__schema` and `__type` may be asked at all; what they show is decided per caller. */
  readonly introspection: boolean
}

export const DEFAULT_OPERATION_LIMITS: OperationLimits = {
  maxBytes: 100_000,
  maxTokens: 10_000,
  maxNesting: 100,
  maxDepth: 30,
  maxAliases: 200,
  maxRootFields: 50,
  maxDirectives: 200,
  maxFragments: 300,
  maxSelections: 10_000,
  maxFieldPairs: 50_000,
  maxVariableDepth: 50,
  maxVariableValues: 50_000,
  maxIdLength: 4_096,
  maxErrors: 50,
  suggestions: false,
  introspection: true,
}
