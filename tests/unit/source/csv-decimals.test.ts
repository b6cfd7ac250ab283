import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseContract, type DataProduct } from '@polyseme/kit/contract'
import { DuckDbSource } from '@polyseme/kit/source'

let dataDir = ''

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'polyseme-decimals-'))
  await writeFile(join(dataDir, 'rate.csv'), 'id,amount\n1,1234.50\n2,0.123456789\n3,-7\n4,\n')
  await writeFile(join(dataDir, 'rate.json'), '[{"id":1,"amount":1234.5},{"id":2,"amount":0.000000125},{"id":3,"amount":-7},{"id":4,"amount":null}]')
  await writeFile(join(dataDir, 'list.csv'), 'id,amount\n1,"[1.25,0.0625]"\n')
})

afterAll(() => rm(dataDir, { recursive: true, force: true }))

function contract(format: string, name: string, property: string): DataProduct {
  const text = `apiVersion: v3.1.0
kind: DataContract
id: rates
name: rates
version: 1.0.0
status: active
domain: lab
schema:
  - name: Rate
    physicalName: ${name}
    properties:
      - { name: id, logicalType: integer, primaryKey: true }
      - { name: amount, ${property} }
servers:
  - { server: files, type: local, format: ${format}, path: '{object}.${format}' }
`
  const parsed = parseContract(text, { file: 'rates.odcs.yaml' })
  if (parsed.kind === 'invalid') throw new TypeError(parsed.diagnostics.map(({ what }) => what).join('; '))
  return parsed.value
}

interface Amounts {
  readonly native: string | undefined
  readonly values: readonly unknown[]
}

async function amounts(format: string, property: string, name = 'rate'): Promise<Amounts> {
  await using source = await DuckDbSource.open({ products: [contract(format, name, property)], dataDir })
  const column = source.tables.get('LabRate')?.columns.get('amount')
  const rows = await source.query({ text: 'SELECT CAST(amount AS VARCHAR) FROM "LabRate" ORDER BY id', values: [] })
  return { native: column?.native, values: rows.flat() }
}

describe('decimals of files that have no type for them', () => {
  it.each([
    ['DECIMAL(18,2)', 'DECIMAL(18,2)', ['1234.50', '0.12', '-7.00', null]],
    ['numeric(20, 9)', 'DECIMAL(20,9)', ['1234.500000000', '0.123456789', '-7.000000000', null]],
    ['NUMBER(10,4)', 'DECIMAL(10,4)', ['1234.5000', '0.1235', '-7.0000', null]],
  ])('have the precision and scale of the contract: %s', async (physicalType, native, values) => {
    expect(await amounts('csv', `logicalType: number, physicalType: '${physicalType}'`)).toEqual({ native, values })
  })

  it.each(['DECIMAL', 'NUMERIC(60,20)', 'MONEY'])('lose no digit where the contract gives no size that the engine has: %s', async (physicalType) => {
    expect(await amounts('csv', `logicalType: number, physicalType: '${physicalType}'`)).toEqual({
      native: 'DECIMAL(38,9)',
      values: ['1234.500000000', '0.123456789', '-7.000000000', null],
    })
  })

  it('lose no digit of JSON numbers either, small ones included', async () => {
    expect(await amounts('json', 'logicalType: number, physicalType: DECIMAL')).toEqual({
      native: 'DECIMAL(38,9)',
      values: ['1234.500000000', '0.000000125', '-7.000000000', null],
    })
  })

  it('lose no digit inside lists', async () => {
    const property = 'logicalType: array, items: { logicalType: number, physicalType: DECIMAL }'
    expect(await amounts('csv', property, 'list')).toEqual({ native: 'DECIMAL(38,4)[]', values: ['[1.2500, 0.0625]'] })
  })
})
