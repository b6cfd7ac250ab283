import { GatewayError } from '@polyseme/kit/errors'
import { formatSssom, parseSssom, type SssomSet } from '@polyseme/kit/lexicon'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { TableRow } from '../../crosswalk/index.ts'
import type { Command } from '../command.ts'

/** Shows the proposals of a link table that nobody decided yet, and records decisions as rows of their own. */
export const linkReviewCommand: Command = {
  name: 'link review',
  summary: 'show proposed links and record what a steward decides',
  usage: `polyseme link review FILE [options]

  FILE              a link table (*.sssom.tsv)
  --limit N         proposals to show, the most doubtful first (default 20)
  --approve PAIR    SUBJECT=OBJECT as shown: sales.Customer:1=billing.Customer:7; several times
  --reject PAIR     it was wrong; may be proposed by others again
  --not PAIR        the two are known not to be the same; never proposed again
  --approve-above P approve every open proposal from this probability on
  --as WHO          reviewer of the decisions, for example person:dana.steward; needed for them
  --json            { open, decided }`,
  options: {
    limit: { type: 'string', default: '20' },
    approve: { type: 'string', multiple: true },
    reject: { type: 'string', multiple: true },
    not: { type: 'string', multiple: true },
    'approve-above': { type: 'string' },
    as: { type: 'string' },
    json: { type: 'boolean' },
  },
  run: async ({ options, positionals }, io) => {
    const [file] = positionals
    if (file === undefined || positionals.length > 1) throw new GatewayError('COMMAND_INVALID', '`polyseme link review` needs one FILE')
    const { decide, latestRows } = await import('../../crosswalk/index.ts')
    const path = resolve(io.cwd, file)
    let set = await readTable(path, file)
    const decisions = readDecisions(
      options,
      latestRows(set).filter(({ status }) => status === 'proposed'),
    )
    if (decisions.length > 0) {
      const reviewer = options['as']
      if (typeof reviewer !== 'string' || reviewer === '') throw new GatewayError('COMMAND_INVALID', 'a decision needs --as WHO')
      const now = new Date().toISOString()
      for (const { row, status, negative } of decisions) set = decide(set, row, { status, negative, reviewer, now })
      await writeFile(`${path}.new`, formatSssom(set))
      await rename(`${path}.new`, path)
    }
    const open = latestRows(set)
      .filter(({ status }) => status === 'proposed')
      .toSorted((one, other) => one.confidence - other.confidence)
    if (options['json'] === true) {
      io.out(JSON.stringify({ open, decided: decisions.length }, null, 2))
      return 0
    }
    if (decisions.length > 0) io.out(`${decisions.length} decisions recorded`)
    for (const { subject, object, confidence, comment } of open.slice(0, Number(options['limit']))) {
      io.out(`${(confidence * 100).toFixed(1).padStart(5)} %  ${subject}=${object}`)
      if (comment !== '') io.out(`         ${comment}`)
    }
    io.out(`${open.length} proposals open`)
    return 0
  },
}

interface Decision {
  readonly row: TableRow
  readonly status: 'approved' | 'rejected'
  readonly negative: boolean
}

function readDecisions(options: Readonly<Record<string, unknown>>, open: readonly TableRow[]): readonly Decision[] {
  const byPair = new Map(open.map((row) => [`${row.subject}=${row.object}`, row]))
  const decisions: Decision[] = []
  for (const [option, status, negative] of [
    ['approve', 'approved', false],
    ['reject', 'rejected', false],
    ['not', 'approved', true],
  ] as const) {
    const given: unknown = options[option]
    for (const pair of Array.isArray(given) ? given.map(String) : []) {
      const row = byPair.get(pair)
      if (row === undefined) throw new GatewayError('COMMAND_INVALID', `there is no open proposal ${pair}`)
      decisions.push({ row, status, negative })
    }
  }
  const bound = options['approve-above'] === undefined ? 2 : Number(options['approve-above'])
  if (Number.isNaN(bound)) throw new GatewayError('COMMAND_INVALID', '--approve-above is a probability from 0 to 1')
  const named = new Set(decisions.map(({ row }) => row))
  return [
    ...decisions,
    ...open
      .filter((row) => row.confidence >= bound && !named.has(row))
      .map((row): Decision => ({ row, status: 'approved', negative: false })),
  ]
}

async function readTable(path: string, shown: string): Promise<SssomSet> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) throw new GatewayError('COMMAND_INVALID', `there is no file ${shown}`)
  const set = parseSssom(text, shown)
  if (set.kind === 'invalid') throw new GatewayError('LEXICON_INVALID', `${shown} is no SSSOM table: ${set.diagnostics[0]?.what ?? ''}`)
  return set.value
}
