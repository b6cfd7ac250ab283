import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findPersonalFields } from '../../../gateway/cli/personal-fields.ts'

const CONTRACT = `apiVersion: v3.1.0
kind: DataContract
id: shop
name: shop
version: 1.0.0
status: active
domain: shop
schema:
  - name: Client
    physicalName: clients
    properties:
      - { name: client_id, logicalType: integer, primaryKey: true, required: true }
      - { name: info, physicalName: contact, logicalType: string }
      - { name: reachable, logicalType: string }
      - { name: account, logicalType: string }
      - { name: day, logicalType: date }
      - { name: colour, logicalType: string }
`
const ROWS = [
  'client_id,contact,reachable,account,day,colour',
  '1,ann@example.com,+49 30 1234567,DE89370400440532013000,2026-01-01,red',
  '2,bob@example.org,(425) 555-0100,GB29NWBK60161331926819,2026-02-01,green',
]

describe('polyseme check --data', () => {
  it('names the fields whose values look personal, whatever they are called, and no value', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'polyseme-personal-'))
    await writeFile(join(folder, 'clients.csv'), ROWS.join('\n'))
    const io = { out: () => undefined, err: () => undefined, env: {}, cwd: folder, signal: new AbortController().signal }
    const artifact = { subgraph: 'shop', contracts: [{ path: 'shop.odcs.yaml', text: CONTRACT }] }
    // Numbers of many kinds look like telephone numbers: their form says nothing without a name.
    expect(await findPersonalFields(artifact, { options: { data: ['clients.csv'] }, positionals: [] }, io)).toEqual(['ShopClient.info', 'ShopClient.account'])
    expect(await findPersonalFields(artifact, { options: {}, positionals: [] }, io)).toEqual([])
    await rm(folder, { recursive: true })
  })
})
