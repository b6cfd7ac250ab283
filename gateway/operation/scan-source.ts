import { GraphQLError, Lexer, Source, TokenKind } from 'graphql'
import { limitExceeded } from './limit-exceeded.ts'
import { OperationErrors } from './operation-errors.ts'
import type { OperationLimits } from './operation-limits.ts'

/**
 * Reads a document token by token, before anything recursive does, and stops at the first limit.
 *
 * Linear in the part that is read: at most `maxBytes` and `maxTokens`, whatever is sent.
 *
 * @throws OPERATION_LIMIT_EXCEEDED for bytes, tokens and nesting; OperationErrors for what is not a token.
 */
export function scanSource(text: string, limits: OperationLimits): void {
  // A character has at least one byte, so this refuses without encoding a document that is far too long.
  if (text.length > limits.maxBytes) throw limitExceeded('bytes', limits.maxBytes, `more than ${limits.maxBytes}`)
  const bytes = Buffer.byteLength(text)
  if (bytes > limits.maxBytes) throw limitExceeded('bytes', limits.maxBytes, bytes)

  const lexer = new Lexer(new Source(text))
  let tokens = 0
  let nesting = 0
  for (;;) {
    const { kind } = advance(lexer)
    if (kind === TokenKind.EOF) return
    tokens++
    if (tokens > limits.maxTokens) throw limitExceeded('tokens', limits.maxTokens, `more than ${limits.maxTokens}`)
    if (kind === TokenKind.BRACE_L || kind === TokenKind.BRACKET_L || kind === TokenKind.PAREN_L) {
      nesting++
      if (nesting > limits.maxNesting) throw limitExceeded('levels of nesting', limits.maxNesting, `more than ${limits.maxNesting}`)
    } else if (kind === TokenKind.BRACE_R || kind === TokenKind.BRACKET_R || kind === TokenKind.PAREN_R) {
      nesting--
    }
  }
}

function advance(lexer: Lexer): Lexer['token'] {
  try {
    return lexer.advance()
  } catch (error) {
    if (error instanceof GraphQLError) throw new OperationErrors('GRAPHQL_PARSE_FAILED', [error])
    throw error
  }
}
