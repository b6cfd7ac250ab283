import { join } from 'node:path'
import { findOrMakeDemoData } from './demo-data-cache.ts'
import { startGatewayMesh, type GatewayMesh, type GatewayMeshOptions } from './gateway-mesh.ts'

const SUBGRAPHS = join(import.meta.dirname, '../../subgraphs')

/** The demo's domains in the order in which the README names them. */
export const DEMO_DOMAINS = ['sales', 'marketing', 'billing', 'support'] as const

export interface DemoMeshOptions extends Pick<GatewayMeshOptions, 'environment' | 'separate' | 'onLog' | 'withRegistry' | 'policiesDir' | 'settings'> {
  /** Scale of the demo data. Default 0.05: 1,000 sales customers. */
  readonly scale?: number
}

/** The four demo domains, the lexicon and a gateway over them, on shared read-only demo data. */
export async function startDemoMesh({ scale = 0.05, ...options }: DemoMeshOptions = {}): Promise<GatewayMesh> {
  const dataDir = await findOrMakeDemoData(scale)
  return await startGatewayMesh({
    ...options,
    domainDirs: DEMO_DOMAINS.map((domain) => join(SUBGRAPHS, domain)),
    lexiconDir: join(SUBGRAPHS, 'lexicon'),
    policiesDir: options.policiesDir ?? join(SUBGRAPHS, 'policies'),
    sourceDir: dataDir,
    linksDir: join(dataDir, 'links'),
  })
}
