import { checkDemoData, makeDemoData, MANIFEST_FILE } from '@polyseme/demo-data'
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'

const made: string[] = []
let dataDir = ''

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'polyseme-demo-'))
  made.push(dataDir)
})

afterAll(() => Promise.all(made.map((dir) => rm(dir, { recursive: true, force: true }))))

describe('checkDemoData', () => {
  test('calls a directory without demo data absent, whether or not it exists', async () => {
    expect(await checkDemoData(dataDir)).toBe('absent')
    expect(await checkDemoData(join(dataDir, 'nowhere'))).toBe('absent')
  })

  test('calls what was made complete', async () => {
    await makeDemoData({ dataDir, scale: 0.01 })
    expect(await checkDemoData(dataDir)).toBe('complete')
  })

  test('calls a folder without a manifest corrupt: somebody was interrupted', async () => {
    await mkdir(join(dataDir, 'data', 'sales'), { recursive: true })
    expect(await checkDemoData(dataDir)).toBe('corrupt')
  })

  test('calls a manifest that cannot be read corrupt', async () => {
    await writeFile(join(dataDir, MANIFEST_FILE), '{"version":')
    expect(await checkDemoData(dataDir)).toBe('corrupt')
  })

  test('calls data with a missing file corrupt', async () => {
    await makeDemoData({ dataDir, scale: 0.01 })
    await rm(join(dataDir, 'data', 'billing', 'payments.parquet'))
    expect(await checkDemoData(dataDir)).toBe('corrupt')
  })

  test('calls data with a changed file corrupt, even when its length is the same', async () => {
    await makeDemoData({ dataDir, scale: 0.01 })
    const path = join(dataDir, 'links', 'sales-customer--billing-customer.sssom.tsv')
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replace(/approved\n$/, 'rejected\n'))
    expect(await checkDemoData(dataDir)).toBe('corrupt')
    await writeFile(path, text)
    expect(await checkDemoData(dataDir)).toBe('complete')
    await appendFile(path, '\n')
    expect(await checkDemoData(dataDir)).toBe('corrupt')
  })

  test('calls data of another version absent, so that they are made anew', async () => {
    await makeDemoData({ dataDir, scale: 0.01 })
    const path = join(dataDir, MANIFEST_FILE)
    await writeFile(path, (await readFile(path, 'utf8')).replace(/"version": \d+/, '"version": 0'))
    expect(await checkDemoData(dataDir)).toBe('absent')
  })
})
