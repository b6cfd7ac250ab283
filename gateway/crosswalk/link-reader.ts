import type { LinkStatement, SenseName } from '@polyseme/kit/lexicon'
import type { CrosswalkModel, Route, Way } from './crosswalk-model.ts'
import {
  APPROVED,
  compileView,
  countsIn,
  latestStatements,
  rulesOut,
  type LinkStore,
  type LinkView,
  type Selection,
} from './links/index.ts'

/** A record of a domain. */
export interface Member {
  readonly sense: SenseName
  /** As `encodeEntityKey` writes it. */
  readonly key: string
}

/** A statement as it reads from one record. */
export interface FoundLink {
  readonly route: Route
  readonly statement: LinkStatement
  readonly origin: Member
  /** Undefined: there is no counterpart. */
  readonly counterpart: Member | undefined
}

const NONE: readonly string[] = []

/** Answers who belongs to whom, from the model and the stored statements. */
export class LinkReader {
  readonly #model: CrosswalkModel
  readonly #store: LinkStore

  constructor(model: CrosswalkModel, store: LinkStore) {
    this.#model = model
    this.#store = store
  }

  /** Keys of a record's counterparts over one way, in the order of the keys; what a negative mapping rules out is not among them. */
  counterparts(way: Way, key: string, view: LinkView): readonly string[] {
    const selection: Selection = { found: [], ruledOut: [] }
    const compiled = compileView(view)
    for (const { mapping, side } of way.routes) this.#store.select(mapping.id, side, key, compiled, selection)
    return orderedKeys(selection)
  }

  /** The same for many records, in their order. */
  counterpartsOfMany(way: Way, keys: readonly string[], view: LinkView): readonly (readonly string[])[] {
    const compiled = compileView(view)
    const [only] = way.routes
    if (way.routes.length !== 1 || only === undefined) return keys.map((key) => this.counterparts(way, key, view))
    const found: (readonly string[])[] = keys.map(() => NONE)
    this.#store.selectMany(only.mapping.id, only.side, keys, compiled, (at, selection) => {
      // The store uses one selection for all.
      if (selection.found.length > 0) found[at] = orderedKeys({ found: [...selection.found], ruledOut: selection.ruledOut })
    })
    return found
  }

  /** Every statement about a record that counts: links, negatives and "no counterpart", in the order of the senses. */
  links(member: Member, view: LinkView): readonly FoundLink[] {
    return this.#routes(member).flatMap(({ route, to }) =>
      latestStatements(this.#store.find(route.mapping.id, route.side, member.key), view.knownAtMs)
        .filter((statement) => countsIn(statement, view))
        .map((statement) => found(route, statement, { origin: member, to })),
    )
  }

  /** When a record was first joined with another by exactMatch; undefined: never. */
  firstJoinedMs(member: Member, isReadable: (sense: SenseName) => boolean): number | undefined {
    let first: number | undefined
    for (const { route, to } of this.#routes(member)) {
      if (!isReadable(to)) continue
      for (const statement of this.#store.find(route.mapping.id, route.side, member.key)) {
        if (!joins(statement)) continue
        if (first === undefined || statement.recordedAtMs < first) first = statement.recordedAtMs
      }
    }
    return first
  }

  /** What makes a record one with others, and what keeps it apart from them: approved exactMatch and negative statements that hold. */
  identityLinks(member: Member, { asOfMs, knownAtMs }: LinkView): readonly FoundLink[] {
    const view: LinkView = { asOfMs, knownAtMs, minConfidence: 0, statuses: APPROVED }
    return this.links(member, view).filter(
      ({ statement, counterpart }) => counterpart !== undefined && (statement.negative || joins(statement)),
    )
  }

  /** Every statement of all times about exactMatch links of a record, believed until a moment, oldest first. */
  history(member: Member, knownAtMs: number): readonly FoundLink[] {
    return this.#routes(member)
      .flatMap(({ route, to }) =>
        this.#store
          .find(route.mapping.id, route.side, member.key)
          .filter((statement) => statement.recordedAtMs <= knownAtMs && (statement.predicate === 'exactMatch' || statement.negative))
          .map((statement) => found(route, statement, { origin: member, to })),
      )
      .sort((one, other) => one.statement.recordedAtMs - other.statement.recordedAtMs)
  }

  /** Records that an approved negative statement of now names, of every mapping. */
  keptApart(view: LinkView): readonly Member[] {
    return [...this.#model.lexicon.mappings.values()].flatMap((mapping) =>
      this.#store
        .negatives(mapping.id)
        .filter((statement) => rulesOut(statement, view))
        .map(({ from }) => ({ sense: mapping.from, key: from })),
    )
  }

  #routes({ sense }: Member): readonly { readonly route: Route; readonly to: SenseName }[] {
    return (this.#model.senses.get(sense)?.ways ?? []).flatMap(({ routes, to }) => routes.map((route) => ({ route, to })))
  }
}

function found(route: Route, statement: LinkStatement, { origin, to }: { readonly origin: Member; readonly to: SenseName }): FoundLink {
  const key = route.side === 'from' ? statement.to : statement.from
  return { route, statement, origin, counterpart: key === undefined ? undefined : { sense: to, key } }
}

/** `<sense>:<key>`, as link tables write it. */
export function memberId(member: Member): string {
  return `${member.sense}:${member.key}`
}

/** One id for a pair of a mapping, from whichever side it was found. */
export function linkId({ route, statement }: FoundLink): string {
  return `${route.mapping.id}\t${statement.from}\t${statement.to ?? ''}`
}

/** What was found and not ruled out, each key once. */
function orderedKeys({ found, ruledOut }: Selection): readonly string[] {
  const left = ruledOut.length === 0 ? found : found.filter((key) => !ruledOut.includes(key))
  return left.length < 2 ? left : [...new Set(left)].sort(compareKeys)
}

/** Only an approved, positive exactMatch makes two records one thing. */
function joins(statement: LinkStatement): boolean {
  return statement.predicate === 'exactMatch' && !statement.negative && statement.status === 'approved'
}

/** Numbers by value, before everything else; the rest by code unit. */
export function compareKeys(one: string, other: string): number {
  const [left, right] = [Number(one), Number(other)]
  if (Number.isNaN(left) || Number.isNaN(right))
    return Number.isNaN(left) === Number.isNaN(right) ? (one < other ? -1 : one > other ? 1 : 0) : Number.isNaN(left) ? 1 : -1
  return left - right || (one < other ? -1 : one > other ? 1 : 0)
}
