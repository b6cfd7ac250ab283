import { GatewayError } from '@polyseme/kit/errors'
import { typeFactsOf } from '../compile/type-index.ts'
import { createPlanning } from './create-planning.ts'
import type { PlanEngine, PlannerName } from './plan-engine.ts'
import { parseSupergraph } from './supergraph-text.ts'

/** Plans in the calling thread, which waits meanwhile: for tests and tools, not for a gateway. */
export function createInlineEngine(name: PlannerName, supergraphSdl: string): PlanEngine {
  const supergraph = parseSupergraph(supergraphSdl)
  const planning = createPlanning(name, supergraph)
  return {
    plan: async (request) => {
      try {
        return planning(request)
      } catch (cause) {
        throw new GatewayError('INTERNAL', 'the operation could not be planned', { cause })
      }
    },
    types: async () => typeFactsOf(supergraph.document),
    close: async () => {},
  }
}
