import { formatDiagnostic, type Diagnostic } from '@polyseme/kit/errors'
import type { AffectedOperation, DeprecatedUse, GraphChange } from '../changes/index.ts'
import type { CheckReport, CheckVerdict } from './check-report.ts'

const VERDICTS: Readonly<Record<CheckVerdict, string>> = {
  pass: 'may be published',
  'needs-approval': 'needs an approval: it weakens a protection',
  'breaks-consumers': 'would break operations that consumers run',
  fail: 'cannot be published: correct the errors',
}

const MOST_SHOWN = 20
/** A comment of a pull request has 65,536 characters at most. */
const MOST_ROWS = 40

/** The report as a person reads it in a terminal; the verdict stands last, where the eye is. */
export function formatReportText(report: CheckReport): string {
  const noteworthy = report.changes.filter(isNoteworthy)
  const blocks = [
    section('Findings', worstFirst(report.findings).map(formatDiagnostic)),
    section('Changes that matter', foldDerived(noteworthy).map(formatFolded)),
    section(`Operations that would break (last ${report.usageDays} days)`, report.affected.map(formatAffected)),
    section(`Still used, and going away (last ${report.usageDays} days)`, report.deprecatedUses.map(formatDeprecatedUse)),
  ].filter((block) => block !== '')
  return [...blocks, `${report.subgraph}: ${verdictOf(report)}`].join('\n\n')
}

/** The report as a comment of a pull request; text of the domain's own is put into code so that it stays text. */
export function formatReportMarkdown(report: CheckReport): string {
  const noteworthy = report.changes.filter(isNoteworthy)
  const blocks = [
    `### ${inline(report.subgraph)}: ${verdictOf(report)}`,
    table(['severity', 'rule', 'what', 'how'], worstFirst(report.findings).map((finding) => [finding.severity, inline(finding.rule), place(finding), finding.how === undefined ? '' : inline(finding.how)])),
    table(['change', 'where', 'what', 'instead'], foldDerived(noteworthy).map(({ change, derived }) => [markOf(change), inline(change.coordinate), `${inline(change.message)}${also(derived)}`, change.how === undefined ? '' : inline(change.how)])),
    table(['operation', 'consumer', 'calls', 'breaks on'], report.affected.map(({ usage, changes }) => [inline(usage.name), inline(usage.consumer), String(usage.calls), changes.map(({ coordinate }) => inline(coordinate)).join(', ')])),
    table(['going away', 'operation', 'consumer', 'calls', 'says'], report.deprecatedUses.map(({ coordinate, reason, usage }) => [inline(coordinate), inline(usage.name), inline(usage.consumer), String(usage.calls), inline(reason)])),
    ...describeApprovals(report).map(({ domain, command }) => `Somebody who may approve for ${inline(domain)} accepts it with ${inline(command)}`),
  ]
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

/** Who has still to accept what, and how; nobody can accept an error. */
export function describeApprovals({ verdict, awaiting, hash }: CheckReport): readonly { readonly domain: string; readonly command: string }[] {
  if (verdict !== 'needs-approval' && verdict !== 'breaks-consumers') return []
  return awaiting.map((domain) => ({ domain, command: `polyseme approve ${domain} ${hash} --reason …` }))
}

function verdictOf({ verdict, changes }: CheckReport): string {
  const harmless = changes.filter((change) => !isNoteworthy(change)).length
  return `${VERDICTS[verdict]}${harmless > 0 ? ` (${count(harmless, 'harmless change')})` : ''}`
}

/** Errors first: what stands in the way is never among those that are not shown. */
function worstFirst(findings: readonly Diagnostic[]): readonly Diagnostic[] {
  const order = ['error', 'warning', 'info']
  return findings.toSorted((one, other) => order.indexOf(one.severity) - order.indexOf(other.severity))
}

function isNoteworthy(change: GraphChange): boolean {
  return change.severity !== 'safe' || change.weakensProtection
}

/** A change and how many others only repeat it in the filters, sorts and aggregates that a contract's field has. */
interface FoldedChange {
  readonly change: GraphChange
  readonly derived: number
}

/** `BillingCustomerWhere.name` goes with `BillingCustomer.name`: one cause, one line. */
function foldDerived(changes: readonly GraphChange[]): readonly FoldedChange[] {
  const isDerivedFrom = (change: GraphChange, cause: GraphChange): boolean => {
    const [type = '', field] = change.coordinate.split('.')
    const [causeType = '', causeField] = cause.coordinate.split('.')
    return type !== causeType && type.startsWith(causeType) && field !== undefined && field === causeField && !change.weakensProtection
  }
  const causes = changes.filter((change) => !changes.some((cause) => isDerivedFrom(change, cause)))
  return causes.map((change) => ({ change, derived: changes.filter((other) => isDerivedFrom(other, change)).length }))
}

/** Each change on a line, worst first; what only repeats another in a contract's filters, sorts and aggregates is counted there. */
export function formatChanges(changes: readonly GraphChange[]): readonly string[] {
  const order = ['breaking', 'dangerous', 'safe']
  const rank = ({ weakensProtection, severity }: GraphChange): number => weakensProtection ? -1 : order.indexOf(severity)
  return foldDerived(changes)
    .toSorted((one, other) => rank(one.change) - rank(other.change))
    .map(({ change, derived }) => `${markOf(change)}  ${change.message}${also(derived)}`)
}

function markOf({ weakensProtection, severity }: GraphChange): string {
  return weakensProtection ? 'weakens protection' : severity
}

function also(derived: number): string {
  return derived === 0 ? '' : ` (and with it ${count(derived, 'place')} in its filters, sorts and aggregates)`
}

function formatFolded({ change, derived }: FoldedChange): string {
  return `${markOf(change)} ${change.coordinate}: ${change.message}${also(derived)}${change.how === undefined ? '' : `\n  instead: ${change.how}`}`
}

/** One operation that breaks, whose it is, and on what. */
export function formatAffected({ usage, changes }: AffectedOperation): string {
  return `${usage.name} of ${usage.consumer}, ${count(usage.calls, 'call')}: ${changes.map(({ coordinate }) => coordinate).join(', ')}`
}

function formatDeprecatedUse({ coordinate, reason, usage }: DeprecatedUse): string {
  return `${coordinate}: ${usage.name} of ${usage.consumer}, ${count(usage.calls, 'call')} (${reason})`
}

function section(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return ''
  const shown = lines.slice(0, MOST_SHOWN)
  return [`${title} (${lines.length})`, ...shown.map((line) => line.replace(/^/gm, '  ')), ...(lines.length > MOST_SHOWN ? [`  … and ${lines.length - MOST_SHOWN} more (--json shows all)`] : [])].join('\n')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  return [`| ${head.join(' | ')} |`, `|${' --- |'.repeat(head.length)}`, ...rows.slice(0, MOST_ROWS).map((row) => `| ${row.join(' | ')} |`), ...(rows.length > MOST_ROWS ? ['', `… and ${rows.length - MOST_ROWS} more`] : [])].join('\n')
}

function place(finding: Diagnostic): string {
  const { position } = finding
  return `${inline(finding.what)}${position === undefined ? '' : ` (${inline(`${position.file}:${position.line}`)})`}`
}

/** A code span that no content can end, on one line and without a cell's end. */
function inline(text: string): string {
  return `\`${text.replace(/[`\r\n]/g, ' ').replace(/\|/g, '\\|')}\``
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`
}
