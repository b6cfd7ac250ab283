import type { DataProduct, ProductObject } from '@polyseme/kit/contract'
import { formatDiagnostic, GatewayError, type Result } from '@polyseme/kit/errors'
import {
  CARDINALITIES,
  encodeEntityKey,
  formatSssom,
  objectsBySense,
  parseLexicon,
  parseSssom,
  PREDICATES,
  type Cardinality,
  type Mapping,
  type Predicate,
  type SenseName,
  type SssomSet,
} from '@polyseme/kit/lexicon'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Comparison, ComparisonKind, LinkProposals, LinkRecord } from '../../crosswalk/index.ts'
import type { Command, CommandArguments, CommandIo } from '../command.ts'
import { readContractFiles } from '../contract-files.ts'
import { DEFAULT_DATA_DIR } from '../data-dir.ts'

/** Looks for records of two senses that are likely to belong together, and writes them into a link table as proposals. */
export const linkProposeCommand: Command = {
  name: 'link propose',
  summary: 'find likely links between two senses where no key is shared',
  usage: `polyseme link propose FROM TO --contracts DIR… [options]

  FROM, TO             senses: sales.Customer billing.Customer
  --contracts DIR      a domain's contracts; once for each domain
  --data-dir DIR       where the contracts' files lie, and links/ (default ${DEFAULT_DATA_DIR})
  --lexicon DIR        takes the table, the predicate and the cardinality of its mapping between the two
  --cardinality C      ${CARDINALITIES.join(', ')} (default n:m), where there is no mapping yet
  --predicate P        ${PREDICATES.join(', ')} (default closeMatch), where there is no mapping yet
  --compare KIND:A=B   compare field A of FROM with field B of TO; several times; default: what the contracts suggest
  --without FIELD      leave a field out of what the contracts suggest; several times
  --propose-above P    least probability to write (default 0.5)
  --approve-above P    write as approved from this probability on (default: the mapping's autoApprove, else never)
  --dry-run            write nothing
  --json               { records, comparedPairs, model, proposed, approved, withdrawn, decided }`,
  options: {
    contracts: { type: 'string', multiple: true },
    'data-dir': { type: 'string', default: DEFAULT_DATA_DIR },
    lexicon: { type: 'string' },
    cardinality: { type: 'string' },
    predicate: { type: 'string' },
    compare: { type: 'string', multiple: true },
    without: { type: 'string', multiple: true },
    'propose-above': { type: 'string' },
    'approve-above': { type: 'string' },
    'dry-run': { type: 'boolean' },
    json: { type: 'boolean' },
  },
  run: async (args, io) => {
    const task = await readTask(args, io)
    const { inferComparisons, mergeProposals, proposeLinks } = await import('../../crosswalk/index.ts')
    const comparisons =
      task.comparisons.length > 0 ? task.comparisons : inferComparisons(task.from.object, task.to.object, texts(args.options['without']))
    if (comparisons.length === 0)
      throw new GatewayError('COMMAND_INVALID', 'the contracts suggest no fields to compare; name some with --compare KIND:A=B')
    const result = await proposeLinks({
      from: readRecords(
        task.from,
        comparisons.map(({ from }) => from),
        task.dataDir,
      ),
      to: readRecords(
        task.to,
        comparisons.map(({ to }) => to),
        task.dataDir,
      ),
      comparisons,
      cardinality: task.cardinality,
      minProbability: Math.min(0.05, task.proposeAbove),
    })
    const existing = await readTable(task.table)
    const merged = mergeProposals(existing, result.proposals, {
      from: task.from.sense,
      to: task.to.sense,
      predicate: task.predicate,
      cardinality: task.cardinality,
      proposeAbove: task.proposeAbove,
      approveAbove: task.approveAbove,
      now: new Date().toISOString(),
    })
    if (args.options['dry-run'] !== true) await writeTable(task.table, merged.set)
    const { set: _set, ...counts } = merged
    if (args.options['json'] === true)
      io.out(JSON.stringify({ records: result.records, comparedPairs: result.comparedPairs, model: result.model, ...counts }, null, 2))
    else report(result, { ...counts, table: task.table, isDry: args.options['dry-run'] === true }, io)
    return 0
  },
}

interface Side {
  readonly sense: SenseName
  readonly object: ProductObject
  readonly products: readonly DataProduct[]
  readonly key: readonly string[]
}

interface Task {
  readonly from: Side
  readonly to: Side
  readonly comparisons: readonly Comparison[]
  readonly cardinality: Cardinality
  readonly predicate: Predicate
  readonly table: string
  readonly dataDir: string
  readonly proposeAbove: number
  readonly approveAbove: number
}

async function readTask({ options, positionals }: CommandArguments, io: CommandIo): Promise<Task> {
  const [fromName, toName] = positionals
  if (fromName === undefined || toName === undefined || positionals.length > 2)
    throw new GatewayError('COMMAND_INVALID', '`polyseme link propose` needs FROM and TO, two senses')
  const contracts = texts(options['contracts'])
  if (contracts.length === 0)
    throw new GatewayError('COMMAND_INVALID', '`polyseme link propose` needs --contracts DIR for the domains of both senses')
  const { parseContracts } = await import('@polyseme/kit/contract')
  const products = valueOf(parseContracts(await readContractFiles(contracts, io.cwd)), io)
  const mapping =
    typeof options['lexicon'] === 'string' ? await findMapping(resolve(io.cwd, options['lexicon']), [fromName, toName], io) : undefined
  const dataDir = resolve(io.cwd, String(options['data-dir']))
  const table =
    mapping?.rule.kind === 'table' || mapping?.rule.kind === 'lifecycle'
      ? mapping.rule.table
      : `${fileName(fromName)}--${fileName(toName)}.sssom.tsv`
  return {
    from: sideOf(fromName, products),
    to: sideOf(toName, products),
    comparisons: texts(options['compare']).map(await readComparison()),
    cardinality: mapping?.cardinality ?? word('cardinality', options['cardinality'], CARDINALITIES, 'n:m'),
    predicate: mapping?.predicate ?? word('predicate', options['predicate'], PREDICATES, 'closeMatch'),
    table: join(dataDir, 'links', table),
    dataDir,
    proposeAbove: share('propose-above', options['propose-above'], 0.5),
    approveAbove: share('approve-above', options['approve-above'], mapping?.autoApprove ?? 2),
  }
}

function sideOf(name: string, products: readonly DataProduct[]): Side {
  const object = objectsBySense(products).get(name)
  if (object === undefined)
    throw new GatewayError('COMMAND_INVALID', `no contract has ${name}; there are ${[...objectsBySense(products).keys()].join(', ')}`)
  const [key] = object.keys
  if (key === undefined) throw new GatewayError('COMMAND_INVALID', `the contract of ${name} declares no key`)
  const domain = name.slice(0, name.indexOf('.'))
  return { sense: name as SenseName, object, key, products: products.filter((product) => product.domain === domain) }
}

async function findMapping(folder: string, [from, to]: readonly [string, string], io: CommandIo): Promise<Mapping | undefined> {
  const { loadLexiconFiles } = await import('../../crosswalk/index.ts')
  const lexicon = valueOf(parseLexicon(await loadLexiconFiles(folder, io.cwd)), io)
  const found = [...lexicon.mappings.values()].find((mapping) => mapping.from === from && mapping.to === to)
  if (found === undefined) throw new GatewayError('COMMAND_INVALID', `the lexicon has no mapping from ${from} to ${to}`)
  if (found.rule.kind === 'sharedIdentifier' || found.rule.kind === 'normalizedValue')
    throw new GatewayError('COMMAND_INVALID', `the links of mapping ${found.id} follow from values; it has no table`)
  return found
}

async function readComparison(): Promise<(text: string) => Comparison> {
  const { COMPARISON_KINDS } = await import('../../crosswalk/index.ts')
  return (text) => {
    const [, kindText, from, to] = /^(\w+):(\w+)=(\w+)$/u.exec(text) ?? []
    const kind = COMPARISON_KINDS.find((one): one is ComparisonKind => one === kindText)
    if (kind === undefined || from === undefined || to === undefined)
      throw new GatewayError('COMMAND_INVALID', `--compare is KIND:A=B, with KIND one of ${COMPARISON_KINDS.join(', ')}`)
    return { name: from === to ? from : `${from} = ${to}`, kind, from, to }
  }
}

/** All records of a sense, straight from where its contract says that the data lie. */
async function* readRecords(side: Side, fields: readonly string[], dataDir: string): AsyncGenerator<LinkRecord> {
  const { openSource, quoteIdentifier } = await import('@polyseme/kit/source')
  await using source = await openSource({ products: side.products, dataDir })
  const table = source.tables.get(side.object.typeName)
  if (table === undefined) throw new GatewayError('CONFIG_INVALID', `there are no data of ${side.sense}`)
  const wanted = [...new Set([...side.key, ...fields])]
  const columns = wanted.map((field) => {
    const property = side.object.properties.find((one) => one.field === field)
    if (property === undefined) throw new GatewayError('COMMAND_INVALID', `${side.sense} has no field ${field}`)
    return quoteIdentifier(property.physicalName)
  })
  for await (const rows of source.stream({ text: `SELECT ${columns.join(', ')} FROM ${table.relation}`, values: [] })) {
    for (const row of rows) {
      const key = row.slice(0, side.key.length).map((part) => (typeof part === 'number' || typeof part === 'bigint' ? part : String(part)))
      yield { key: encodeEntityKey(key), values: Object.fromEntries(wanted.map((field, at) => [field, row[at]])) }
    }
  }
}

async function readTable(path: string): Promise<SssomSet | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const set = parseSssom(text, path)
  if (set.kind === 'invalid') throw new GatewayError('LEXICON_INVALID', `${path} is no SSSOM table: ${set.diagnostics[0]?.what ?? ''}`)
  return set.value
}

/** Complete or not at all. */
async function writeTable(path: string, set: SssomSet): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(`${path}.new`, formatSssom(set))
  await rename(`${path}.new`, path)
}

function report(
  result: LinkProposals,
  outcome: {
    readonly proposed: number
    readonly approved: number
    readonly withdrawn: number
    readonly decided: number
    readonly table: string
    readonly isDry: boolean
  },
  io: CommandIo,
): void {
  io.out(`${result.records.from} records against ${result.records.to}, ${result.comparedPairs} pairs compared`)
  for (const { comparison, levels } of result.model.comparisons) {
    io.out(
      `  ${comparison.name} (${comparison.kind}): ${levels.map(({ label, weight }) => `${label} ${weight >= 0 ? '+' : ''}${weight.toFixed(1)}`).join(', ')}`,
    )
  }
  io.out(
    `${outcome.proposed} proposed, ${outcome.approved} approved, ${outcome.withdrawn} withdrawn, ${outcome.decided} left as they were decided`,
  )
  io.out(outcome.isDry ? 'nothing written (--dry-run)' : `written to ${outcome.table}; next: polyseme link review ${outcome.table}`)
}

function valueOf<Value>(result: Result<Value>, io: CommandIo): Value {
  if (result.kind === 'ok') return result.value
  for (const diagnostic of result.diagnostics) io.err(formatDiagnostic(diagnostic))
  throw new GatewayError('LEXICON_INVALID', 'contracts and lexicon have to be valid first')
}

function texts(given: unknown): readonly string[] {
  return Array.isArray(given) ? given.map(String) : []
}

function word<const Word extends string>(name: string, given: unknown, words: readonly Word[], fallback: NoInfer<Word>): Word {
  if (given === undefined) return fallback
  const found = words.find((one) => one === given)
  if (found === undefined) throw new GatewayError('COMMAND_INVALID', `--${name} is one of ${words.join(', ')}`)
  return found
}

function share(name: string, given: unknown, fallback: number): number {
  if (given === undefined) return fallback
  const value = Number(given)
  if (!(value >= 0 && value <= 1)) throw new GatewayError('COMMAND_INVALID', `--${name} is a probability from 0 to 1`)
  return value
}

/** `sales.Customer` → `sales-customer`. */
function fileName(sense: string): string {
  return sense
    .replaceAll(/(?<=[a-z0-9])(?=[A-Z])/gu, '-')
    .replaceAll('.', '-')
    .replaceAll('--', '-')
    .toLowerCase()
}
