import type { ASTNode } from 'graphql'
import type { Diagnostic } from '../errors/index.ts'

/** Collects what is wrong with an extension file, each at its place. */
export class ExtensionFindings {
  readonly list: Diagnostic[] = []
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  report(node: ASTNode, finding: Omit<Diagnostic, 'severity' | 'position'>): void {
    const start = node.loc?.startToken
    this.list.push({ severity: 'error', ...finding, position: { file: this.#file, line: start?.line ?? 1, column: start?.column ?? 1 } })
  }
}
