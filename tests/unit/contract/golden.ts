import { parseContracts, type ContractFile } from '@polyseme/kit/contract'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of golden cases: each is a folder with contracts and `expected.json`. */
export const CASES = fileURLToPath(new URL('cases/', import.meta.url))

export function caseNames(): readonly string[] {
  return readdirSync(CASES).toSorted()
}

/** The contracts of a case, by name. */
export function readCase(name: string): readonly ContractFile[] {
  const files = readdirSync(join(CASES, name))
    .filter((file) => file.endsWith('.odcs.yaml'))
    .toSorted()
  return files.map((file) => ({ file, text: readFileSync(join(CASES, name, file), 'utf8') }))
}

/** What is asserted of a case: the products without the contract itself, and every finding. */
export function outcomeOf(files: readonly ContractFile[]): unknown {
  const result = parseContracts(files)
  if (result.kind === 'invalid') return { accepted: false, findings: result.diagnostics }
  return { accepted: true, findings: result.warnings, products: result.value.map(({ contract: _contract, ...product }) => product) }
}
