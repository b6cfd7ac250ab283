import { formatDiagnostic, GatewayError } from '@polyseme/kit/errors'
import type { CheckReport, SubgraphArtifact } from '../registry/index.ts'
import type { CommandArguments, CommandIo } from './command.ts'
import { describeStep } from './describe-step.ts'
import type { RegistryClient } from './registry-client.ts'

/** Options of every command that publishes. */
export const PUBLISH_OPTIONS = { message: { type: 'string' }, percent: { type: 'string' } } as const

/** What changes for whom; said before anything is sent. @throws COMMAND_INVALID */
export function messageOf({ options }: CommandArguments, command: string): string {
  const message = options['message']
  if (typeof message !== 'string' || message.trim() === '') throw new GatewayError('COMMAND_INVALID', `\`polyseme ${command}\` needs --message: what changes for whom`)
  return message
}

/** Publishes on top of the version that is there now and says what came of it; exit code 1 when it is refused. */
export async function publishArtifact(artifact: SubgraphArtifact, { client, basedOn, message, personalFields = [], args }: { readonly client: RegistryClient; readonly basedOn: number; readonly message: string; readonly personalFields?: readonly string[]; readonly args: CommandArguments }, io: CommandIo): Promise<number> {
  const { percent, json } = args.options
  const result = await client.publish({ artifact, basedOn, message, personalFields, ...(percent === undefined ? {} : { canaryPercent: Number(percent) }) })
  if (result.kind === 'refused') return await reportRefusal(result.report, args, io)
  if (json === true) io.out(JSON.stringify(result, null, 2))
  else if (result.kind === 'unchanged') io.out(`${artifact.subgraph}: this content is live already (step ${result.deployment.sequence})`)
  else {
    io.out(describeStep(result.deployment))
    for (const finding of result.report.findings.filter(({ rule }) => rule === 'subgraph-address')) io.out(formatDiagnostic(finding))
    io.out('gateways take it over within a few seconds')
  }
  return 0
}

/** A publish that was not made, and why. */
export async function reportRefusal(report: CheckReport, args: CommandArguments, io: CommandIo): Promise<number> {
  if (args.options['json'] !== true) return await reportCheck(report, args, io)
  io.out(JSON.stringify({ kind: 'refused', report }, null, 2))
  return 1
}

/** The report as the options ask for it, and how an approver accepts what only needs that; exit code 0 only when it may be published. */
export async function reportCheck(report: CheckReport, { options: { json, markdown } }: CommandArguments, io: CommandIo): Promise<number> {
  const { describeApprovals, formatReportMarkdown, formatReportText } = await import('../registry/index.ts')
  if (json === true) io.out(JSON.stringify(report, null, 2))
  else if (markdown === true) io.out(formatReportMarkdown(report).trimEnd())
  else {
    io.out(formatReportText(report))
    for (const { domain, command } of describeApprovals(report)) io.out(`somebody who may approve for ${domain} accepts it with \`${command}\``)
  }
  return report.verdict === 'pass' ? 0 : 1
}
