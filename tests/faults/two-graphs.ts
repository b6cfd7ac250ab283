import { generateSigningKey } from '@polyseme/kit/identity'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AccessDatabase, AgreementStore, createMaskKeyring, LivePolicies, loadOrCreateMaskSecret, PersonalTokenStore } from '../../gateway/access/index.ts'
import type { ServingGraph } from '../../gateway/serve/index.ts'
import { composeSupergraph, type SubgraphDefinition } from '../../gateway/supergraph/index.ts'
import { buildServingGraph } from '../../gateway/wiring/build-serving-graph.ts'
import { catalogRecordsOf } from '../../gateway/wiring/catalog-records.ts'
import { ALWAYS_OWN } from '../../gateway/wiring/own-definitions.ts'

/** Builds two graphs in turn, as a gateway does that takes one over after the other; composed once, built as often as asked. */
export interface TwoGraphs extends AsyncDisposable {
  readonly policies: LivePolicies
  /** A new serving graph: of the one definition for an even revision, of the other for an odd one. */
  readonly build: (revision: number) => Promise<ServingGraph>
  /** When every graph that was to be closed is. */
  readonly untilClosed: () => Promise<void>
}

export async function openTwoGraphs(definitions: (revision: number) => readonly SubgraphDefinition[]): Promise<TwoGraphs> {
  const folder = await mkdtemp(join(tmpdir(), 'polyseme-swaps-'))
  const { privateJwk, publicJwks } = await generateSigningKey()
  const database = new AccessDatabase({ file: join(folder, 'access.db') })
  const agreements = new AgreementStore(database)
  const policies = await LivePolicies.open({ folders: { domains: {} }, products: [], agreements })
  const options = {
    dataDir: folder, signingKey: { privateJwk, publicJwks }, policies, maskKeyring: createMaskKeyring(await loadOrCreateMaskSecret(folder)),
    access: { agreements, personalTokens: new PersonalTokenStore(database) },
    records: catalogRecordsOf({ registry: () => undefined, readUsage: () => Promise.resolve([]) }),
  }
  const sdls = [0, 1].map((revision) => {
    const composed = composeSupergraph([...definitions(revision), ...ALWAYS_OWN])
    if (composed.kind === 'invalid') throw new TypeError(JSON.stringify(composed.diagnostics))
    return composed.value.sdl
  })
  const closing = new Set<Promise<void>>()
  return {
    policies,
    build: async (revision) => {
      const { graph } = await buildServingGraph({ domains: definitions(revision), lexicon: undefined }, { ...options, sdl: sdls[revision % 2] ?? '' })
      const close = (): Promise<void> => {
        const closed: Promise<void> = graph.close().finally(() => closing.delete(closed))
        closing.add(closed)
        return closed
      }
      return { ...graph, close }
    },
    untilClosed: async () => { await Promise.all(closing) },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(closing)
      policies[Symbol.dispose]()
      database[Symbol.dispose]()
      await rm(folder, { recursive: true })
    },
  }
}
