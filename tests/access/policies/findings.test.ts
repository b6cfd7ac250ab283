import { describe, expect, it } from 'vitest'
import { domainFile, findingsOf, meshFile } from './policy-fixture.ts'
import { leastCpuMs } from '../../testkit/cpu-time.ts'

const positions = (text: string): unknown => findingsOf([meshFile(text)]).map(({ rule, severity, what, how, position }) => ({ rule, severity, what, how, at: position === undefined ? undefined : `${position.line}:${position.column}` }))

describe('a policy file', () => {
  it('with a misspelt attribute: where, and what was meant', () => {
    expect(positions('// größer\nforbid (principal, action == Action::"read", resource)\nwhen { resource.clasification == "x" };')).toEqual([
      { rule: 'policy-type', severity: 'error', what: 'attribute `clasification` on entity type `Field` not found', how: 'did you mean `classification`?', at: '3:8' },
    ])
  })

  it('with a misspelt action', () => {
    expect(positions('forbid (principal, action == Action::"raed", resource);')).toEqual([
      { rule: 'policy-type', severity: 'error', what: 'unrecognized action `Action::"raed"`', how: 'did you mean `Action::"read"`?', at: '1:30' },
    ])
  })

  it.each([
    ['Field', 'HrPerson.emial', 'HrPerson.email'],
    ['Object', 'HrPersn', 'HrPerson'],
    ['Product', 'hr/peopel', 'hr/people'],
    ['Domain', 'hrr', 'hr'],
    ['Classification', 'confidental', 'confidential'],
  ])('with a misspelt %s', (type, wrong, right) => {
    expect(positions(`forbid (principal, action == Action::"read", resource in ${type}::"${wrong}");`)).toEqual([
      { rule: 'policy-unknown-name', severity: 'error', what: `there is no ${type}::"${wrong}" in this mesh`, how: `did you mean ${type}::"${right}"?`, at: expect.stringMatching(/^1:\d+$/) },
    ])
  })

  it('with a misspelt role, purpose or region', () => {
    for (const [text, what] of [
      ['principal in Role::"stewart"', 'Role::"stewart"'],
      ['context has purpose && context.purpose == Purpose::"fruad"', 'Purpose::"fruad"'],
      ['principal.regions.contains(Region::"EMAE")', 'Region::"EMAE"'],
    ]) {
      expect(positions(`forbid (principal, action == Action::"read", resource) when { ${text} };`)).toMatchObject([{ rule: 'policy-unknown-name', what: `there is no ${what} in this mesh` }])
    }
  })

  it('that breaks off', () => {
    expect(positions('permit (principal,\n  action, resource')).toMatchObject([{ rule: 'policy-syntax', severity: 'error', what: 'unexpected end of input', at: '2:19' }])
  })

  it('with a mask that is none, or that masks nothing', () => {
    expect(positions('@mask("blur") forbid (principal, action == Action::"reveal", resource);')).toMatchObject([{ rule: 'policy-mask', what: 'there is no mask "blur"' }])
    for (const text of ['@mask("hash") permit (principal, action == Action::"reveal", resource);', '@mask("hash") forbid (principal, action == Action::"read", resource);', '@mask("hash") forbid (principal, action, resource);']) {
      expect(positions(text)).toMatchObject([{ rule: 'policy-mask', what: '`@mask` stands on a policy that masks nothing' }])
    }
  })

  it('with an id that is used twice', () => {
    expect(positions('@id("a") permit (principal, action == Action::"read", resource);\n@id("a") permit (principal, action == Action::"read", resource);')).toMatchObject([{ rule: 'policy-id', at: '2:1' }])
  })

  it('with a template', () => {
    expect(positions('permit (principal == ?principal, action, resource);')).toMatchObject([{ rule: 'policy-template' }])
  })

  it('with a policy that can never apply gets a warning', () => {
    expect(positions('forbid (principal, action == Action::"read", resource) when { resource.key && !resource.key };')).toMatchObject([])
    expect(positions('forbid (principal, action == Action::"read", resource) when { false };')).toMatchObject([{ rule: 'policy-type', severity: 'warning' }])
  })

  it('with several mistakes has all of them found', () => {
    expect(findingsOf([meshFile('forbid (principal, action == Action::"read", resource in Domain::"x");\nforbid (principal, action == Action::"read", resource) when { resource.x };'), domainFile('hr', 'permit (')]).map(({ rule }) => rule).sort()).toEqual([
      'policy-syntax',
      'policy-type',
      'policy-unknown-name',
    ])
  })
})

describe('a domain\'s policy', () => {
  it.each(['resource', 'resource in Domain::"shop"', 'resource == Field::"ShopPerson.email"', 'resource in Product::"shop/people"', 'resource in Object::"ShopPerson"', 'resource in Classification::"confidential"', 'resource is Field', 'resource is Field in Domain::"shop"'])(
    'may not be about %s',
    (resource) => {
      for (const effect of ['permit', 'forbid']) {
        expect(findingsOf([domainFile('hr', `${effect} (principal, action == Action::"read", ${resource}) when { resource in Domain::"hr" };`)])).toMatchObject([{ rule: 'policy-foreign', severity: 'error', position: { file: 'hr/policies/own.cedar', line: 1 } }])
      }
    },
  )

  it.each(['resource in Domain::"hr"', 'resource is Field in Domain::"hr"', 'resource in Product::"hr/people"', 'resource in Object::"HrPerson"', 'resource == Field::"HrPerson.email"'])('may be about %s', (resource) => {
    expect(findingsOf([domainFile('hr', `forbid (principal, action == Action::"read", ${resource});`)])).toEqual([])
  })
})

describe('a hostile file', () => {
  const nest = (open: string, close: string, count: number): string => `permit (principal, action, resource) when { ${open.repeat(count)}true${close.repeat(count)} };`
  it.each<[string, string]>([
    ['20,000 brackets', nest('(', ')', 20_000)],
    ['200 brackets', nest('(', ')', 200)],
    ['2,500 ifs', `permit (principal, action, resource) when { ${'if true then true else '.repeat(2_500)}true };`],
    ['30,000 members', `permit (principal, action, resource) when { principal${'.a'.repeat(30_000)} == 1 };`],
    ['30,000 sums', `permit (principal, action, resource) when { 1${'+1'.repeat(30_000)} == 1 };`],
    ['a file of 100 KB', `//${'x'.repeat(100_000)}`],
  ])('with %s is refused, and the next one is read', (_, text) => {
    expect(findingsOf([meshFile(text)])).toMatchObject([{ severity: 'error' }])
    expect(leastCpuMs(() => findingsOf([meshFile(text)]), 2)).toBeLessThan(2_000)
    expect(findingsOf([meshFile('forbid (principal, action == Action::"read", resource in Domain::"hr");')])).toEqual([])
  })

  it.each([['a string with brackets', `permit (principal, action == Action::"read", resource) when { resource.name == "${'('.repeat(500)}" };`], ['a comment with brackets', `// ${'('.repeat(500)}\npermit (principal, action == Action::"read", resource);`], ['500 policies', 'permit (principal, action == Action::"read", resource);'.repeat(500)], ['a set of 500 names', `permit (principal, action == Action::"read", resource) when { [${Array.from({ length: 500 }, (__, i) => `"n${i}"`).join(', ')}].contains(resource.name) };`]])(
    'only seems so: %s',
    (_, text) => expect(findingsOf([meshFile(text)])).toEqual([]),
  )
})
