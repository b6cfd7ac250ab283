import { randomUUID } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { SubgraphVersion } from '../registry/index.ts'

/**
 * The policies that came with what was published, laid where the gateway reads policies.
 *
 * A domain that the configuration names keeps its own folder: its files are followed as they change. Every other domain's policies are
 * those of the version that is served, so that a rollback brings back the policies of that version as well.
 */
export class PublishedPolicies {
  readonly #dir: string
  readonly #configured: ReadonlySet<string>
  /** Folder by domain, as they are in force; the object that `LivePolicies` looks at. */
  readonly folders: Record<string, string>

  constructor(dir: string, configured: Readonly<Record<string, string>>) {
    this.#dir = dir
    this.#configured = new Set(Object.keys(configured))
    this.folders = { ...configured }
  }

  /** Puts the policies of these versions in force, all at one moment. */
  async lay(versions: readonly SubgraphVersion[]): Promise<void> {
    const wanted = versions.filter(({ subgraph, policies }) => !this.#configured.has(subgraph) && policies.length > 0)
    const next = await Promise.all(wanted.map(async (version) => [version.subgraph, await this.#write(version)] as const))
    const former = Object.keys(this.folders).filter((domain) => !this.#configured.has(domain))
    const unused = former.map((domain) => this.folders[domain] ?? '')
    for (const domain of former) delete this.folders[domain]
    Object.assign(this.folders, Object.fromEntries(next))
    await Promise.all(unused.map((folder) => rm(folder, { recursive: true, force: true })))
  }

  /** A folder of its own each time: what is in force is never half written. */
  async #write({ subgraph, version, policies }: SubgraphVersion): Promise<string> {
    const folder = join(this.#dir, subgraph, `${version}-${randomUUID()}`)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await Promise.all(policies.map(({ path, text }) => writeFile(join(folder, basename(path)), text)))
    return folder
  }
}
