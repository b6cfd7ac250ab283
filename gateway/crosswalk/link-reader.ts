import type { LinkStatement, SenseName } from '@polyseme/kit/lexicon'
import type { CrosswalkModel, Route, Way } from './crosswalk-model.ts'
import { compileView, countsIn, latestStatements, type LinkStore, type LinkView, type Selection } from './links/index.ts'

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

  /** Every statement about a record that counts: links, negatives and "no counterpart", in the order of the senses. */
  links(member: Member, view: LinkView): readonly FoundLink[] {
    const sense = this.#model.senses.get(member.sense)
    return (sense?.ways ?? []).flatMap((way) => way.routes.flatMap((route) =>
      latestStatements(this.#store.find(route.mapping.id, route.side, member.key), view.knownAtMs)
        .filter((statement) => countsIn(statement, view))
        .map((statement) => {
          const other = route.side === 'from' ? statement.to : statement.from
          return { route, statement, origin: member, counterpart: other === undefined ? undefined : { sense: way.to, key: other } }
        }),
    ))
  }

  /** When a record was first joined with another by exactMatch, as far as was known then; undefined: never. */
  firstJoinedMs(member: Member, knownAtMs: number): number | undefined {
    let first: number | undefined
    for (const way of this.#model.senses.get(member.sense)?.ways ?? []) {
      for (const route of way.routes) {
        for (const statement of this.#store.find(route.mapping.id, route.side, member.key)) {
          if (!joins(statement) || statement.recordedAtMs > knownAtMs) continue
          if (first === undefined || statement.recordedAtMs < first) first = statement.recordedAtMs
        }
      }
    }
    return first
  }

  /** The records that exactMatch makes one with this one, directly, and the links that do. */
  exactLinks(member: Member, view: LinkView): readonly FoundLink[] {
    const sense = this.#model.senses.get(member.sense)
    return (sense?.ways ?? []).flatMap((way) => {
      const keys = new Set(this.counterparts(way, member.key, view))
      return this.links(member, view).filter(({ statement, counterpart, route }) => joins(statement) && counterpart?.sense === way.to && keys.has(counterpart.key) && way.routes.includes(route))
    })
  }
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
  if (Number.isNaN(left) || Number.isNaN(right)) return Number.isNaN(left) === Number.isNaN(right) ? (one < other ? -1 : one > other ? 1 : 0) : Number.isNaN(left) ? 1 : -1
  return left - right || (one < other ? -1 : one > other ? 1 : 0)
}
