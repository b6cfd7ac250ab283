import type { IncomingStatement, MappingStatus } from '@polyseme/kit/lexicon'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeConceptId, encodeConceptId, findCluster, type Cluster } from '../../../gateway/crosswalk/identity.ts'
import { LinkReader, memberId, type Member } from '../../../gateway/crosswalk/link-reader.ts'
import { APPROVED, LmdbLinkStore, type LinkView } from '../../../gateway/crosswalk/links/index.ts'
import { concept, domain, mapping, model, temporaryFolder } from './mesh.ts'

const DOMAINS = ['sales', 'billing', 'support'].map((name) => domain({ domain: name, object: 'Customer' }))
const MODEL = model(
  [
    concept('Customer', ['sales.Customer', 'billing.Customer', 'support.Customer']),
    mapping('sales--billing', 'sales.Customer', 'billing.Customer'),
    mapping('billing--support', 'billing.Customer', 'support.Customer'),
    mapping('sales--support', 'sales.Customer', 'support.Customer'),
  ],
  DOMAINS,
)

const ENDS = {
  'sales--billing': ['sales.Customer', 'billing.Customer'],
  'billing--support': ['billing.Customer', 'support.Customer'],
  'sales--support': ['sales.Customer', 'support.Customer'],
} as const
type MappingId = keyof typeof ENDS
const MAPPING_IDS = Object.keys(ENDS) as MappingId[]

interface Event {
  readonly mapping: MappingId
  readonly from: number
  readonly to: number
  readonly status: MappingStatus
  readonly negative: boolean
  readonly exact: boolean
  readonly confidence: number
  readonly validFromMs: number
  readonly validToMs: number
  /** Position in time: statements are recorded one after the other. */
  readonly recordedAtMs: number
}

function statement({ mapping: _mapping, from, to, exact, ...rest }: Event): IncomingStatement {
  return {
    ...rest,
    from: String(from),
    to: String(to),
    predicate: exact ? 'exactMatch' : 'closeMatch',
    provenance: { justification: 'semapv:X', source: 'test' },
  }
}

function view(asOfMs: number, knownAtMs = Infinity): LinkView {
  return { asOfMs, knownAtMs, minConfidence: 0, statuses: APPROVED }
}

async function cluster(
  reader: LinkReader,
  start: Member,
  seen: LinkView,
  visible: (member: Member) => boolean = () => true,
): Promise<Cluster> {
  return await findCluster(start, {
    view: seen,
    reader,
    visible: (members) => members.map(visible),
    isReadable: (sense) => visible({ sense, key: '' }),
  })
}

/** The same by hand: all statements at once, a union-find over all records. */
class Oracle {
  readonly #parents = new Map<string, string>()
  readonly #born = new Map<string, number>()

  constructor(events: readonly Event[], { asOfMs, knownAtMs }: LinkView, isVisible: (member: Member) => boolean) {
    const members = (event: Event): readonly [Member, Member] => [
      { sense: ENDS[event.mapping][0], key: String(event.from) },
      { sense: ENDS[event.mapping][1], key: String(event.to) },
    ]
    const known = events.filter((event) => event.recordedAtMs <= knownAtMs && members(event).every(isVisible))
    for (const event of events.filter((one) => members(one).every(isVisible))) {
      if (!event.exact || event.negative || event.status !== 'approved') continue
      for (const id of members(event).map(memberId)) this.#born.set(id, Math.min(this.#born.get(id) ?? Infinity, event.recordedAtMs))
    }
    const pair = (event: Event): string => `${event.mapping}\t${event.from}\t${event.to}`
    const latest = new Map(known.map((event) => [pair(event), event]))
    const held = [...latest.values()].filter(
      ({ status, validFromMs, validToMs }) => status === 'approved' && validFromMs <= asOfMs && asOfMs < validToMs,
    )
    const negatives = held.filter(({ negative }) => negative).map((event) => members(event).map(memberId))
    const positives = held
      .filter(({ negative, exact }) => !negative && exact)
      .sort(
        (one, other) => other.confidence - one.confidence || one.recordedAtMs - other.recordedAtMs || (pair(one) < pair(other) ? -1 : 1),
      )
    for (const event of positives) {
      const [one = '', other = ''] = members(event).map(memberId)
      const joins = (id: string): boolean => this.root(id) === this.root(one) || this.root(id) === this.root(other)
      const isForbidden =
        this.root(one) !== this.root(other) &&
        negatives.some(([left = '', right = '']) => this.root(left) !== this.root(right) && joins(left) && joins(right))
      if (!isForbidden) this.#parents.set(this.root(one), this.root(other))
    }
  }

  root(id: string): string {
    const parent = this.#parents.get(id)
    return parent === undefined || parent === id ? id : this.root(parent)
  }

  cluster(start: Member, all: readonly Member[]): { readonly id: string; readonly members: readonly string[] } {
    const members = all.filter((member) => this.root(memberId(member)) === this.root(memberId(start)))
    const born = (member: Member): number => this.#born.get(memberId(member)) ?? Infinity
    const [founder = start] = members.toSorted((one, other) => {
      const [left, right] = [born(one), born(other)]
      return left < right
        ? -1
        : left > right
          ? 1
          : one.sense === other.sense
            ? Number(one.key) - Number(other.key)
            : one.sense < other.sense
              ? -1
              : 1
    })
    return { id: encodeConceptId(founder), members: members.map(memberId).sort() }
  }
}

const KEYS = 3
const ALL: readonly Member[] = (['sales.Customer', 'billing.Customer', 'support.Customer'] as const).flatMap((sense) =>
  Array.from({ length: KEYS }, (_, at) => ({ sense, key: String(at + 1) })),
)

const EVENTS = fc
  .array(
    fc.record({
      mapping: fc.constantFrom(...MAPPING_IDS),
      from: fc.integer({ min: 1, max: KEYS }),
      to: fc.integer({ min: 1, max: KEYS }),
      status: fc.constantFrom<MappingStatus>(
        'approved',
        'approved',
        'approved',
        'approved',
        'approved',
        'proposed',
        'rejected',
        'superseded',
      ),
      negative: fc.integer({ min: 0, max: 4 }).map((value) => value === 0),
      exact: fc.integer({ min: 0, max: 5 }).map((value) => value > 0),
      confidence: fc.constantFrom(0.5, 0.9, 1),
      validFromMs: fc.constantFrom(-Infinity, -Infinity, 20, 50),
      validToMs: fc.constantFrom(Infinity, Infinity, 60, 90),
    }),
    { minLength: 5, maxLength: 40 },
  )
  .map((events) => events.map((event, at): Event => ({ ...event, recordedAtMs: 10 * (at + 1) })))

describe('identity', () => {
  it('is the closure of exactMatch, whatever is added, approved, refused, superseded, and at whatever time', async () => {
    await using folder = await temporaryFolder()
    let run = 0
    await fc.assert(
      fc.asyncProperty(
        EVENTS,
        fc.constantFrom(0, 40, 70, 100),
        fc.integer({ min: 0, max: 450 }),
        fc.integer({ min: 1, max: 3 }),
        async (events, asOfMs, knownAt, loads) => {
          run += 1
          const store = LmdbLinkStore.open(`${folder.path}/${run}`, { mapBytes: 16 * 1024 ** 2 })
          try {
            for (let load = 1; load <= loads; load += 1) {
              const part = events.slice(0, Math.ceil((events.length * load) / loads))
              for (const id of MAPPING_IDS)
                await store.load(id, part.filter((event) => event.mapping === id).map(statement), {
                  digest: String(load),
                  nowMs: 1_000_000,
                })
            }
            const reader = new LinkReader(MODEL, store)
            for (const seen of [view(asOfMs), view(asOfMs, knownAt)]) {
              for (const isVisible of [() => true, (member: Member) => member.sense !== 'billing.Customer']) {
                const oracle = new Oracle(events, seen, isVisible)
                const visible = ALL.filter(isVisible)
                for (const start of visible) {
                  const found = await cluster(reader, start, seen, isVisible)
                  expect({ id: found.id, members: found.members.map(memberId).sort() }).toEqual(oracle.cluster(start, visible))
                }
              }
            }
          } finally {
            await store.close()
          }
        },
      ),
      { numRuns: 200 },
    )
  }, 60_000)
})

describe('a concept id', () => {
  const event = (from: number, to: number, recordedAtMs: number, more: Partial<Event> = {}): Event => ({
    mapping: 'sales--billing',
    from,
    to,
    status: 'approved',
    negative: false,
    exact: true,
    confidence: 1,
    validFromMs: -Infinity,
    validToMs: Infinity,
    recordedAtMs,
    ...more,
  })

  async function at(events: readonly Event[], start: Member, seen = view(1_000)): Promise<Cluster> {
    await using folder = await temporaryFolder()
    const store = LmdbLinkStore.open(folder.path, { mapBytes: 16 * 1024 ** 2 })
    try {
      for (const id of MAPPING_IDS)
        await store.load(id, events.filter(({ mapping: own }) => own === id).map(statement), { digest: '', nowMs: 0 })
      return await cluster(new LinkReader(MODEL, store), start, seen)
    } finally {
      await store.close()
    }
  }

  const S1: Member = { sense: 'sales.Customer', key: '1' }
  const S2: Member = { sense: 'sales.Customer', key: '2' }
  const B1: Member = { sense: 'billing.Customer', key: '1' }

  it('stays when another record joins', async () => {
    const before = await at([event(1, 1, 10)], S1)
    const after = await at([event(1, 1, 10), event(1, 1, 20, { mapping: 'billing--support' })], S1)
    expect(after.members).toHaveLength(3)
    expect(after.id).toBe(before.id)
  })

  it('of two things that become one is the older one, and the younger leads to it', async () => {
    const older = await at([event(2, 2, 10), event(1, 1, 20)], S2)
    const younger = await at([event(2, 2, 10), event(1, 1, 20)], S1)
    const merged = await at([event(2, 2, 10), event(1, 1, 20), event(1, 2, 30)], S1)
    expect(older.id).not.toBe(younger.id)
    expect(merged.id).toBe(older.id)
    expect(decodeConceptId(younger.id)).toEqual({ sense: 'billing.Customer', key: '1' })
    expect((await at([event(2, 2, 10), event(1, 1, 20), event(1, 2, 30)], B1)).id).toBe(older.id)
  })

  it('after a split stays with the part that founded it, and the split is known', async () => {
    const merged = [event(2, 2, 10), event(1, 1, 20), event(1, 2, 30)]
    const split = [...merged, event(1, 2, 40, { status: 'rejected' })]
    expect((await at(split, S2)).id).toBe((await at(merged, S2)).id)
    expect((await at(split, S1)).id).not.toBe((await at(merged, S1)).id)
    expect((await at(split, S1, view(1_000, 35))).members).toHaveLength(4)
  })

  it('never joins two records that are known not to be one, and says by which links they would be', async () => {
    const events = [
      event(1, 1, 10),
      event(1, 1, 20, { mapping: 'billing--support', confidence: 0.7 }),
      event(1, 1, 30, { mapping: 'sales--support', negative: true }),
    ]
    const found = await at(events, S1)
    expect(found.members.map(memberId)).toEqual(['billing.Customer:1', 'sales.Customer:1'])
    expect(
      found.conflicts.map(({ negative, path }) => ({
        negative: negative.route.mapping.id,
        path: path.map(({ route }) => route.mapping.id),
      })),
    ).toEqual([{ negative: 'sales--support', path: ['sales--billing', 'billing--support'] }])
  })

  it('is decoded only when it is one', () => {
    for (const id of [
      '',
      '!',
      'x'.repeat(3_000),
      Buffer.from('no colon').toString('base64url'),
      Buffer.from(':key').toString('base64url'),
      Buffer.from('sales.Customer:').toString('base64url'),
    ])
      expect(decodeConceptId(id)).toBeUndefined()
  })
})
