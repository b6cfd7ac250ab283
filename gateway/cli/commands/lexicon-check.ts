import type { DataProduct } from '@polyseme/kit/contract'
import { formatDiagnostic, GatewayError, type Diagnostic, type Severity } from '@polyseme/kit/errors'
import type { Lexicon } from '@polyseme/kit/lexicon'
import { resolve } from 'node:path'
import type { Command, CommandIo } from '../command.ts'
import { readContractFiles } from '../contract-files.ts'

/** Says what does not fit together in a lexicon, and which words of the contracts it says nothing about. */
export const lexiconCheckCommand: Command = {
  name: 'lexicon check',
  summary: 'check concepts, mappings and vocabularies, and find words used for two things',
  usage: `polyseme lexicon check DIR [--contracts FILE…] [--strict] [--json]

  DIR          folder of a lexicon (*.yaml: concepts, mappings, value vocabularies)
  --contracts  a contract or a folder of *.odcs.yaml, several times for several; the lexicon is compared with them, and
               words that several domains use without a declaration are found
  --strict     warnings count as errors
  --json       one JSON document: { ok, diagnostics }`,
  options: { contracts: { type: 'string', multiple: true }, strict: { type: 'boolean' }, json: { type: 'boolean' } },
  run: async ({ options, positionals }, io) => {
    const [dir] = positionals
    if (dir === undefined || positionals.length > 1) throw new GatewayError('COMMAND_INVALID', '`polyseme lexicon check` needs one DIR')
    const { loadLexiconFiles } = await import('../../crosswalk/index.ts')
    const { findClassificationGaps, findPolysemes, parseLexicon } = await import('@polyseme/kit/lexicon')
    const products = await readProducts(options['contracts'], io)
    const files = await loadLexiconFiles(resolve(io.cwd, dir), io.cwd)
    const today = new Date().toISOString().slice(0, 10)
    const result = parseLexicon(files, { today, ...(products === undefined ? {} : { products }) })
    const own = result.kind === 'ok' ? result.warnings : result.diagnostics
    const diagnostics = result.kind === 'ok' && products !== undefined ? [...own, ...findPolysemes(products, result.value), ...findClassificationGaps(products, result.value)] : own
    const isBad = (severity: Severity): boolean => severity === 'error' || (severity === 'warning' && options['strict'] === true)
    const isAccepted = !diagnostics.some(({ severity }) => isBad(severity))
    if (options['json'] === true) io.out(JSON.stringify({ ok: isAccepted, diagnostics }, null, 2))
    else report({ lexicon: result.kind === 'ok' ? result.value : undefined, diagnostics, isAccepted }, io)
    return isAccepted ? 0 : 1
  },
}

async function readProducts(given: unknown, io: CommandIo): Promise<readonly DataProduct[] | undefined> {
  const paths = Array.isArray(given) ? given.map(String) : []
  if (paths.length === 0) return undefined
  const { parseContracts } = await import('@polyseme/kit/contract')
  const result = parseContracts(await readContractFiles(paths, io.cwd))
  if (result.kind === 'ok') return result.value
  for (const diagnostic of result.diagnostics) io.err(formatDiagnostic(diagnostic))
  throw new GatewayError('CONTRACT_INVALID', 'the lexicon cannot be compared with contracts that are not valid')
}

function report(outcome: { lexicon: Lexicon | undefined; diagnostics: readonly Diagnostic[]; isAccepted: boolean }, io: CommandIo): void {
  for (const diagnostic of outcome.diagnostics) {
    io.out(formatDiagnostic(diagnostic))
    io.out('')
  }
  if (outcome.lexicon !== undefined) for (const line of describe(outcome.lexicon)) io.out(line)
  const count = (severity: Severity): number => outcome.diagnostics.filter((one) => one.severity === severity).length
  io.out(`${outcome.isAccepted ? 'accepted' : 'not accepted'}: ${count('error')} errors, ${count('warning')} warnings`)
}

function describe(lexicon: Lexicon): readonly string[] {
  return [
    ...[...lexicon.concepts.values()].flatMap((concept) => [
      `${concept.name} (${concept.type}): ${concept.definition}`,
      ...concept.senses.map(({ name, definition }) => `  ${name}: ${definition}`),
    ]),
    ...[...lexicon.mappings.values()].map(
      ({ from, to, predicate, cardinality, rule, status }) => `${from} ${predicate} ${to}, ${cardinality}, by ${rule.kind}, ${status}`,
    ),
    ...[...lexicon.vocabularies.values()].map(({ name, values, fields }) => `${name}: ${values.length} values in ${fields.length} fields`),
    '',
  ]
}
