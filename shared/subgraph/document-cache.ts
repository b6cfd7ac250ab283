import { Kind, parse, validate, type DocumentNode, type FragmentDefinitionNode, type GraphQLSchema, type OperationDefinitionNode } from 'graphql'

/** A document that is valid against the schema. */
export interface ValidDocument {
  readonly document: DocumentNode
  readonly operations: readonly OperationDefinitionNode[]
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode | undefined>>
}

/** Characters of documents that are kept; some thousand queries of a gateway, whose trees take twenty times that. */
const MAX_KEPT_CHARACTERS = 2_000_000
/** A document with more tokens than this is left to the executor, which refuses it. */
const MAX_TOKENS = 50_000

/** Valid documents by their text, the longest unused dropped first, so that a query is parsed and validated once. */
export class DocumentCache {
  readonly #schema: GraphQLSchema
  readonly #documents = new Map<string, ValidDocument>()
  #characters = 0

  constructor(schema: GraphQLSchema) {
    this.#schema = schema
  }

  /** Undefined where the text is no valid document. */
  find(text: string): ValidDocument | undefined {
    const known = this.#documents.get(text)
    if (known !== undefined) {
      this.#documents.delete(text)
      this.#documents.set(text, known)
      return known
    }
    const valid = this.#read(text)
    if (valid !== undefined) this.#keep(text, valid)
    return valid
  }

  #read(text: string): ValidDocument | undefined {
    try {
      const document = parse(text, { maxLexicalTokens: MAX_TOKENS })
      if (validate(this.#schema, document).length > 0) return undefined
      const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
      return {
        document,
        operations: document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION),
        fragments: Object.fromEntries(fragments.map((fragment) => [fragment.name.value, fragment])),
      }
    } catch {
      return undefined
    }
  }

  #keep(text: string, valid: ValidDocument): void {
    this.#documents.set(text, valid)
    this.#characters += text.length
    for (const oldest of this.#documents.keys()) {
      if (this.#characters <= MAX_KEPT_CHARACTERS) break
      this.#documents.delete(oldest)
      this.#characters -= oldest.length
    }
  }
}
