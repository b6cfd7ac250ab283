import { GatewayError, invalid, ok, type Result } from '@polyseme/kit/errors'
import { composeSupergraph, loadSupergraph, type SubgraphDefinition, type Supergraph } from '../supergraph/index.ts'
import { compareAccess, compareSchemas, type GraphChange } from './changes/index.ts'
import type { ComposedSdl, ComposeTask } from './compose-off-thread.ts'

async function compose({ subgraphs, options, sdl, base, compareWith }: ComposeTask): Promise<Result<ComposedSdl>> {
  try {
    const result = sdl === undefined ? composeSupergraph(subgraphs, { ...options, ...(base === undefined ? {} : { base }) }) : ok(read({ sdl, subgraphs }))
    if (result.kind === 'invalid') return result
    const before = compareWith === undefined ? undefined : read(compareWith)
    const changes = before === undefined ? [] : await compare(before, result.value)
    remember(before, result.value)
    return { kind: 'ok', value: { id: result.value.id, sdl: result.value.sdl, changes }, warnings: result.warnings }
  } catch (error) {
    // A composer that meets its own limits throws instead of returning findings.
    if (error instanceof GatewayError) return invalid([{ rule: 'composition', severity: 'error', what: error.message }])
    throw error
  }
}

/** What was compared last, by its text: the next check of several is likely to compare with the same, or with what came of it. */
const recent = new Map<string, Supergraph>()

function read({ sdl, subgraphs }: { readonly sdl: string; readonly subgraphs: readonly SubgraphDefinition[] }): Supergraph {
  return recent.get(sdl) ?? loadSupergraph(sdl, subgraphs)
}

function remember(...graphs: readonly (Supergraph | undefined)[]): void {
  recent.clear()
  for (const graph of graphs) if (graph !== undefined) recent.set(graph.sdl, graph)
}

async function compare(before: Supergraph, after: Supergraph): Promise<readonly GraphChange[]> {
  const schemaChanges = await compareSchemas(before.apiSchema, after.apiSchema)
  return [...schemaChanges, ...compareAccess(before.access, after.access, (coordinate) => exists(before, coordinate) && exists(after, coordinate))]
}

function exists({ apiSchema }: Supergraph, coordinate: string): boolean {
  const [typeName = '', field] = coordinate.split('.')
  const type = apiSchema.getType(typeName)
  if (type === undefined || field === undefined) return type !== undefined
  return 'getFields' in type && Object.hasOwn(type.getFields(), field)
}

/** Composes and posts the result. */
export async function run(task: ComposeTask, post: (result: Result<ComposedSdl>) => void): Promise<void> {
  post(await compose(task))
}
