import { findFreshnessSeconds, parseContract } from '@polyseme/kit/contract'
import { describe, expect, it } from 'vitest'

const CONTRACT = `
apiVersion: v3.1.0
kind: DataContract
id: x
version: 1.0.0
status: active
domain: lab
schema: [{ name: Thing, properties: [{ name: id, logicalType: string, primaryKey: true }] }]
`

function parse(more: string): ReturnType<typeof parseContract> {
  return parseContract(CONTRACT + more, { file: 'c.odcs.yaml' })
}

describe('how long answers may be kept, by contract', () => {
  it.each([
    ['{ seconds: 60 }', { kind: 'keep', seconds: 60, scope: 'caller' }],
    ['{ seconds: 5, scope: shared }', { kind: 'keep', seconds: 5, scope: 'shared' }],
    ['none', { kind: 'none' }],
  ])('responseCache: %s', (value, expected) => {
    expect(parse(`customProperties: [{ property: responseCache, value: ${value} }]`)).toMatchObject({ kind: 'ok', value: { responseCache: expected }, warnings: [] })
  })

  it.each([
    ['60', 'is 60'],
    ['[]', 'is []'],
    ['{ seconds: 0 }', 'has no `seconds` from 1 to 86400'],
    ['{ seconds: 1.5 }', 'has no `seconds` from 1 to 86400'],
    ['{ scope: shared }', 'has no `seconds` from 1 to 86400'],
    ['{ seconds: 5, scope: everybody }', 'has a `scope` that is neither caller nor shared'],
    ['{ seconds: 5, scopes: shared }', 'has the key `scopes`'],
    ['none }, { property: responseCache, value: { seconds: 5 }', 'stands twice'],
  ])('refuses %s', (value, what) => {
    expect(parse(`customProperties: [{ property: responseCache, value: ${value} }]`)).toMatchObject({ kind: 'invalid', diagnostics: [{ rule: 'contract-custom-value', what: `\`responseCache\` ${what}` }] })
  })

  it('says where it has no effect', () => {
    const result = parseContract(CONTRACT.replace('[{ name: Thing,', '[{ name: Thing, customProperties: [{ property: responseCache, value: none }],'), { file: 'c.odcs.yaml' })
    expect(result).toMatchObject({ kind: 'ok', warnings: [{ rule: 'contract-custom-misplaced' }] })
  })

  it.each([
    ['[{ property: latency, value: 4, unit: h }, { property: ly, value: 30, unit: min }]', 1_800],
    ['[{ property: freshness, value: P1D }]', 86_400],
    ['[{ property: frequency, value: 1, unit: d }]', undefined],
    ['[{ property: latency, value: soon }]', undefined],
  ])('freshness of %s', (levels, seconds) => {
    const result = parse(`slaProperties: ${levels}`)
    if (result.kind === 'invalid') throw new Error(JSON.stringify(result.diagnostics))
    expect(findFreshnessSeconds(result.value)).toBe(seconds)
  })
})
