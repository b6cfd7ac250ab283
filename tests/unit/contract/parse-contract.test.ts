import { parseContract, parseContracts } from '@polyseme/kit/contract'
import type { Diagnostic } from '@polyseme/kit/errors'
import { describe, expect, it } from 'vitest'

const HEAD = 'apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\nstatus: active\ndomain: lab\n'
const SCHEMA = 'schema:\n  - name: Thing\n    properties:\n      - { name: id, logicalType: string, primaryKey: true }\n'

function errorsOf(text: string): readonly Diagnostic[] {
  const result = parseContract(text, { file: 'c.odcs.yaml' })
  return result.kind === 'invalid' ? result.diagnostics : []
}

/** Processor time, which other programs on the machine don't lengthen. */
function cpuMsSince(started: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(started)
  return (user + system) / 1_000
}

describe('reading a contract', () => {
  it('gives the place of a finding in the file it was told of', () => {
    const text = `${HEAD}schema:\n  - name: Thing\n    propertys: []\n    properties: [{ name: id, logicalType: string }]\n`
    const result = parseContract(text, { file: 'subgraphs/lab/thing.odcs.yaml' })
    const [finding] = result.kind === 'ok' ? result.warnings : result.diagnostics
    expect(finding).toMatchObject({
      rule: 'contract-unknown-key',
      position: { file: 'subgraphs/lab/thing.odcs.yaml', line: 9, column: 5 },
      expected: '`properties`',
    })
  })

  it('keeps a custom server with the engine that it names, for whoever opens it', () => {
    const server = { server: 'there', type: 'custom', database: 'rows.sqlite', customProperties: [{ property: 'engine', value: 'sqlite' }] }
    const result = parseContract(`${HEAD}${SCHEMA}servers: ${JSON.stringify([server])}\n`, { file: 'c' })
    expect(result).toMatchObject({ kind: 'ok', value: { servers: [{ kind: 'custom', name: 'there', engine: 'sqlite', server }] }, warnings: [] })
  })

  it('takes the domain that it is told where the contract names none', () => {
    const result = parseContract((HEAD + SCHEMA).replace('domain: lab\n', ''), { file: 'c', domain: 'Sales' })
    expect(result).toMatchObject({
      kind: 'ok',
      value: { domain: 'sales', objects: [{ typeName: 'SalesThing' }] },
      warnings: [{ rule: 'contract-domain', severity: 'warning' }],
    })
  })

  it('keeps a contract whose text ends in CRLF lines and begins with a byte order mark', () => {
    const result = parseContract(`\uFEFF${(HEAD + SCHEMA).replaceAll('\n', '\r\n')}`, { file: 'c' })
    expect(result.kind).toBe('ok')
  })

  it.each([
    ['nothing', '', 'contract-yaml-syntax'],
    ['a comment only', '# nothing\n', 'contract-yaml-syntax'],
    ['a text', 'hello', 'contract-wrong-type'],
    ['a list', '- a\n- b', 'contract-wrong-type'],
    ['two documents', `${HEAD}---\n${HEAD}`, 'contract-yaml-syntax'],
    ['an open quote', `${HEAD}name: "x`, 'contract-yaml-syntax'],
    ['tabs as indentation', `${HEAD}schema:\n\t- name: x`, 'contract-yaml-syntax'],
    ['a record as key', `${HEAD}{ a: 1 }: 2`, 'contract-yaml-syntax'],
    ['a key that stands twice', `${HEAD}id: y`, 'contract-duplicate-key'],
    ['a merge of a text', `${HEAD}<<: a`, 'contract-yaml-syntax'],
    ['an alias without anchor', `${HEAD}name: *nowhere`, 'contract-yaml-syntax'],
    ['an alias inside its own anchor', `${HEAD}tags: &a [*a]`, 'contract-yaml-syntax'],
    ['4 MB', `${HEAD}name: ${'x'.repeat(4_000_000)}`, 'contract-too-large'],
    ['lists in lists, 100,000 deep', `${HEAD}tags: ${'['.repeat(100_000)}`, 'contract-yaml-syntax'],
    ['lists in lists, 200 deep and closed', `${HEAD}tags: ${'['.repeat(200)}${']'.repeat(200)}`, 'contract-too-deep'],
  ])('refuses %s with one clear finding', (_, text, rule) => {
    const started = process.cpuUsage()
    const errors = errorsOf(text)
    expect(errors.map((error) => error.rule)).toContain(rule)
    expect(cpuMsSince(started)).toBeLessThan(2_000)
  })

  it('refuses a bomb of aliases in the time that its text takes', () => {
    const rungs = Array.from(
      { length: 30 },
      (_, index) => `  - &b${index} [${Array.from({ length: 10 }, () => (index === 0 ? 'x' : `*b${index - 1}`)).join(', ')}]`,
    )
    const started = process.cpuUsage()
    expect(errorsOf(`${HEAD}x-bomb:\n${rungs.join('\n')}\ntags: *b29`).map(({ rule }) => rule)).toEqual(['contract-too-large'])
    expect(cpuMsSince(started)).toBeLessThan(500)
  })

  it('refuses `__proto__` as a key anywhere and changes no prototype', () => {
    const text = `${HEAD}${SCHEMA}    customProperties:\n      - { property: x, value: { __proto__: { polluted: true } } }\n`
    expect(errorsOf(text)).toMatchObject([{ rule: 'contract-forbidden-key' }])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('takes names like constructor and toString for the names that they are', () => {
    const text = `${HEAD}schema:\n  - name: constructor\n    properties:\n      - { name: toString, logicalType: string, primaryKey: true }\n      - { name: hasOwnProperty, logicalType: string }\n`
    const result = parseContract(text, { file: 'c' })
    expect(result).toMatchObject({
      kind: 'ok',
      value: { objects: [{ typeName: 'LabConstructor', properties: [{ field: 'toString' }, { field: 'hasOwnProperty' }] }] },
    })
  })

  it.each(['constructor', 'toString', 'hasOwnProperty'])('reports the unknown key %s like any other', (key) => {
    const text = `${HEAD}${key}: 1\n${SCHEMA}        ${key}: 2\n`.replace(
      '{ name: id, logicalType: string, primaryKey: true }',
      'name: id\n        logicalType: string',
    )
    const result = parseContract(text, { file: 'c' })
    expect(result).toMatchObject({ kind: 'ok', warnings: [{ rule: 'contract-unknown-key' }, { rule: 'contract-unknown-key' }] })
    expect(JSON.stringify(result)).not.toContain('native code')
  })

  it('reads tags of other languages as plain values and runs nothing', () => {
    const result = parseContract(`${HEAD}${SCHEMA}name: !!js/function "function () { return 1 }"\n`, { file: 'c' })
    expect(result).toMatchObject({ kind: 'ok', value: { title: 'function () { return 1 }' } })
  })

  it('refuses a misspelled `roles`, which would leave the product open, and only warns of a misspelled `tags`', () => {
    expect(errorsOf(`${HEAD}${SCHEMA}rols:\n  - { role: a, access: read }\n`)).toMatchObject([
      { rule: 'contract-unknown-key', severity: 'error' },
    ])
    expect(parseContract(`${HEAD}${SCHEMA}tgas: [a]\n`, { file: 'c' })).toMatchObject({
      kind: 'ok',
      warnings: [{ rule: 'contract-unknown-key', severity: 'warning' }],
    })
  })

  it('reads 5,000 lines in less than a second', () => {
    const properties = Array.from({ length: 9 }, (_, index) => [
      `      - name: column_${index}`,
      '        logicalType: string',
      '        physicalType: varchar(40)',
      '        classification: internal',
      '        description: What stands here',
    ])
    const objects = Array.from({ length: 110 }, (_, index) => [`  - name: Table${index}`, '    properties:', ...properties.flat()])
    const text = `${HEAD}schema:\n${objects.flat().join('\n')}\n`
    expect(text.split('\n').length).toBeGreaterThan(5_000)
    const started = process.cpuUsage()
    const result = parseContract(text, { file: 'c' })
    expect(cpuMsSince(started)).toBeLessThan(1_000)
    expect(result).toMatchObject({ kind: 'ok' })
  })

  it('resolves 2,000 relationships among 1,000 objects in less than two seconds', () => {
    const objects = Array.from(
      { length: 1_000 },
      (_, index) => `  - name: Table${index}x
    properties:
      - { name: id, logicalType: string, primaryKey: true }
      - { name: next_id, logicalType: string, relationships: [{ to: Table${(index + 1) % 1_000}x.id }] }
      - { name: far_id, logicalType: string, relationships: [{ to: Table${(index * 7) % 1_000}x.id }] }`,
    )
    const started = process.cpuUsage()
    const result = parseContract(`${HEAD}schema:\n${objects.join('\n')}\n`, { file: 'c' })
    expect(cpuMsSince(started)).toBeLessThan(2_000)
    expect(result).toMatchObject({ kind: 'ok' })
  })
})

describe('contracts of one domain', () => {
  const order = `${HEAD.replace('id: x', 'id: o\nname: orders')}schema:\n  - name: Order\n    properties:\n      - { name: id, logicalType: string, primaryKey: true }\n      - { name: thing_id, logicalType: string, relationships: [{ to: Thing.id }] }\n`

  it('are joined whatever their order', () => {
    const files = [
      { file: 'a', text: HEAD + SCHEMA },
      { file: 'b', text: order },
    ]
    for (const list of [files, files.toReversed()]) {
      const result = parseContracts(list)
      const objects = result.kind === 'ok' ? result.value.flatMap((product) => product.objects) : []
      expect(objects.find(({ name }) => name === 'Thing')?.relationships).toMatchObject([
        { field: 'orders', cardinality: 'many', toType: 'LabOrder' },
      ])
    }
  })

  it('are not joined to another domain of the same name', () => {
    const result = parseContracts([
      { file: 'a', text: (HEAD + SCHEMA).replace('domain: lab', 'domain: other') },
      { file: 'b', text: order },
    ])
    expect(result).toMatchObject({ kind: 'ok', warnings: [{ rule: 'contract-relationship-not-followed' }] })
  })

  it('report the findings of every file, also beside one that is no YAML', () => {
    const result = parseContracts([
      { file: 'a', text: '{' },
      { file: 'b', text: order.replace('status: active\n', '') },
      { file: 'c', text: HEAD },
    ])
    const files = result.kind === 'invalid' ? result.diagnostics.map(({ position }) => position?.file) : []
    expect(new Set(files)).toEqual(new Set(['a', 'b', 'c']))
  })

  it('give no product for no file', () => {
    expect(parseContracts([])).toEqual({ kind: 'ok', value: [], warnings: [] })
  })
})
