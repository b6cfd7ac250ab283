import type { DocumentNode, OperationDefinitionNode } from 'graphql'

declare const parsed: unique symbol

/** A document that parsed, is within the limits, is valid against the API schema, and names one operation to run. */
export interface ParsedOperation {
  readonly [parsed]: true
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
  /** SHA-256 of source text and operation name, hex: the key under which plans are cached. */
  readonly hash: string
  /** Coerced values, defaults applied. */
  readonly variables: Readonly<Record<string, unknown>>
}
