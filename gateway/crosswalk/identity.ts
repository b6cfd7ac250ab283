import type { SenseName } from '@polyseme/kit/lexicon'
import { GraphQLError } from 'graphql'
import { joinKeepingApart, type IdentityConflict, type Reached } from './join-keeping-apart.ts'
import { compareKeys, linkId, memberId, type FoundLink, type LinkReader, type Member } from './link-reader.ts'
import type { LinkView } from './links/index.ts'

/** One real-world thing: the records that approved exactMatch links make one. */
export interface Cluster {
  /** The id of its founder: the record that was joined first. */
  readonly id: string
  /** The founder first. */
  readonly members: readonly Member[]
  /** The links that make them one. */
  readonly links: readonly FoundLink[]
  /** Records known not to be one that links would have joined; the weakest link between them was left out. */
  readonly conflicts: readonly IdentityConflict[]
}

/** Which records the caller may see; one answer for each, in order. */
export type VisibleMembers = (members: readonly Member[]) => Promise<readonly boolean[]> | readonly boolean[]

export interface ClusterQuery {
  readonly view: LinkView
  readonly reader: LinkReader
  readonly visible: VisibleMembers
  /** Whether links to a sense's records may show at all. */
  readonly isReadable: (sense: SenseName) => boolean
}

/** Records that one thing can have; a larger cluster is a mistake in the links. */
const MAX_MEMBERS = 10_000

/**
 * The cluster of a record: the transitive closure of approved exactMatch links that are valid and believed in the view,
 * over records that the caller may see. What the caller may not see does not connect, so its existence cannot be told.
 * Two records under an approved negative statement are never in one cluster.
 *
 * @throws GraphQLError MAPPING_AMBIGUOUS when more than 10,000 records hang together.
 */
export async function findCluster(start: Member, query: ClusterQuery): Promise<Cluster> {
  const reached = await reachable(start, query)
  const { joined, conflicts } = joinKeepingApart(reached)
  const ids = joined.get(memberId(start)) ?? new Set([memberId(start)])
  const members = founderFirst(
    [...reached.members.values()].filter((member) => ids.has(memberId(member))),
    query,
  )
  const links = reached.links.filter(
    ({ origin, counterpart }) => ids.has(memberId(origin)) && counterpart !== undefined && ids.has(memberId(counterpart)),
  )
  return { id: encodeConceptId(members[0] ?? start), members, links, conflicts }
}

async function reachable(start: Member, { view, reader, visible, isReadable }: ClusterQuery): Promise<Reached> {
  const members = new Map([[memberId(start), start]])
  const links = new Map<string, FoundLink>()
  const negatives = new Map<string, FoundLink>()
  for (let level: readonly Member[] = [start]; level.length > 0;) {
    const next = new Map<string, Member>()
    const found: FoundLink[] = []
    for (const link of level.flatMap((member) => reader.identityLinks(member, view))) {
      if (link.counterpart === undefined || !isReadable(link.counterpart.sense)) continue
      if (link.statement.negative) negatives.set(linkId(link), negatives.get(linkId(link)) ?? link)
      else found.push(link)
      if (!link.statement.negative && !members.has(memberId(link.counterpart))) next.set(memberId(link.counterpart), link.counterpart)
    }
    const candidates = [...next.values()]
    const shown = await visible(candidates)
    level = candidates.filter((_, at) => shown[at] === true)
    for (const member of level) members.set(memberId(member), member)
    if (members.size > MAX_MEMBERS)
      throw new GraphQLError(`more than ${MAX_MEMBERS} records are linked as one`, { extensions: { code: 'MAPPING_AMBIGUOUS' } })
    for (const link of found)
      if (link.counterpart !== undefined && members.has(memberId(link.counterpart)) && !links.has(linkId(link)))
        links.set(linkId(link), link)
  }
  const within = ({ counterpart }: FoundLink): boolean => counterpart !== undefined && members.has(memberId(counterpart))
  return { members, links: [...links.values()].filter(within), negatives: [...negatives.values()].filter(within) }
}

function founderFirst(members: readonly Member[], { reader, isReadable }: ClusterQuery): readonly Member[] {
  return members
    .map((member) => ({ member, since: reader.firstJoinedMs(member, isReadable) ?? Infinity }))
    .sort((one, other) => compareNumbers(one.since, other.since) || compareMembers(one.member, other.member))
    .map(({ member }) => member)
}

/** Subtraction would make NaN of two infinities. */
function compareNumbers(one: number, other: number): number {
  return one < other ? -1 : one > other ? 1 : 0
}

function compareMembers(one: Member, other: Member): number {
  return one.sense === other.sense ? compareKeys(one.key, other.key) : one.sense < other.sense ? -1 : 1
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
