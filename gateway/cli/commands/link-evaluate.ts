import { GatewayError } from '@polyseme/kit/errors'
import { parseSssom } from '@polyseme/kit/lexicon'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Evaluation, Proposal, TableRow } from '../../crosswalk/index.ts'
import type { Command, CommandIo } from '../command.ts'

/** Holds a link table against the truth. */
export const linkEvaluateCommand: Command = {
  name: 'link evaluate',
  summary: 'precision, recall and F1 of a link table against true links',
  usage: `polyseme link evaluate FILE --gold FILE [--threshold P] [--json]

  FILE         a link table (*.sssom.tsv); its approved and proposed rows count, with their confidence
  --gold FILE  true links: Parquet, CSV or TSV whose first two columns are the keys
  --threshold  probability from which on a row counts as a link (default 0.5)
  --json       { at, curve, best, confusion }`,
  options: { gold: { type: 'string' }, threshold: { type: 'string', default: '0.5' }, json: { type: 'boolean' } },
  run: async ({ options, positionals }, io) => {
    const [file] = positionals
    const { gold } = options
    if (file === undefined || typeof gold !== 'string')
      throw new GatewayError('COMMAND_INVALID', '`polyseme link evaluate` needs FILE and --gold FILE')
    const threshold = Number(options['threshold'])
    if (!(threshold >= 0 && threshold <= 1)) throw new GatewayError('COMMAND_INVALID', '--threshold is a probability from 0 to 1')
    const { evaluateLinks, latestRows, loadGold, parseContributions } = await import('../../crosswalk/index.ts')
    const text = await readFile(resolve(io.cwd, file), 'utf8').catch(() => undefined)
    if (text === undefined) throw new GatewayError('COMMAND_INVALID', `there is no file ${file}`)
    const set = parseSssom(text, file)
    if (set.kind === 'invalid') throw new GatewayError('LEXICON_INVALID', `${file} is no SSSOM table: ${set.diagnostics[0]?.what ?? ''}`)
    const links = latestRows(set.value)
      .filter((row) => isLink(row))
      .map((row): Proposal => ({
        from: keyOf(row.subject),
        to: keyOf(row.object),
        probability: row.confidence,
        contributions: parseContributions(row.comment),
      }))
    const evaluation = evaluateLinks(links, await loadGold(resolve(io.cwd, gold)), threshold)
    if (options['json'] === true) io.out(JSON.stringify(evaluation, null, 2))
    else report(evaluation, io)
    return 0
  },
}

function isLink({ status, negative, object }: TableRow): boolean {
  return (status === 'approved' || status === 'proposed') && !negative && object !== 'sssom:NoTermFound'
}

function keyOf(id: string): string {
  return id.slice(id.indexOf(':') + 1)
}

function report({ at, curve, confusion }: Evaluation, io: CommandIo): void {
  io.out('threshold  precision  recall  F1      right  wrong  missed')
  for (const one of [...curve.filter(({ threshold }) => threshold !== at.threshold), at].toSorted(
    (left, right) => left.threshold - right.threshold,
  )) {
    io.out(
      `${one.threshold.toFixed(3).padEnd(11)}${one.precision.toFixed(4).padEnd(11)}${one.recall.toFixed(4).padEnd(8)}${one.f1.toFixed(4).padEnd(8)}${String(one.right).padEnd(7)}${String(one.wrong).padEnd(7)}${one.missed}`,
    )
  }
  if (confusion.length > 0) io.out(`\nat ${at.threshold}, by field: right, wrong, true but below`)
  for (const { comparison, level, right, wrong, belowThreshold } of confusion)
    io.out(`  ${comparison} ${level}: ${right}, ${wrong}, ${belowThreshold}`)
}
