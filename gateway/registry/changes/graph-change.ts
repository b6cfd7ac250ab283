/**
 * What a change does to those who use the graph.
 * `breaking`: an operation that is valid today can fail or lose data. `dangerous`: it stays valid, but its answer can surprise
 * a client (a new enum value, a changed default). `safe`: nobody can notice to his harm.
 */
export type ChangeSeverity = 'breaking' | 'dangerous' | 'safe'

/** One difference between two states of the graph. */
export interface GraphChange {
  /** Stable, kebab-case: `field-removed`. */
  readonly kind: string
  readonly severity: ChangeSeverity
  /** The change opens data that was protected, or makes it less clear who may see it: it needs an approval (R04). */
  readonly weakensProtection: boolean
  /** Schema coordinate: `SalesCustomer.name`, `Query.sales`, `SalesCustomer.orders(first:)`. */
  readonly coordinate: string
  /** One sentence that names the thing, before and after. */
  readonly message: string
  /** What the domain can do instead. */
  readonly how?: string
}

/** `Type.field` of `Type.field(argument:)`, `Type` of `Type.field`. */
export function ownerOf(coordinate: string): string {
  return coordinate.includes('(') ? coordinate.replace(/\(.*$/, '') : coordinate.replace(/\..*$/, '')
}
