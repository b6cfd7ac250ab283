import type { Deployment } from '../registry/index.ts'
import { oneLine } from './one-line.ts'

/** One step of the graph's history on one line: number, when, what, who, why. */
export function describeStep(step: Deployment): string {
  const what = step.subgraph === undefined ? 'the whole graph' : `${step.subgraph}${step.members[step.subgraph] === undefined ? '' : ` version ${step.members[step.subgraph]}`}`
  const share = step.channel === 'canary' && step.percent > 0 ? ` for ${step.percent} % of requests` : ''
  return `step ${step.sequence}  ${step.at.replace('T', ' ').replace(/\..*$/, '')}  ${step.kind} ${what}${share}  by ${oneLine(step.actor)}: ${oneLine(step.reason)}`
}
