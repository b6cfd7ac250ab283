import { createHash, generateKeyPairSync, type JsonWebKeyInput } from 'node:crypto'
// Not from the room's index: a process that is started 200 times would load the composer, the checks and their libraries each time.
import { createDeploymentSigner } from '../../../gateway/registry/deployment-signature.ts'
import type { SubgraphArtifact } from '../../../gateway/registry/records.ts'
import type { RegistryDatabase } from '../../../gateway/registry/registry-database.ts'
import { Registry, type ComposeVersions } from '../../../gateway/registry/registry.ts'
import { SqlRegistryStore } from '../../../gateway/registry/sql-registry-store.ts'

/** Private JWK of a mesh that lives as long as this process; the processes that it starts are given it, for a registry takes no step of another's. */
export const signingKey: JsonWebKeyInput['key'] = givenKey() ?? generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })

export const signer = createDeploymentSigner(signingKey)

function givenKey(): JsonWebKeyInput['key'] | undefined {
  const given = process.env['REGISTRY_SIGNING_KEY']
  return given === undefined ? undefined : JSON.parse(given) as JsonWebKeyInput['key']
}

export function artifact(subgraph: string, field: string): SubgraphArtifact {
  return { subgraph, sdl: `type Query { ${field}: Int }`, url: `http://127.0.0.1:1/${subgraph}`, naming: 'contract', contracts: [{ path: 'a.odcs.yaml', text: field }], policies: [] }
}

/** Stands for composition: joins the SDLs, and refuses one that says `broken`. */
export const compose: ComposeVersions = async (versions) => {
  const sdl = versions.map((version) => version.sdl).sort().join('\n')
  if (sdl.includes('broken')) return { kind: 'invalid', diagnostics: [{ rule: 'composition', severity: 'error', what: 'broken' }] }
  return { kind: 'ok', value: { id: createHash('sha256').update(sdl).digest('hex'), sdl }, warnings: [] }
}

export async function openRegistry(database: RegistryDatabase, options: Partial<{ compose: ComposeVersions }> = {}): Promise<Registry> {
  let tick = Date.parse('2026-01-01T00:00:00Z')
  return new Registry({ store: await SqlRegistryStore.open(database), signer, compose: options.compose ?? compose, now: () => new Date(tick += 1000) })
}
