import { parseContracts } from '@polyseme/kit/contract'
import { parseLexicon } from '@polyseme/kit/lexicon'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CUSTOMER, file, findings, LEAD, mapping, rules } from './lexicon-files.ts'

const PRODUCTS = (() => {
  const contract = (domain: string, object: string, key: string): string => `apiVersion: v3.1.0
kind: DataContract
id: ${domain}
name: ${object}s
version: 1.0.0
status: active
domain: ${domain}
schema:
  - name: ${object}
    properties:
      - { name: ${key}, logicalType: integer, primaryKey: true, required: true }
      - { name: email, logicalType: string }
`
  const result = parseContracts([
    { file: 'sales.odcs.yaml', text: contract('sales', 'Customer', 'customer_id') },
    { file: 'billing.odcs.yaml', text: contract('billing', 'Customer', 'customer_id') },
  ])
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.diagnostics))
  return result.value
})()

describe('parseLexicon', () => {
  it('reads concepts, mappings and vocabularies', () => {
    const result = parseLexicon([
      CUSTOMER,
      LEAD,
      mapping(),
      file(
        'country.yaml',
        'kind: Vocabulary\nid: country\nname: Country\ndefinition: A country.\nnormalizer: country\nvalues:\n  - { code: DE, label: Germany, spellings: [Deutschland] }\nfields: [sales.Customer.country]\n',
      ),
    ])
    expect(result.kind).toBe('ok')
    if (result.kind === 'invalid') return
    expect([...result.value.concepts.keys()]).toEqual(['customer', 'lead'])
    expect([...result.value.senses.keys()]).toEqual(['sales.Customer', 'billing.Customer', 'marketing.Lead'])
    expect(result.value.mappings.get('sales--billing')).toMatchObject({
      from: 'sales.Customer',
      to: 'billing.Customer',
      predicate: 'exactMatch',
      cardinality: '1:n',
      rule: { kind: 'table', table: 'a.sssom.tsv' },
      confidence: 1,
      status: 'approved',
    })
    expect(result.value.vocabularies.get('country')?.fields).toEqual([{ sense: 'sales.Customer', field: 'country' }])
  })

  it('accepts all four rules', () => {
    for (const rule of [
      '{ table: a.tsv }',
      '{ lifecycle: { table: a.tsv } }',
      '{ sharedIdentifier: { from: vatId, to: [vatId] } }',
      '{ normalizedValue: { normalizer: email, from: email, to: mail, maxSharing: 2 } }',
    ]) {
      expect(rules([CUSTOMER, mapping({ rule })])).toEqual([])
    }
  })

  it('reports every finding at once, each with file, line and column', () => {
    const broken = file(
      'broken.yaml',
      'kind: Concept\nid: Broken\nname: broken\ndefinition: A thing.\ncolour: red\nsenses:\n  - { sense: sales, definition: x, key: id, grain: g }\n',
    )
    expect(
      findings([broken, mapping({ predicate: 'sameAs' })]).map(
        ({ rule, position }) => `${position?.file}:${position?.line}:${position?.column} ${rule}`,
      ),
    ).toEqual([
      'broken.yaml:1:1 lexicon-id-form',
      'broken.yaml:1:1 lexicon-name-form',
      'broken.yaml:7:5 lexicon-sense-form',
      'broken.yaml:5:1 lexicon-unknown-key',
      'sales--billing.yaml:5:12 lexicon-unknown-word',
    ])
  })

  const cases: readonly (readonly [string, readonly Parameters<typeof rules>[0][number][], string])[] = [
    [
      'a sense without definition',
      [file('a.yaml', 'kind: Concept\nid: a\nname: A\ndefinition: A.\nsenses:\n  - { sense: sales.A, key: id, grain: g }\n')],
      'lexicon-sense-undefined',
    ],
    [
      'a sense of an entity without key',
      [file('a.yaml', 'kind: Concept\nid: a\nname: A\ndefinition: A.\nsenses:\n  - { sense: sales.A, definition: x, grain: g }\n')],
      'lexicon-missing-key',
    ],
    [
      'a metric without measure',
      [file('a.yaml', 'kind: Concept\nid: a\nname: A\ntype: metric\ndefinition: A.\nsenses:\n  - { sense: sales.A, definition: x }\n')],
      'lexicon-missing-key',
    ],
    ['a kind that does not exist', [file('a.yaml', 'kind: Thing\n')], 'lexicon-unknown-word'],
    ['a file that is no mapping', [file('a.yaml', '- 1\n- 2\n')], 'lexicon-yaml'],
    ['broken YAML', [file('a.yaml', 'kind: [\n')], 'lexicon-yaml'],
    ['an alias', [file('a.yaml', 'kind: Concept\nid: &x a\nname: *x\ndefinition: A.\n')], 'lexicon-wrong-form'],
    [
      'a concept twice',
      [LEAD, file('again.yaml', LEAD.text.replace('marketing.Lead', 'sales.Lead').replace('name: Lead', 'name: Prospect'))],
      'lexicon-duplicate-concept',
    ],
    [
      'a word for two concepts',
      [LEAD, file('again.yaml', LEAD.text.replace('marketing.Lead', 'sales.Lead').replace('id: lead', 'id: prospect'))],
      'lexicon-duplicate-name',
    ],
    [
      'a sense of two concepts',
      [LEAD, file('again.yaml', LEAD.text.replace('id: lead', 'id: prospect').replace('name: Lead', 'name: Prospect'))],
      'lexicon-duplicate-sense',
    ],
    ['a name that the graph needs', [file('a.yaml', LEAD.text.replace('name: Lead', 'name: Query'))], 'lexicon-name-reserved'],
    ['a related concept that does not exist', [file('a.yaml', `${LEAD.text}related: [customer]\n`)], 'lexicon-unknown-concept'],
    ['a concept broader than itself', [file('a.yaml', `${LEAD.text}broader: [lead]\n`)], 'lexicon-relation-self'],
    ['an unknown sense in a mapping', [CUSTOMER, mapping({ to: 'support.Customer' })], 'lexicon-unknown-sense'],
    ['a mapping from a sense to itself', [CUSTOMER, mapping({ to: 'sales.Customer' })], 'lexicon-mapping-self'],
    ['a mapping that ends before it begins', [CUSTOMER, mapping({ validFrom: '2026-02-01', validTo: '2026-01-01' })], 'lexicon-validity'],
    [
      'exactMatch between senses of different grain',
      [
        file(
          'c.yaml',
          CUSTOMER.text.replace('Whoever pays., key: customerId, grain: organisation', 'Whoever pays., key: customerId, grain: payer'),
        ),
        mapping(),
      ],
      'lexicon-exact-match-grain',
    ],
    [
      'exactMatch between senses of different concepts',
      [CUSTOMER, file('lead.yaml', LEAD.text.replace('grain: form', 'grain: organisation')), mapping({ to: 'marketing.Lead' })],
      'lexicon-exact-match-concepts',
    ],
    [
      'two mappings that contradict each other',
      [CUSTOMER, mapping(), mapping({ id: 'other', predicate: 'broadMatch' })],
      'lexicon-mapping-contradiction',
    ],
    [
      'broader in both directions',
      [
        CUSTOMER,
        mapping({ predicate: 'broadMatch' }),
        mapping({ id: 'other', predicate: 'broadMatch', from: 'billing.Customer', to: 'sales.Customer' }),
      ],
      'lexicon-mapping-contradiction',
    ],
    [
      'two rules in one mapping',
      [CUSTOMER, mapping({ rule: '{ table: a.tsv, sharedIdentifier: { from: a, to: b } }' })],
      'lexicon-rule-form',
    ],
    ['no rule in a mapping', [CUSTOMER, mapping({ rule: '{}' })], 'lexicon-rule-form'],
    ['a link table outside its folder', [CUSTOMER, mapping({ rule: '{ table: ../../etc/passwd.tsv }' })], 'lexicon-table-form'],
    [
      'an unknown normaliser',
      [CUSTOMER, mapping({ rule: '{ normalizedValue: { normalizer: soundex, from: a, to: b } }' })],
      'lexicon-unknown-word',
    ],
    ['a confidence above 1', [CUSTOMER, mapping({ confidence: '1.5' })], 'lexicon-wrong-form'],
    [
      'a survivorship source of another concept',
      [LEAD, file('c.yaml', `${CUSTOMER.text}fields:\n  name: { from: [marketing.Lead.name] }\n`)],
      'lexicon-unknown-sense',
    ],
    [
      'a survivorship field named as one of ours',
      [file('c.yaml', `${CUSTOMER.text}fields:\n  mappings: { from: [sales.Customer.name] }\n`)],
      'lexicon-field-reserved',
    ],
    [
      'a spelling of two codes',
      [
        file(
          'v.yaml',
          'kind: Vocabulary\nid: v\nname: V\ndefinition: V.\nvalues:\n  - { code: A, label: One }\n  - { code: B, label: ONE }\n',
        ),
      ],
      'lexicon-ambiguous-spelling',
    ],
    [
      'a code twice',
      [
        file(
          'v.yaml',
          'kind: Vocabulary\nid: v\nname: V\ndefinition: V.\nvalues:\n  - { code: A, label: One }\n  - { code: A, label: Two }\n',
        ),
      ],
      'lexicon-duplicate-code',
    ],
  ]
  it.each(cases)('reports %s', (_what, files, rule) => {
    expect(rules(files)).toContain(rule)
  })

  it('reports a circle of broader concepts', () => {
    const concept = (id: string, broader: string): Parameters<typeof rules>[0][number] =>
      file(`${id}.yaml`, `kind: Concept\nid: ${id}\nname: ${id.toUpperCase()}\ndefinition: x\nbroader: [${broader}]\n`)
    expect(rules([concept('a', 'b'), concept('b', 'c'), concept('c', 'a')])).toEqual(['lexicon-broader-cycle'])
  })

  it('reports a concept that is both broader than and related to another', () => {
    const files = [file('a.yaml', `${LEAD.text}broader: [customer]\nrelated: [customer]\n`), CUSTOMER]
    expect(rules(files)).toEqual(['lexicon-relation-contradiction'])
  })

  it('warns of a working group whose time is over, and does not refuse the lexicon for it', () => {
    const files = [file('a.yaml', `${LEAD.text}workingGroup: { name: Words, until: 2026-01-31 }\n`)]
    expect(rules(files, { today: '2026-01-31' })).toEqual([])
    expect(rules(files, { today: '2026-02-01' })).toEqual(['lexicon-group-expired'])
    expect(parseLexicon(files, { today: '2026-02-01' }).kind).toBe('ok')
  })

  it('compares senses, keys and fields with the contracts', () => {
    expect(rules([CUSTOMER], { products: PRODUCTS })).toEqual([])
    expect(rules([LEAD], { products: PRODUCTS })).toEqual(['lexicon-unknown-type'])
    expect(rules([file('c.yaml', CUSTOMER.text.replace('key: customerId', 'key: id'))], { products: PRODUCTS })).toEqual([
      'lexicon-unknown-key',
    ])
    expect(rules([CUSTOMER, mapping({ rule: '{ sharedIdentifier: { from: vatId, to: email } }' })], { products: PRODUCTS })).toEqual([
      'lexicon-unknown-field',
    ])
  })

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        rules([file('x.yaml', text)])
      }),
      { numRuns: 500 },
    )
    const pieces = fc.array(
      fc.constantFrom(
        'kind: Concept\n',
        'kind: Mapping\n',
        'id: a\n',
        'senses:\n',
        '  - sense: sales.A\n',
        '    key: [a]\n',
        'rule: { table: x.tsv }\n',
        'from: 1\n',
        '? [a]\n: b\n',
        'values: [null]\n',
        '&a [*a]\n',
        '!!binary x\n',
        '\t',
        '- ',
        '"',
      ),
    )
    fc.assert(
      fc.property(pieces, (parts) => {
        rules([file('x.yaml', parts.join(''))])
      }),
      { numRuns: 1_000 },
    )
  })

  it('refuses nesting and size meant to exhaust it', () => {
    expect(rules([file('deep.yaml', `kind: ${'['.repeat(100_000)}`)])).toContain('lexicon-yaml')
    expect(rules([file('large.yaml', ' '.repeat(2_000_001))])).toEqual(['lexicon-file-too-large'])
  })
})
