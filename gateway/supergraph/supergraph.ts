import type { DataProduct } from '@polyseme/kit/contract'
import type { GraphQLSchema } from 'graphql'
import type { AccessTable } from './access-table.ts'
import type { CostTable } from './cost-table.ts'
import type { FieldOwners } from './field-owners.ts'

/** One subgraph as it is handed to composition. */
export interface SubgraphDefinition {
  /** Domain name, or `crosswalk`, `catalog`. */
  readonly name: string
  /** Where it answers; `inprocess:<name>` for those the gateway serves itself. */
  readonly url: string
  readonly sdl: string
  /** The contracts it was built from; empty for a foreign or in-process subgraph. */
  readonly products: readonly DataProduct[]
  /** A foreign subgraph whose types bear its domain's name in the graph: the graph's name → the subgraph's own. */
  readonly foreignNames?: Readonly<Record<string, string>>
  /** Its root fields that bear the domain's name as well: the graph's name → the subgraph's own. */
  readonly foreignFields?: Readonly<Record<string, string>>
}

/** A composed graph, immutable; a new version is a new object. */
export interface Supergraph {
  /** SHA-256 of the supergraph SDL, hex. */
  readonly id: string
  readonly sdl: string
  /** What clients see. */
  readonly apiSchema: GraphQLSchema
  readonly subgraphs: ReadonlyMap<string, SubgraphDefinition>
  readonly access: AccessTable
  /**
   * What a field reads besides its own value, by coordinate: everything that `@requires` and `@fromContext` make the
   * gateway fetch for it, chains followed to their end. A caller who may not read one of these may not read the field.
   */
  readonly requires: ReadonlyMap<string, readonly string[]>
  /** Subgraphs that can answer a field, by `Type.field`. */
  readonly owners: FieldOwners
  readonly costs: CostTable
}
