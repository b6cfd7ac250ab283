import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse as parseYaml } from 'yaml'
import type { CaseGraph, CaseRequest } from './access-case.ts'

/** What a case expects; tests/access/README.md says it in words. */
export interface Expected {
  readonly data?: unknown
  readonly denied?: readonly string[]
  readonly sends?: string
  readonly calls?: readonly string[]
  readonly refused?: string
}

export interface RequestCase extends CaseRequest, Expected {
  readonly id: string
  readonly threats?: readonly string[]
  readonly says: string
  readonly graph: string
}

/** One document by several callers, one after the other. */
export interface SequenceCase extends Pick<RequestCase, 'id' | 'threats' | 'says' | 'graph'> {
  readonly query: string
  readonly variables?: Readonly<Record<string, unknown>>
  readonly steps: readonly (Pick<CaseRequest, 'caller' | 'variables'> & Expected)[]
}

/** A supergraph that must not come to be. */
export interface ComposeCase extends Pick<RequestCase, 'id' | 'threats' | 'says'> {
  readonly compose: Readonly<Record<string, string>>
  readonly refused: string
}

export interface AccessSuite {
  readonly graphs?: Readonly<Record<string, CaseGraph>>
  readonly cases: readonly (RequestCase | SequenceCase | ComposeCase)[]
}

const FOLDER = join(import.meta.dirname, '../access/cases')
const FILES = readdirSync(FOLDER).filter((file) => file.endsWith('.yaml')).sort()
/** The conformance suite of access, by file. */
export const ACCESS_SUITES = FILES.map((file): readonly [string, AccessSuite] => [file, parseYaml(readFileSync(join(FOLDER, file), 'utf8'), { maxAliasCount: 1_000 }) as AccessSuite])

/** The requests of a case, in order. */
export function stepsOf(one: RequestCase | SequenceCase): readonly (CaseRequest & Expected)[] {
  if (!('steps' in one)) return [one]
  return one.steps.map((step) => ({ query: one.query, ...(one.variables === undefined ? {} : { variables: one.variables }), ...step }))
}
