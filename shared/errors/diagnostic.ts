/** A place in a file that a person wrote; line and column count from 1. */
export interface SourcePosition {
  readonly file: string
  readonly line: number
  readonly column: number
}

export type Severity = 'error' | 'warning' | 'info'

/** One finding about something a person wrote: what is wrong, what was expected, why it matters, how to mend it. */
export interface Diagnostic {
  /** Stable, kebab-case, for example `contract-unknown-key`. */
  readonly rule: string
  readonly severity: Severity
  /** What is there. */
  readonly what: string
  /** What should be there. */
  readonly expected?: string
  readonly why?: string
  /** The exact thing to do, or the exact lines to add. */
  readonly how?: string
  readonly position?: SourcePosition
}

/** Either the value (with warnings, if any) or every finding at once. */
export type Result<T> =
  | { readonly kind: 'ok'; readonly value: T; readonly warnings: readonly Diagnostic[] }
  | { readonly kind: 'invalid'; readonly diagnostics: readonly Diagnostic[] }

export function ok<T>(value: T, warnings: readonly Diagnostic[] = []): Result<T> {
  return { kind: 'ok', value, warnings }
}

export function invalid<T = never>(diagnostics: readonly Diagnostic[]): Result<T> {
  return { kind: 'invalid', diagnostics }
}

/** One finding as a person reads it in a terminal: position, severity, what, then the rest indented. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { position } = diagnostic
  const place = position === undefined ? '' : `${position.file}:${position.line}:${position.column} `
  const lines = [`${place}${diagnostic.severity} ${diagnostic.rule}: ${diagnostic.what}`]
  if (diagnostic.expected !== undefined) lines.push(`  expected: ${diagnostic.expected}`)
  if (diagnostic.why !== undefined) lines.push(`  why: ${diagnostic.why}`)
  if (diagnostic.how !== undefined) lines.push(`  how: ${diagnostic.how}`)
  return lines.join('\n')
}
