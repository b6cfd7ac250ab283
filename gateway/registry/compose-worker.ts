import { parentPort, workerData } from 'node:worker_threads'
import { GatewayError, invalid, type Result } from '@polyseme/kit/errors'
import { composeSupergraph } from '../supergraph/index.ts'
import type { ComposedSdl, ComposeTask } from './compose-off-thread.ts'

function compose({ subgraphs, options }: ComposeTask): Result<ComposedSdl> {
  try {
    const result = composeSupergraph(subgraphs, options)
    if (result.kind === 'invalid') return result
    return { kind: 'ok', value: { id: result.value.id, sdl: result.value.sdl }, warnings: result.warnings }
  } catch (error) {
    // A composer that meets its own limits throws instead of returning findings.
    if (error instanceof GatewayError) return invalid([{ rule: 'composition', severity: 'error', what: error.message }])
    throw error
  }
}

parentPort?.postMessage(compose(workerData as ComposeTask))
