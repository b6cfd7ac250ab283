import { readFile, writeFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Command } from '../../../gateway/cli/command.ts'
import { lexiconCheckCommand } from '../../../gateway/cli/commands/lexicon-check.ts'
import { linkEvaluateCommand } from '../../../gateway/cli/commands/link-evaluate.ts'
import { linkProposeCommand } from '../../../gateway/cli/commands/link-propose.ts'
import { linkReviewCommand } from '../../../gateway/cli/commands/link-review.ts'
import { temporaryFolder } from '../../unit/crosswalk/mesh.ts'
import { makeHardSet } from './hard-records.ts'

interface Run {
  readonly code: number
  readonly out: string
}

async function run(
  command: Command,
  cwd: string,
  positionals: readonly string[],
  options: Readonly<Record<string, string | boolean | readonly string[]>> = {},
): Promise<Run> {
  const lines: string[] = []
  const defaults = Object.fromEntries(
    Object.entries(command.options).flatMap(([name, option]) => (option.default === undefined ? [] : [[name, option.default]])),
  )
  const write = (line: string): void => {
    lines.push(line)
  }
  const code = await command.run(
    { options: { ...defaults, ...options }, positionals },
    { out: write, err: write, env: {}, cwd, signal: new AbortController().signal },
  )
  return { code, out: lines.join('\n') }
}

const FIELDS = ['name', 'street', 'city', 'postcode', 'phone', 'founded', 'staff']

function contract(domain: string): string {
  const types: Readonly<Record<string, string>> = { founded: 'integer', staff: 'integer' }
  return `apiVersion: v3.1.0
kind: DataContract
id: ${domain}
name: Customers
version: 1.0.0
status: active
domain: ${domain}
schema:
  - name: Customer
    physicalName: customers
    description: Whom ${domain} knows.
    properties:
      - { name: id, logicalType: integer, primaryKey: true, required: true }
${FIELDS.map((field) => `      - { name: ${field}, logicalType: ${types[field] ?? 'string'} }`).join('\n')}
servers:
  - { server: files, type: local, format: csv, path: "data/${domain}/{object}.csv" }
`
}

/** Two domains with contracts, CSV files and the true links. */
async function prepare(folder: string): Promise<void> {
  const { from, to, gold } = makeHardSet(250, 99)
  for (const [domain, records] of [
    ['sales', from],
    ['billing', to],
  ] as const) {
    await mkdir(join(folder, 'data', domain), { recursive: true })
    const cell = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? `"${value}"` : '')
    const lines = records.map(({ key, values }) => [key, ...FIELDS.map((field) => cell(values[field]))].join(','))
    await writeFile(join(folder, 'data', domain, 'customers.csv'), [['id', ...FIELDS].join(','), ...lines].join('\n'))
    await writeFile(join(folder, `${domain}.odcs.yaml`), contract(domain))
  }
  await writeFile(join(folder, 'gold.csv'), ['from,to', ...gold.map(({ from: one, to: other }) => `${one},${other}`)].join('\n'))
}

describe('polyseme link', () => {
  it('proposes from contracts alone, reviews, keeps decisions, and is held against the truth', async () => {
    await using folder = await temporaryFolder()
    const cwd = folder.path
    await prepare(cwd)
    const options = { contracts: ['sales.odcs.yaml', 'billing.odcs.yaml'], 'data-dir': '.', cardinality: '1:1', predicate: 'exactMatch' }
    const proposed = await run(linkProposeCommand, cwd, ['sales.Customer', 'billing.Customer'], options)
    expect(proposed).toMatchObject({
      code: 0,
      out: expect.stringMatching(/name \(companyName\): same \+.*\d+ proposed, 0 approved, 0 withdrawn/su) as string,
    })
    const table = join('links', 'sales-customer--billing-customer.sssom.tsv')

    const evaluated = await run(linkEvaluateCommand, cwd, [table], { gold: 'gold.csv', json: true })
    expect((JSON.parse(evaluated.out) as { at: { f1: number } }).at.f1).toBeGreaterThan(0.9)

    const { open } = JSON.parse((await run(linkReviewCommand, cwd, [table], { json: true })).out) as {
      open: readonly { subject: string; object: string }[]
    }
    const [doubtful, next] = open
    const decided = await run(linkReviewCommand, cwd, [table], {
      not: [`${doubtful?.subject}=${doubtful?.object}`],
      approve: [`${next?.subject}=${next?.object}`],
      'approve-above': '0.99',
      as: 'person:dana',
    })
    expect(decided.out).toContain('decisions recorded')

    const before = await readFile(join(cwd, table), 'utf8')
    const again = await run(linkProposeCommand, cwd, ['sales.Customer', 'billing.Customer'], options)
    expect(again.out).toContain('0 proposed, 0 approved, 0 withdrawn')
    expect(await readFile(join(cwd, table), 'utf8')).toBe(before)
  })

  it('asks for what it needs in one clear line', async () => {
    await using folder = await temporaryFolder()
    const cases: readonly (readonly [Command, readonly string[], Record<string, string | readonly string[]>, RegExp])[] = [
      [linkProposeCommand, ['sales.Customer'], {}, /needs FROM and TO/u],
      [linkProposeCommand, ['a.A', 'b.B'], {}, /needs --contracts/u],
      [linkReviewCommand, [], {}, /needs one FILE/u],
      [linkReviewCommand, ['none.tsv'], {}, /there is no file none.tsv/u],
      [linkEvaluateCommand, ['none.tsv'], {}, /needs FILE and --gold/u],
      [lexiconCheckCommand, [], {}, /needs one DIR/u],
    ]
    for (const [command, positionals, options, message] of cases)
      await expect(run(command, folder.path, positionals, options)).rejects.toThrow(message)
  })
})

describe('polyseme lexicon check', () => {
  it('accepts the demo and finds no undeclared word in it', async () => {
    const root = join(import.meta.dirname, '../../../subgraphs')
    const { code, out } = await run(lexiconCheckCommand, root, ['lexicon'], {
      contracts: ['sales', 'marketing', 'billing', 'support'],
      strict: true,
    })
    expect({ code, last: out.split('\n').at(-1) }).toEqual({ code: 0, last: 'accepted: 0 errors, 0 warnings' })
  })

  it('names an undeclared word and exits with 1', async () => {
    await using folder = await temporaryFolder()
    await mkdir(join(folder.path, 'lexicon'))
    for (const domain of ['sales', 'billing']) await writeFile(join(folder.path, `${domain}.odcs.yaml`), contract(domain))
    const { code, out } = await run(lexiconCheckCommand, folder.path, ['lexicon'], { contracts: ['sales.odcs.yaml', 'billing.odcs.yaml'] })
    expect(code).toBe(1)
    expect(out).toContain('polyseme-undeclared-type')
    expect(out).toContain('sales.Customer: Whom sales knows.')
  })
})
