import { formatSssom, parseLexicon, parseSssom, readLinks, type IncomingStatement, type Mapping } from '@polyseme/kit/lexicon'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CUSTOMER, mapping } from './lexicon-files.ts'

const MAPPING: Mapping = (() => {
  const result = parseLexicon([CUSTOMER, mapping({ confidence: '0.8' })])
  const found = result.kind === 'ok' ? result.value.mappings.get('sales--billing') : undefined
  if (found === undefined) throw new Error('no mapping')
  return found
})()

const HEADER = 'subject_id\tpredicate_id\tobject_id\tmapping_justification'

function read(text: string): readonly IncomingStatement[] {
  const set = parseSssom(text, 'a.tsv')
  if (set.kind === 'invalid') throw new Error(JSON.stringify(set.diagnostics))
  const links = readLinks(set.value, MAPPING, 'a.tsv')
  if (links.kind === 'invalid') throw new Error(JSON.stringify(links.diagnostics))
  return links.value
}

function problems(text: string): readonly string[] {
  const set = parseSssom(text, 'a.tsv')
  if (set.kind === 'invalid') return set.diagnostics.map(({ rule }) => rule)
  const links = readLinks(set.value, MAPPING, 'a.tsv')
  return links.kind === 'invalid' ? links.diagnostics.map(({ rule }) => rule) : []
}

describe('SSSOM TSV', () => {
  it('is read with every column and metadata line, and written back the same', () => {
    const text =
      '#mapping_set_id: https://example.com/a\n#curie_map:\n#  skos: "x"\nsubject_id\tsubject_label\tpredicate_id\tobject_id\tmapping_justification\tunheard_of\nsales.Customer:1\tOne\tskos:exactMatch\tbilling.Customer:2\tsemapv:X\tkept\n'
    const set = parseSssom(text, 'a.tsv')
    expect(set.kind === 'ok' && set.value).toEqual({
      metadata: ['mapping_set_id: https://example.com/a', 'curie_map:', '  skos: "x"'],
      columns: ['subject_id', 'subject_label', 'predicate_id', 'object_id', 'mapping_justification', 'unheard_of'],
      rows: [['sales.Customer:1', 'One', 'skos:exactMatch', 'billing.Customer:2', 'semapv:X', 'kept']],
    })
    expect(set.kind === 'ok' && formatSssom(set.value)).toBe(text)
  })

  it('survives writing and reading for any cells', () => {
    const cell = fc
      .oneof(fc.string({ unit: 'grapheme', maxLength: 12 }), fc.constantFrom('', '#', '"', 'a\tb', 'a\nb', '\r\n', '"x"', 'a"b'))
      .map((text) => text.toWellFormed())
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell, cell, cell, cell), { maxLength: 6 }), (cells) => {
        const rows = cells.filter((row) => row.some((value) => value !== ''))
        const set = { metadata: ['a: b'], columns: ['subject_id', 'predicate_id', 'object_id', 'mapping_justification', 'comment'], rows }
        const again = parseSssom(formatSssom(set), 'a.tsv')
        expect(again.kind === 'ok' && again.value).toEqual(set)
      }),
      { numRuns: 1_000 },
    )
  })

  it('reads a row with all our columns', () => {
    const text = `${HEADER}\tconfidence\tmapping_date\tauthor_id\treviewer_id\tvalid_from\tvalid_to\trecorded_at\tstatus\tpredicate_modifier\tcomment\nsales.Customer:1\tskos:narrowMatch\tbilling.Customer:a%2Fb/2\tsemapv:X\t0.5\t2026-01-01\tperson:a\tperson:b\t2025-01-01\t2026-01-01T12:00:00+02:00\t2026-01-02T00:00:00Z\tproposed\tNot\twhy\n`
    expect(read(text)).toEqual([
      {
        from: '1',
        to: 'a%2Fb/2',
        predicate: 'narrowMatch',
        negative: true,
        confidence: 0.5,
        status: 'proposed',
        validFromMs: Date.UTC(2025, 0, 1),
        validToMs: Date.UTC(2026, 0, 1, 10),
        recordedAtMs: Date.UTC(2026, 0, 2),
        provenance: { justification: 'semapv:X', source: 'a.tsv', author: 'person:a', reviewer: 'person:b', comment: 'why' },
      },
    ])
  })

  it('falls back on the mapping, and knows no moment of recording then', () => {
    expect(read(`${HEADER}\nsales.Customer:1\t\tbilling.Customer:2\t\n`)).toEqual([
      {
        from: '1',
        to: '2',
        predicate: 'exactMatch',
        negative: false,
        confidence: 0.8,
        status: 'approved',
        validFromMs: -Infinity,
        validToMs: Infinity,
        recordedAtMs: undefined,
        provenance: { justification: 'semapv:ManualMappingCuration', source: 'a.tsv' },
      },
    ])
  })

  it('takes the mapping date for the moment of recording where there is none', () => {
    expect(
      read(`${HEADER}\tmapping_date\nsales.Customer:1\tskos:exactMatch\tbilling.Customer:2\tsemapv:X\t2026-03-04\n`)[0]?.recordedAtMs,
    ).toBe(Date.UTC(2026, 2, 4))
  })

  it('reads "no counterpart"', () => {
    expect(read(`${HEADER}\nsales.Customer:1\tskos:exactMatch\tsssom:NoTermFound\tsemapv:X\n`)[0]?.to).toBeUndefined()
  })

  it('reads files with carriage returns, a byte order mark and empty lines', () => {
    expect(read(`\uFEFF#a: b\r\n${HEADER}\r\n\r\nsales.Customer:1\tskos:exactMatch\tbilling.Customer:2\tsemapv:X\r\n\r\n`)).toHaveLength(1)
  })

  const wrong: readonly (readonly [string, string, string])[] = [
    ['no header', '#a: b\n', 'sssom-header'],
    ['a missing column', 'subject_id\tpredicate_id\tobject_id\n', 'sssom-column-missing'],
    ['a column twice', `${HEADER}\tstatus\tstatus\n`, 'sssom-column-twice'],
    ['too many cells', `${HEADER}\na\tb\tc\td\te\n`, 'sssom-row-length'],
    ['an id of another sense', `${HEADER}\nsupport.Customer:1\tskos:exactMatch\tbilling.Customer:2\tx\n`, 'sssom-subject-id'],
    ['a broken key', `${HEADER}\nsales.Customer:%zz\tskos:exactMatch\tbilling.Customer:2\tx\n`, 'sssom-subject-id'],
    ['an empty key', `${HEADER}\nsales.Customer:1\tskos:exactMatch\tbilling.Customer:\tx\n`, 'sssom-object-id'],
    ['an unknown predicate', `${HEADER}\nsales.Customer:1\towl:sameAs\tbilling.Customer:2\tx\n`, 'sssom-predicate-id'],
    ['a confidence above 1', `${HEADER}\tconfidence\nsales.Customer:1\tskos:exactMatch\tbilling.Customer:2\tx\t2\n`, 'sssom-confidence'],
    ['an unknown status', `${HEADER}\tstatus\nsales.Customer:1\tskos:exactMatch\tbilling.Customer:2\tx\tfine\n`, 'sssom-status'],
    [
      'a date that is none',
      `${HEADER}\tvalid_from\nsales.Customer:1\tskos:exactMatch\tbilling.Customer:2\tx\tyesterday\n`,
      'sssom-valid-from',
    ],
    [
      'an end before the beginning',
      `${HEADER}\tvalid_from\tvalid_to\nsales.Customer:1\tskos:exactMatch\tbilling.Customer:2\tx\t2026-01-02\t2026-01-01\n`,
      'sssom-valid-to',
    ],
  ]
  it.each(wrong)('reports %s', (_what, text, rule) => {
    expect(problems(text)).toContain(rule)
  })

  it('names the row but never shows what is in it', () => {
    const set = parseSssom(
      `${HEADER}\nsales.Customer:1\tskos:exactMatch\tbilling.Customer:2\tx\nsupport.Customer:secret\tskos:exactMatch\tbilling.Customer:2\tx\n`,
      'a.tsv',
    )
    const links = set.kind === 'ok' ? readLinks(set.value, MAPPING, 'a.tsv') : undefined
    const text = JSON.stringify(links)
    expect(text).toContain('row 2')
    expect(text).not.toContain('secret')
  })
})
