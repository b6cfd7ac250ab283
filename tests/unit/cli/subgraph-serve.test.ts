import { generateSigningKey } from '@polyseme/kit/identity'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCommandLine } from '../../../gateway/cli/run-command-line.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'polyseme-serve-'))
  await mkdir(join(folder, 'shop'))
})

afterEach(async () => await rm(folder, { recursive: true }))

/** Runs `polyseme subgraph serve` until its first line of output. */
async function serve(...argv: readonly string[]): Promise<{ readonly code: number; readonly out: readonly string[]; readonly err: readonly string[] }> {
  const [out, err]: [string[], string[]] = [[], []]
  const stop = new AbortController()
  const code = await runCommandLine(['subgraph', 'serve', 'shop', '--data-dir', '.', '--trust', 'trust.json', '--json', ...argv], {
    out: (line) => { out.push(line); stop.abort() }, err: (line) => void err.push(line), env: {}, cwd: folder, signal: stop.signal,
  })
  return { code, out, err }
}

const CONTRACT = `apiVersion: v3.1.0
kind: DataContract
id: shop
name: items
version: 1.0.0
status: active
domain: shop
servers: [{ server: local, type: local, path: "{object}.csv", format: csv }]
schema:
  - name: Item
    physicalName: items
    properties:
      - { name: item_id, logicalType: integer, primaryKey: true, required: true }
`

describe('polyseme subgraph serve --json', () => {
  it('says as JSON where it answers', async () => {
    await writeFile(join(folder, 'shop/items.odcs.yaml'), CONTRACT)
    await writeFile(join(folder, 'items.csv'), 'item_id\n1\n')
    await writeFile(join(folder, 'trust.json'), JSON.stringify((await generateSigningKey()).publicJwks))
    const { code, out } = await serve()
    expect(code).toBe(0)
    expect(out.map((line) => JSON.parse(line) as unknown)).toEqual([{ ready: true, url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) as string, domain: 'shop' }])
  })

  it.each(['0', '-5', 'many', '1.5'])('refuses --max-operations %s', async (max) => {
    await writeFile(join(folder, 'shop/items.odcs.yaml'), CONTRACT)
    expect(await serve('--max-operations', max)).toEqual({ code: 2, out: [], err: [`error COMMAND_INVALID: --max-operations is ${max}; it is a whole number from 1 to 999999`] })
  })

  it('says as JSON what is wrong with the contracts', async () => {
    await writeFile(join(folder, 'shop/items.odcs.yaml'), CONTRACT.replace('logicalType: integer', 'logicalTyp: integer'))
    await writeFile(join(folder, 'trust.json'), '{"keys":[]}')
    const { err } = await serve()
    expect(err.flatMap((line) => line.startsWith('{') ? [JSON.parse(line) as unknown] : [])).toContainEqual(expect.objectContaining({ rule: 'contract-unknown-key' }))
  })
})
