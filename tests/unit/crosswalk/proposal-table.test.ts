import type { SssomSet } from '@polyseme/kit/lexicon'
import { describe, expect, it } from 'vitest'
import {
  decide,
  latestRows,
  mergeProposals,
  parseContributions,
  type MergedProposals,
  type Proposal,
  type ProposalPolicy,
} from '../../../gateway/crosswalk/index.ts'

const POLICY: ProposalPolicy = {
  from: 'sales.Customer',
  to: 'billing.Customer',
  predicate: 'closeMatch',
  cardinality: '1:n',
  proposeAbove: 0.5,
  approveAbove: 0.99,
  now: '2026-06-01T00:00:00.000Z',
}

function proposal(from: string, to: string, probability: number): Proposal {
  return {
    from,
    to,
    probability,
    contributions: [
      { comparison: 'name', level: 'nearly same', weight: 7.25 },
      { comparison: 'city', level: 'different', weight: -1.5 },
    ],
  }
}

function merge(existing: SssomSet | undefined, proposals: readonly Proposal[], now = POLICY.now): MergedProposals {
  return mergeProposals(existing, proposals, { ...POLICY, now })
}

function states(set: SssomSet): readonly string[] {
  return latestRows(set).map(({ subject, object, status, negative }) => `${subject} ${object} ${negative ? 'not ' : ''}${status}`)
}

describe('proposals in a link table', () => {
  it('are approved above the bound, proposed below it, and left out when unlikely', () => {
    const { set, proposed, approved } = merge(undefined, [proposal('1', '1', 0.995), proposal('2', '2', 0.7), proposal('3', '3', 0.4)])
    expect({ proposed, approved }).toEqual({ proposed: 1, approved: 1 })
    expect(states(set)).toEqual(['sales.Customer:1 billing.Customer:1 approved', 'sales.Customer:2 billing.Customer:2 proposed'])
  })

  it('carry what each field said, and no value of a record', () => {
    const [row] = latestRows(merge(undefined, [proposal('2', '2', 0.7)]).set)
    expect(row?.comment).toBe('name: nearly same +7.3; city: different −1.5')
    expect(parseContributions(row?.comment ?? '')).toEqual([
      { comparison: 'name', level: 'nearly same', weight: 7.3 },
      { comparison: 'city', level: 'different', weight: -1.5 },
    ])
    expect(parseContributions('somebody said so')).toEqual([])
  })

  it('keep decisions when they are made again', () => {
    const first = merge(undefined, [proposal('1', '1', 0.7), proposal('2', '2', 0.7), proposal('3', '3', 0.7)]).set
    const [one, two, three] = latestRows(first)
    if (one === undefined || two === undefined || three === undefined) throw new Error('three rows')
    const decision = { reviewer: 'person:dana', now: '2026-06-02T00:00:00.000Z' }
    const approved = decide(first, one, { ...decision, status: 'approved', negative: false })
    const rejected = decide(approved, two, { ...decision, status: 'rejected', negative: false })
    const decided = decide(rejected, three, { ...decision, status: 'approved', negative: true })
    const again = merge(
      decided,
      [proposal('1', '1', 0.999), proposal('2', '2', 0.999), proposal('3', '3', 0.999)],
      '2026-06-03T00:00:00.000Z',
    )
    expect(again).toMatchObject({ proposed: 0, approved: 0, withdrawn: 0, decided: 3 })
    expect(again.set).toEqual(decided)
    expect(states(again.set)).toEqual([
      'sales.Customer:1 billing.Customer:1 approved',
      'sales.Customer:2 billing.Customer:2 rejected',
      'sales.Customer:3 billing.Customer:3 not approved',
    ])
  })

  it('add no row while nothing moved, and a later one when it did', () => {
    const first = merge(undefined, [proposal('1', '1', 0.7)]).set
    expect(merge(first, [proposal('1', '1', 0.702)], '2026-06-02T00:00:00.000Z').set.rows).toHaveLength(1)
    const moved = merge(first, [proposal('1', '1', 0.8)], '2026-06-02T00:00:00.000Z').set
    expect(moved.rows).toHaveLength(2)
    expect(latestRows(moved)).toMatchObject([{ confidence: 0.8, status: 'proposed' }])
  })

  it('that are no longer likely are superseded', () => {
    const first = merge(undefined, [proposal('1', '1', 0.7)]).set
    const again = merge(first, [], '2026-06-02T00:00:00.000Z')
    expect(again.withdrawn).toBe(1)
    expect(states(again.set)).toEqual(['sales.Customer:1 billing.Customer:1 superseded'])
  })

  it('never give a second counterpart to a record that may have one, nor one to a record that has none', () => {
    const columns = ['subject_id', 'predicate_id', 'object_id', 'mapping_justification']
    const rows = [
      ['sales.Customer:1', 'skos:closeMatch', 'billing.Customer:1', 'semapv:X'],
      ['sales.Customer:9', 'skos:closeMatch', 'sssom:NoTermFound', 'semapv:X'],
    ]
    const { decided, proposed, set } = merge({ metadata: [], columns, rows }, [
      proposal('2', '1', 0.9),
      proposal('1', '5', 0.9),
      proposal('9', '6', 0.9),
    ])
    expect({ decided, proposed }).toEqual({ decided: 2, proposed: 1 })
    expect(states(set)).toContain('sales.Customer:1 billing.Customer:5 proposed')
  })

  it('leave rows and columns of others as they are', () => {
    const existing: SssomSet = {
      metadata: ['a: b'],
      columns: ['subject_id', 'subject_label', 'predicate_id', 'object_id', 'mapping_justification'],
      rows: [['sales.Customer:7', 'Seven', 'skos:exactMatch', 'billing.Customer:7', 'semapv:X']],
    }
    const { set } = merge(existing, [proposal('1', '1', 0.7)])
    expect(set.metadata).toEqual(['a: b'])
    expect(set.rows[0]?.slice(0, 5)).toEqual(existing.rows[0])
    expect(set.columns.slice(0, 5)).toEqual(existing.columns)
  })
})
