import { typeFactsOf } from '../compile/type-index.ts'
import type { PlanNode } from '../plan-node.ts'
import { createPlanning } from './create-planning.ts'
import type { PlanRequest } from './plan-engine.ts'
import type { FromPlanner, ToPlanner } from './planner-messages.ts'
import { parseSupergraph } from './supergraph-text.ts'

/** The planner's side of the conversation, in whatever thread or process it runs. */
export function servePlanner(say: (message: FromPlanner) => void): (message: ToPlanner) => void {
  let planning: ((request: PlanRequest) => PlanNode | undefined) | undefined
  const answer = (message: ToPlanner): FromPlanner => {
    if (message.kind === 'start') {
      const supergraph = parseSupergraph(message.supergraphSdl)
      planning = createPlanning(message.planner, supergraph)
      return { kind: 'ready', types: typeFactsOf(supergraph.document) }
    }
    if (planning === undefined) throw new TypeError('asked to plan before the start')
    return { kind: 'planned', node: planning(message.request) }
  }
  return (message) => {
    try {
      say(answer(message))
    } catch (error) {
      say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
    }
  }
}
