import type { DataProduct } from '../contract/index.ts'
import type { RunnableServer } from './choose-server.ts'
import type { Source, StatementObserver } from './source.ts'

export interface OpenSourceOptions {
  readonly products: readonly DataProduct[]
  /** Root of every path that a contract names. */
  readonly dataDir: string
  /** Takes the servers of this environment where a contract names several. */
  readonly environment?: string
  readonly onStatement?: StatementObserver
  /** Engines that are asked in this order. Default: `SOURCE_ENGINES`. */
  readonly engines?: readonly SourceEngine[]
}

/**
 * An engine that a domain's data can lie in. A further one is one file, which exports one of these with its `Source` and its
 * `Dialect`, and its line in `SOURCE_ENGINES`; contracts name it in a server of `type: custom` with the custom property `engine`.
 */
export interface SourceEngine {
  /** For messages: `PostgreSQL`. */
  readonly title: string
  /** Whether the engine reads what this server says; undefined: the contract names no server that anything could read. */
  readonly reads: (server: RunnableServer | undefined) => boolean
  /** @throws CONFIG_INVALID the data are not there, or not as the contracts say. */
  readonly open: (options: OpenSourceOptions) => Promise<Source>
}
