import type { DataProduct } from '../contract/index.ts'
import type { CallIdentity } from '../identity/index.ts'
import { HISTORY_KEPT, listPromises, readHistory, readStatuses, type ProductPromise, type PromiseReader, type PromiseStatus } from '../promise/index.ts'
import { rowScope } from './call-access.ts'
import type { DomainModel } from './domain-model.ts'

/** Field under the domain's root that tells about its products; no contract's field is called so. */
export const PRODUCTS_FIELD = '_products'

export const PRODUCTS_MEMBER = {
  text: `${PRODUCTS_FIELD}: [ProductInfo!]`,
  description: 'What the data products of this domain are, and how their promises stand; for a catalogue.',
} as const

/** Written alike in every domain, so that they are one set of types in the composed graph. */
export const PRODUCT_INFO_SDL = `"""A data product and how its promises stand. Whoever has a token may know that it exists."""
type ProductInfo @shareable @authenticated {
  """\`urn:dataproduct:<domain>:<product>:<major>\`."""
  urn: ID!
  domain: String!
  name: String!
  title: String
  description: String
  """Semantic version of the contract."""
  version: String!
  status: String!
  """Team or person that answers for it."""
  owner: String
  ownerEmail: String
  promises: [ProductPromise!]!
}

"""Something that the contract promises, measured on all rows whoever asks."""
type ProductPromise @shareable @authenticated {
  """Unique in the product, stable while the contract keeps the rule."""
  id: String!
  name: String!
  description: String
  kind: PromiseKind!
  """What was promised, in words."""
  target: String!
  """\`error\`, \`warning\` or \`info\`: what it means when it is broken."""
  severity: String!
  state: PromiseState!
  """The number, for callers who may read all the rows that it is about; true is 1."""
  measured: Float
  """Of the number: \`rows\`, \`percent\` or \`seconds\`; null for the number of a query."""
  unit: String
  measuredAt: DateTime
  """Since when it has been in its state."""
  since: DateTime
  """Why it is not run or not known, or what to know of the number."""
  reason: String
  """How it stood before, the latest first; of what the contract says now, and of the last ${HISTORY_KEPT} measurements."""
  history(first: Int = 20): [PromiseMeasurement!]!
}

"""How a promise stood at one time."""
type PromiseMeasurement @shareable @authenticated {
  measuredAt: DateTime!
  state: PromiseState!
  """The number, for callers who may read all the rows that it is about."""
  measured: Float
  reason: String
}

enum PromiseKind {
  """Age of the newest row."""
  FRESHNESS
  ROW_COUNT
  """Absent values."""
  COMPLETENESS
  """Duplicates."""
  UNIQUENESS
  """Values that are not as they have to be."""
  VALIDITY
  """A query of the contract's own."""
  QUERY
  """Another rule of the contract, which is not run."""
  RULE
  """A service level that rows don't show."""
  SERVICE_LEVEL
}

enum PromiseState {
  KEPT
  BROKEN
  """Nobody here evaluates it; it counts as neither kept nor broken."""
  NOT_RUN
  """It is evaluated and has no result yet, or the attempt failed."""
  UNKNOWN
}`

/** What `_products` answers. */
export function readProductInfos(model: DomainModel, call: CallIdentity, promises: PromiseReader | undefined): readonly object[] {
  const products = [...new Set([...model.objects.values()].map(({ product }) => product))]
  return products.map((product) => ({
    urn: product.urn,
    domain: product.domain,
    name: product.name,
    title: product.title,
    description: product.description,
    version: product.version,
    status: product.status,
    owner: product.owner?.name,
    ownerEmail: product.owner?.email,
    promises: readStatuses(listPromises(product), promises).map((status, index) => {
      const shown = promiseInfo(status, promises, mayKnowNumber(status.promise, product, { call, model }))
      return mayKnowSubject(status.promise, product, call) ? shown : { ...shown, ...hiddenSubject(index) }
    }),
  }))
}

function promiseInfo({ promise, state, reason, result }: PromiseStatus, promises: PromiseReader | undefined, showNumber: boolean): object {
  return {
    id: promise.id,
    name: promise.name,
    description: promise.description,
    kind: promise.kind,
    target: promise.target,
    severity: promise.severity,
    state,
    measured: showNumber ? result?.measured : null,
    unit: promise.unit,
    measuredAt: momentOf(result?.measuredAtMs),
    since: momentOf(result?.sinceMs),
    reason,
    // Read only where it is selected.
    history: ({ first }: { readonly first: number | null }) =>
      readHistory(promise, promises, Math.min(Math.max(first ?? HISTORY_KEPT, 0), HISTORY_KEPT)).map((past) => ({
        measuredAt: momentOf(past.measuredAtMs),
        state: past.state,
        measured: showNumber ? past.measured : null,
        reason: past.reason,
      })),
  }
}

/** What stands for words that would name what the caller may not read; that there is a promise, and whether it is kept, anybody may know. */
function hiddenSubject(index: number): object {
  return { id: `hidden/${index + 1}`, name: 'a promise about what you may not read', description: null, target: 'not shown to you', reason: null, history: () => [] }
}

/** A promise about an object or a field names it, so it takes the scopes of both; one about the whole product is everybody's. */
function mayKnowSubject(promise: ProductPromise, product: DataProduct, { principal: { scopes } }: CallIdentity): boolean {
  const hasAny = (needed: readonly string[]): boolean => needed.length === 0 || needed.some((scope) => scopes.has(scope))
  const object = product.objects.find(({ typeName }) => typeName === promise.typeName)
  if (object === undefined) return true
  const about = fieldsOf(promise) ?? []
  return hasAny(product.readScopes) && object.properties
    .filter(({ field, name }) => about.includes(field) || promise.id.startsWith(`${object.name}.${name}/`))
    .every(({ readScopes }) => hasAny(readScopes))
}

/**
 * A number about rows or values that the caller is not shown would tell of them, so it takes the product's scope, no row
 * filter, and the fields that it is about in clear: for a query all of them.
 */
function mayKnowNumber(promise: ProductPromise, product: DataProduct, { call, model }: { readonly call: CallIdentity; readonly model: DomainModel }): boolean {
  const { scopes } = call.principal
  const hasAny = (needed: readonly string[]): boolean => needed.length === 0 || needed.some((scope) => scopes.has(scope))
  const known = promise.typeName === undefined ? undefined : model.objects.get(promise.typeName)
  if (!hasAny(product.readScopes)) return false
  if (known === undefined) return true
  if (rowScope(call, known) !== undefined) return false
  const { object } = known
  const about = fieldsOf(promise)
  return object.properties
    .filter(({ field }) => about?.includes(field) ?? true)
    .every(({ field, readScopes }) => hasAny(readScopes) && !Object.hasOwn(call.masks, `${object.typeName}.${field}`))
}

/** Fields that a promise is about; undefined: it may be any. */
function fieldsOf({ evaluation }: ProductPromise): readonly string[] | undefined {
  if (evaluation.kind === 'not-run') return []
  const { measure } = evaluation.check
  if (measure.kind === 'rowCount') return []
  if (measure.kind === 'sql') return undefined
  return measure.kind === 'duplicateValues' ? measure.fields : [measure.field]
}

function momentOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString().replace('.000Z', 'Z')
}
