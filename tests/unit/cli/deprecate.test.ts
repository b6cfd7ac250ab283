import { parseContracts } from '@polyseme/kit/contract'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommandLine } from '../../../gateway/cli/run-command-line.ts'

const CONTRACT = `apiVersion: v3.1.0
kind: DataContract
id: shop-orders
name: orders
version: 1.0.0
status: active
domain: shop
# who may read
roles: [{ role: 'shop:read', access: read }]
schema:
  - name: Order
    properties:
      - { name: order_id, logicalType: integer, primaryKey: true, required: true }
      - name: note # free text
        logicalType: string
`

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'polyseme-deprecate-'))
  await writeFile(join(folder, 'orders.odcs.yaml'), CONTRACT)
})

afterAll(async () => await rm(folder, { recursive: true }))

async function deprecate(...argv: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  const lines: string[] = []
  const write = (line: string): void => void lines.push(line)
  const code = await runCommandLine(['deprecate', '.', ...argv], { out: write, err: write, env: {}, cwd: folder, signal: new AbortController().signal })
  return { code, output: lines.join('\n') }
}

describe('polyseme deprecate', () => {
  it('marks a property with the day and the replacement, twice as well as once, and leaves the rest as it was', async () => {
    await deprecate('Order.note', '--until', '2997-01-31', '--replaced-by', 'Order.order_id')
    expect(await deprecate('Order.note', '--until', '2997-03-31', '--replaced-by', 'none')).toEqual({ code: 0, output: 'orders.odcs.yaml: Order.note is deprecated and will be removed on 2997-03-31' })
    expect(JSON.parse((await deprecate('Order.note', '--until', '2997-03-31', '--replaced-by', 'none', '--json')).output)).toEqual({ file: 'orders.odcs.yaml', deprecated: 'Order.note', until: '2997-03-31', replacedBy: 'none' })
    const text = await readFile(join(folder, 'orders.odcs.yaml'), 'utf8')
    expect(text).toContain('# free text')
    expect(text).toContain('# who may read')
    const parsed = parseContracts([{ file: 'orders.odcs.yaml', text }], {})
    expect(parsed.kind === 'ok' ? parsed.value[0]?.contract.schema?.[0]?.properties?.[1] : parsed.diagnostics).toMatchObject({
      name: 'note', deprecated: true, customProperties: [{ property: 'removalDate', value: '2997-03-31' }, { property: 'replacedBy', value: 'none' }],
    })
  })

  it.each(['none', 'Order', 'order_id', 'Order.order_id', 'shop.Order.order_id', 'billing.Invoice.number'])('takes %s for what to use instead', async (name) => {
    expect(await deprecate('Order.note', '--until', '2999-01-31', '--replaced-by', name)).toMatchObject({ code: 0 })
  })

  it.each([
    [['Order.none', '--until', '2997-01-31', '--replaced-by', 'none'], 'no contract of . has Order.none'],
    [['Order.note', '--until', 'soon', '--replaced-by', 'none'], 'on which day'],
    [['Order.note', '--until', '2997-01-31'], 'what to use instead'],
    [['Order.note', '--until', '2020-03-31', '--replaced-by', 'none'], '2020-03-31 is over (today is '],
    [['Order.note', '--until', '2999-02-30', '--replaced-by', 'none'], 'on which day'],
    [['Order.note', '--until', '2999-01-31', '--replaced-by', 'Order.nope'], 'no contract of . has Order.nope, which is to replace Order.note'],
    [['Order.note', '--until', '2999-01-31', '--replaced-by', 'nope'], 'has nope, which'],
    [['Order.note', '--until', '2999-01-31', '--replaced-by', 'shop.Order.nope'], 'has shop.Order.nope, which'],
    [['Order.note', '--until', '2999-01-31', '--replaced-by', 'note'], 'cannot replace itself'],
  ])('says what is missing: %j', async (argv, message) => {
    expect((await deprecate(...argv)).output).toContain(message)
  })
})
