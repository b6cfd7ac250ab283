import { describe, expect, it } from 'vitest'
import { DEFAULT_GOVERNANCE, parseGovernance } from '../../../gateway/registry/index.ts'

const parse = (text: string, environment = 'production'): ReturnType<typeof parseGovernance> => parseGovernance(text, { file: 'governance.yaml', environment })

describe('governance.yaml', () => {
  it('names severities, per environment, exemptions and regions; the rest stays as it is by default', () => {
    const text = `
severities: { descriptions-present: error }
environments:
  development: { severities: { descriptions-present: 'off' } }
exemptions:
  - { rule: key-present, domain: legacy, subject: LegacyRow, reason: replaced in spring, until: '2027-03-31' }
allowedRegions: [eu-central-1]
`
    const exemptions = [{ rule: 'key-present', domain: 'legacy', subject: 'LegacyRow', reason: 'replaced in spring', until: '2027-03-31' }]
    expect(parse(text)).toMatchObject({ kind: 'ok', value: { policy: { severities: { ...DEFAULT_GOVERNANCE.severities, 'descriptions-present': 'error' }, exemptions }, allowedRegions: ['eu-central-1'] } })
    expect(parse(text, 'development')).toMatchObject({ kind: 'ok', value: { policy: { severities: { 'descriptions-present': 'off' } } } })
    expect(parse('')).toEqual({ kind: 'ok', value: { policy: DEFAULT_GOVERNANCE }, warnings: [] })
  })

  it('names types that several domains define and that are one', () => {
    expect(parse('sharedTypes: [{ type: Product, domains: [stock, reviews], reason: one federation before }]')).toMatchObject({ kind: 'ok', value: { sharedTypes: [{ type: 'Product', domains: ['stock', 'reviews'] }] } })
  })

  it.each([
    ['a rule that is none', 'severities: { keys-present: error }', /no rule `keys-present`/],
    ['a severity that is none', 'severities: { key-present: fatal }', /severity of `key-present`/],
    ['an exemption without a reason', 'exemptions: [{ rule: key-present, domain: a, until: "2027-01-01" }]', /no `reason`/],
    ['an exemption without an end', 'exemptions: [{ rule: key-present, domain: a, reason: r }]', /no `until`/],
    ['an end that is no day', 'exemptions: [{ rule: key-present, domain: a, reason: r, until: "2027-13-01" }]', /ends on `2027-13-01`/],
    ['a key that is none', 'severity: {}', /`severity` is no key/],
    ['a shared type without a reason', 'sharedTypes: [{ type: Product, domains: [a, b] }]', /shared type 1 is not whole/],
    ['a shared type of one domain', 'sharedTypes: [{ type: Product, domains: [a], reason: r }]', /shared type 1 is not whole/],
    ['a list that is none', 'exemptions: all', /is not a list/],
    ['no YAML', 'a: [', /./],
  ])('refuses %s', (_name, text, message) => {
    const result = parse(text)
    expect(result.kind === 'invalid' ? result.diagnostics.map(({ what }) => what).join('\n') : 'accepted').toMatch(message)
  })
})
