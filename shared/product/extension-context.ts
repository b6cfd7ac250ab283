import DataLoader from 'dataloader'
import { GatewayError } from '../errors/index.ts'
import type { Principal } from '../identity/index.ts'
import { findMask, assertPropertyReadable } from './call-access.ts'
import { getObject, getProperty } from './domain-model.ts'
import { fetchByKeys } from './fetch-by-keys.ts'
import { fetchPages, type PageQuery } from './fetch-page.ts'
import { rowReader } from './fetched-row.ts'
import { keyText } from './key-text.ts'
import type { QueryRun } from './query-run.ts'
import type { RowSelection } from './selection.ts'

type Objects = object
type TypeOf<All extends Objects> = keyof All & string
type FieldOf<All extends Objects, Type extends TypeOf<All>> = keyof All[Type] & string

/**
 * What a domain's own resolver has beside its row and arguments. `All` is the map of the domain's objects that
 * `polyseme contract types` makes.
 *
 * Rows come under the caller's rights: filtered rows are not there, masked fields are masked.
 */
export interface ExtensionContext<All extends Objects = Readonly<Record<string, Readonly<Record<string, unknown>>>>> {
  readonly principal: Principal
  /** Aborted when the caller is gone or the request takes too long. */
  readonly signal: AbortSignal | undefined
  /** Whether the caller sees the field, and in clear. */
  readonly isClear: <Type extends TypeOf<All>>(typeName: Type, field: FieldOf<All, Type>) => boolean
  /** The row with this key; null where there is none that the caller may see. Calls of one moment share a statement. */
  readonly findRow: <Type extends TypeOf<All>, Field extends FieldOf<All, Type>>(
    typeName: Type,
    key: Partial<All[Type]>,
    fields: readonly Field[],
  ) => Promise<Pick<All[Type], Field> | null>
  /**
   * All rows whose fields equal these; calls of one moment share a statement.
   *
   * @throws OPERATION_LIMIT_EXCEEDED more rows than a page of the object may have.
   */
  readonly listRows: <Type extends TypeOf<All>, Field extends FieldOf<All, Type>>(
    typeName: Type,
    match: Partial<All[Type]>,
    fields: readonly Field[],
  ) => Promise<readonly Pick<All[Type], Field>[]>
}

type Fields = Readonly<Record<string, unknown>>

const contexts = new WeakMap<QueryRun, ExtensionContext>()

/** The context of a request's own resolvers; one for each request, so that its loads meet. */
export function extensionContextOf(run: QueryRun): ExtensionContext {
  const known = contexts.get(run)
  if (known !== undefined) return known
  const loaders = new RowLoaders(run)
  const context: ExtensionContext = {
    principal: run.call.principal,
    signal: run.signal,
    isClear: (typeName, field) => isClear(run, typeName, field),
    findRow: (typeName, key, fields) => loaders.findRow(typeName, key, fields) as never,
    listRows: (typeName, match, fields) => loaders.listRows(typeName, match, fields) as never,
  }
  contexts.set(run, context)
  return context
}

function isClear(run: QueryRun, typeName: string, field: string): boolean {
  const object = getObject(run.model, typeName)
  const property = getProperty(object, field)
  try {
    assertPropertyReadable(run.call, object, property)
  } catch (error) {
    if (error instanceof GatewayError) return false
    throw error
  }
  return findMask(run.call, object, property) === undefined
}

interface RowRequest {
  readonly typeName: string
  readonly key: readonly string[]
  readonly selection: RowSelection
}

class RowLoaders {
  readonly #run: QueryRun
  readonly #rows = new Map<string, DataLoader<readonly string[], Fields | null, string>>()
  readonly #lists = new Map<string, DataLoader<readonly string[], readonly Fields[], string>>()

  constructor(run: QueryRun) {
    this.#run = run
  }

  async findRow(typeName: string, key: Fields, fields: readonly string[]): Promise<Fields | null> {
    const { request, name, tuple } = this.#read(typeName, key, fields)
    if (tuple === undefined) return null
    const loader = this.#rows.get(name) ?? newLoader((tuples) => this.#fetchRows(request, tuples))
    this.#rows.set(name, loader)
    return await loader.load(tuple)
  }

  async listRows(typeName: string, match: Fields, fields: readonly string[]): Promise<readonly Fields[]> {
    const { request, name, tuple } = this.#read(typeName, match, fields)
    if (tuple === undefined) return []
    const loader = this.#lists.get(name) ?? newLoader((tuples) => this.#fetchLists(request, tuples))
    this.#lists.set(name, loader)
    return await loader.load(tuple)
  }

  /** `tuple` is undefined where a value is absent: nothing equals that. */
  #read(typeName: string, match: Fields, fields: readonly string[]): { readonly request: RowRequest; readonly name: string; readonly tuple: readonly string[] | undefined } {
    const object = getObject(this.#run.model, typeName)
    const key = Object.keys(match).toSorted()
    if (key.length === 0) throw new TypeError(`${typeName}: rows are found by at least one field`)
    // What was found by a field is known to have its value, so it is told only to whoever sees it in clear.
    for (const field of key) if (!isClear(this.#run, typeName, field)) throw new GatewayError('FIELD_NOT_CLEAR', `${typeName}.${field} is not shown in clear to this caller, so rows cannot be found by it`)
    const selection: RowSelection = { object, properties: fields.map((field) => getProperty(object, field)), related: [], sets: [], output: undefined }
    const isPresent = key.every((field) => match[field] !== null && match[field] !== undefined)
    return {
      request: { typeName, key, selection },
      name: JSON.stringify([typeName, key, fields]),
      tuple: isPresent ? key.map((field) => keyText(object, field, match[field])) : undefined,
    }
  }

  async #fetchRows({ typeName, key, selection }: RowRequest, tuples: readonly (readonly string[])[]): Promise<readonly (Fields | null)[]> {
    const properties = key.map((field) => getProperty(selection.object, field))
    const rows = await fetchByKeys(this.#run, typeName, { properties, tuples }, rowReader([selection]))
    return rows.map((row) => row?.fields ?? null)
  }

  async #fetchLists({ typeName, key, selection }: RowRequest, tuples: readonly (readonly string[])[]): Promise<readonly (readonly Fields[])[]> {
    const { object } = selection
    const { maxRows } = object.object.page
    const query: PageQuery = {
      field: `${typeName} of a domain's own resolver`,
      selection: { object, nodes: new Map([['rows', selection]]), edges: new Map(), pageInfo: false, totalCount: false, fields: new Map() },
      args: { first: maxRows },
      parents: { properties: key.map((field) => getProperty(object, field)), tuples },
    }
    const pages = await fetchPages(this.#run, query, rowReader([selection]))
    return tuples.map((_tuple, index) => {
      const page = pages[index]
      if (page?.hasNextPage === true) throw new GatewayError('OPERATION_LIMIT_EXCEEDED', `a field needs more than ${maxRows} rows of ${typeName}`)
      return (page?.rows ?? []).map((row) => row.fields)
    })
  }
}

function newLoader<Found>(fetch: (tuples: readonly (readonly string[])[]) => Promise<readonly Found[]>): DataLoader<readonly string[], Found, string> {
  return new DataLoader((tuples) => fetch(tuples), { cacheKeyFn: (tuple) => JSON.stringify(tuple) })
}
