import { parse } from 'graphql'
import { isDeepStrictEqual } from 'node:util'
import { buildAccessTable } from '../../../gateway/supergraph/build-access-table.ts'
import { composeSupergraph, type SubgraphDefinition } from '../../../gateway/supergraph/index.ts'
import { recompose } from '../../../gateway/supergraph/recompose/recompose.ts'
import { Random } from '../../testkit/random.ts'
import { loadTheme, THEMES } from '../themes.ts'
import { makeMesh } from './make-mesh.ts'
import { meshSdl } from './mesh-sdl.ts'
import { meshDefinitions, mutateMesh } from './mutate-mesh.ts'

/** What changes of random and hand-made meshes came to, by kind of change. */
export interface Recompositions {
  readonly differences: readonly string[]
  readonly composed: ReadonlyMap<string, number>
  /** Composed of what changed alone. */
  readonly spliced: ReadonlyMap<string, number>
  readonly refused: number
}

const STEPS_PER_MESH = 12

/** Composes `count` changed meshes anew and on top of what they were, and compares. */
export function checkRecompositions(firstSeed: number, count: number): Recompositions {
  const differences: string[] = []
  const [composed, spliced] = [new Map<string, number>(), new Map<string, number>()]
  const increment = (map: Map<string, number>, kind: string): void => { map.set(kind, (map.get(kind) ?? 0) + 1) }
  let done = 0
  for (let seed = firstSeed; done < count; seed += 1) {
    const random = new Random(seed)
    let mesh = startMesh(random, seed)
    let before = composeSupergraph(mesh, { sharedTypes: 'any' })
    for (let step = 0; step < STEPS_PER_MESH && done < count && before.kind === 'ok'; step += 1) {
      const mutated = changed(random, mesh)
      const whole = composeSupergraph(mutated.mesh, { sharedTypes: 'any' })
      const part = recompose({ sdl: before.value.sdl, subgraphs: mesh }, mutated.mesh.map((definition) => ({ definition, document: parse(definition.sdl) })), { most: 1 })
      done += 1
      if (whole.kind === 'ok') increment(composed, mutated.kind)
      if (part !== undefined) {
        increment(spliced, mutated.kind)
        if (whole.kind === 'invalid') differences.push(`seed ${seed}, step ${step}, ${mutated.kind}: does not compose: ${whole.diagnostics[0]?.what}`)
        else if (whole.value.sdl !== part.sdl) differences.push(`seed ${seed}, step ${step}, ${mutated.kind}: the text differs`)
        else if (!isDeepStrictEqual(buildAccessTable(part.composed.schema), whole.value.access)) differences.push(`seed ${seed}, step ${step}, ${mutated.kind}: the access differs`)
      }
      if (whole.kind === 'ok' && random.chance(0.5)) [mesh, before] = [mutated.mesh, whole]
    }
  }
  const sum = (map: ReadonlyMap<string, number>): number => [...map.values()].reduce((total, one) => total + one, 0)
  return { differences, composed, spliced, refused: done - sum(composed) }
}

function startMesh(random: Random, seed: number): readonly SubgraphDefinition[] {
  const theme = THEMES[Math.floor(seed / 4) % THEMES.length]
  if (seed % 4 === 0 && theme !== undefined) return meshDefinitions(loadTheme(theme).sdl)
  const first = meshSdl(makeMesh(random))
  if (random.chance(0.5)) return meshDefinitions(first)
  // A second mesh beside the first, with which it shares some names: most publishes touch neither all types nor all subgraphs.
  const second = Object.entries(meshSdl(makeMesh(random))).map(([name, sdl]) => [`t${name}`, sdl.replaceAll(/\b([A-Z][A-Za-z]*\d+)\b/g, 'P$1').replaceAll(/\b((?:s\d|shared)_\w+)\b/g, 'p$1').replaceAll(/"(s\d)"/g, '"t$1"')])
  return meshDefinitions({ ...first, ...Object.fromEntries(second) })
}

function changed(random: Random, mesh: readonly SubgraphDefinition[]): ReturnType<typeof mutateMesh> {
  const one = mutateMesh(random, mesh)
  return random.chance(0.15) ? { kind: 'two changes', mesh: mutateMesh(random, one.mesh).mesh } : one
}
