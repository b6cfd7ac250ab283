import type { FoundLink, LinkReader, Member } from './link-reader.ts'
import { compareKeys } from './link-reader.ts'
import { APPROVED, type LinkView } from './links/index.ts'

/** One real-world thing: the records that approved exactMatch links make one. */
export interface Cluster {
  /** The id of its founder: the record that was joined first. */
  readonly id: string
  readonly members: readonly Member[]
  readonly links: readonly FoundLink[]
}

/** Records that one thing can have; a larger cluster is a mistake in the links. */
const MAX_MEMBERS = 10_000

/**
 * The cluster of a record: the transitive closure of approved exactMatch links that are valid and believed in the view,
 * over records that the caller may see. What the caller may not see does not connect, so its existence cannot be told.
 */
export async function findCluster(start: Member, view: LinkView, reader: LinkReader, visible: (members: readonly Member[]) => Promise<readonly boolean[]> | readonly boolean[]): Promise<Cluster> {
  const exact: LinkView = { ...view, statuses: APPROVED, minConfidence: 0 }
  const members = new Map<string, Member>([[memberId(start), start]])
  const links = new Map<FoundLink['statement'], FoundLink>()
  for (let level: readonly Member[] = [start]; level.length > 0 && members.size <= MAX_MEMBERS;) {
    const found = level.flatMap((member) => reader.exactLinks(member, exact))
    const next = new Map<string, Member>()
    for (const { counterpart } of found) if (counterpart !== undefined && !members.has(memberId(counterpart))) next.set(memberId(counterpart), counterpart)
    const candidates = [...next.values()]
    const shown = await visible(candidates)
    level = candidates.filter((_, at) => shown[at] === true)
    for (const member of level) members.set(memberId(member), member)
    for (const link of found) if (link.counterpart !== undefined && members.has(memberId(link.counterpart))) links.set(link.statement, links.get(link.statement) ?? link)
  }
  const ordered = [...members.values()]
    .map((member) => ({ member, since: reader.firstJoinedMs(member, view.knownAtMs) ?? Infinity }))
    .sort((one, other) => compareNumbers(one.since, other.since) || compareMembers(one.member, other.member))
    .map(({ member }) => member)
  return { id: encodeConceptId(ordered[0] ?? start), members: ordered, links: [...links.values()] }
}

/** Subtraction would make NaN of two infinities. */
function compareNumbers(one: number, other: number): number {
  return one < other ? -1 : one > other ? 1 : 0
}

function compareMembers(one: Member, other: Member): number {
  return one.sense === other.sense ? compareKeys(one.key, other.key) : one.sense < other.sense ? -1 : 1
}

export function memberId(member: Member): string {
  return `${member.sense}:${member.key}`
}

/**
 * The id under which a thing is known: that of its founding record. It stays when others join, and it still leads to
 * the thing when the founder has itself joined an older one, so an id once given never dies and needs no table.
 */
export function encodeConceptId(founder: Member): string {
  return Buffer.from(memberId(founder), 'utf8').toString('base64url')
}

/** The record that an id names; undefined when it is none of ours. */
export function decodeConceptId(id: string): { readonly sense: string; readonly key: string } | undefined {
  if (id.length > 2_000 || !/^[\w-]+$/u.test(id)) return undefined
  const text = Buffer.from(id, 'base64url').toString('utf8')
  const at = text.indexOf(':')
  return at <= 0 || at === text.length - 1 ? undefined : { sense: text.slice(0, at), key: text.slice(at + 1) }
}
