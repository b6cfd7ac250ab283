import type { Diagnostic, Severity, SourcePosition } from '../errors/index.ts'

/** A finding without its file; `at` is the offset in the text. */
export interface Finding extends Omit<Diagnostic, 'position' | 'severity'> {
  readonly severity?: Severity
  readonly at: number
}

/** A document with more findings than this is not a contract with mistakes but another kind of file. */
const MAX_FINDINGS = 1_000

/** Collects the findings about one file, in the order of their places. */
export class Findings {
  readonly #list: Diagnostic[] = []
  readonly #seen = new Set<string>()
  readonly #positionAt: (offset: number) => SourcePosition

  constructor(positionAt: (offset: number) => SourcePosition) {
    this.#positionAt = positionAt
  }

  /** Severity is `error` unless it is given. The same finding at the same place counts once: aliases share their text. */
  report({ at, severity = 'error', ...finding }: Finding): void {
    const key = `${finding.rule} ${at} ${finding.what}`
    if (this.#list.length >= MAX_FINDINGS || this.#seen.has(key)) return
    this.#seen.add(key)
    this.#list.push({ severity, ...finding, position: this.#positionAt(at) })
  }

  get hasErrors(): boolean {
    return this.#list.some((finding) => finding.severity === 'error')
  }

  inOrder(): readonly Diagnostic[] {
    return this.#list.toSorted(
      (a, b) => compareNumbers(a.position?.line, b.position?.line) || compareNumbers(a.position?.column, b.position?.column),
    )
  }
}

function compareNumbers(a = 0, b = 0): number {
  return a - b
}
