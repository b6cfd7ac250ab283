import { makeDemoData, MANIFEST_FILE } from '@polyseme/demo-data'
import { mkdir, mkdtemp, readFile, readdir, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { makeDemoFixture, type DemoFixture } from './demo-fixture.ts'

const SCALE = 0.02

/** One hash per file over all rows in file order. */
async function contentOf(fixture: DemoFixture): Promise<Record<string, unknown>> {
  const content: Record<string, unknown> = {}
  for (const path of Object.keys(fixture.summary.files)) {
    content[path] = path.endsWith('.tsv')
      ? await readFile(join(fixture.dataDir, path), 'utf8')
      : await fixture.value(`SELECT md5(string_agg(t::VARCHAR, '|')) FROM '${join(fixture.dataDir, path)}' t`)
  }
  return content
}

async function tempDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'polyseme-demo-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return dir
}

describe('makeDemoData', () => {
  test('gives the same rows for the same seed, and others for another', async () => {
    await using first = await makeDemoFixture({ scale: SCALE, seed: 7 })
    await using second = await makeDemoFixture({ scale: SCALE, seed: 7 })
    await using other = await makeDemoFixture({ scale: SCALE, seed: 8 })
    const content = await contentOf(first)
    expect(await contentOf(second)).toEqual(content)
    expect((await contentOf(other))['data/sales/customers.parquet']).not.toEqual(content['data/sales/customers.parquet'])
  })

  test('reports its progress and leaves nothing but the data behind', async () => {
    const dataDir = await tempDir()
    const seen: string[] = []
    const summary = await makeDemoData({ dataDir, scale: 0.01, onProgress: (done, total, what) => seen.push(`${done}/${total} ${what}`) })
    expect(seen[0]).toMatch(/^0\/\d+ organisations$/)
    expect(seen.at(-1)).toMatch(/^(\d+)\/\1 done$/)
    expect((await readdir(dataDir)).toSorted()).toEqual(['data', MANIFEST_FILE, 'gold', 'links'].toSorted())
    expect(summary.files['data/sales/customers.parquet']?.rows).toBe(200)
  })

  test('leaves other files of the data directory alone and replaces earlier demo data', async () => {
    const dataDir = await tempDir()
    await makeDemoData({ dataDir, scale: 0.01, seed: 1 })
    const before = await readFile(join(dataDir, 'links', 'marketing-lead--sales-lead.sssom.tsv'), 'utf8')
    await makeDemoData({ dataDir, scale: 0.01, seed: 2 })
    expect(await readFile(join(dataDir, 'links', 'marketing-lead--sales-lead.sssom.tsv'), 'utf8')).not.toBe(before)
  })

  test('removes what a killed run left behind, but not what another run is making', async () => {
    const dataDir = await tempDir()
    await mkdir(join(dataDir, '.demo-data-killed'))
    await utimes(join(dataDir, '.demo-data-killed'), new Date(0), new Date(0))
    await mkdir(join(dataDir, '.demo-data-running'))
    await makeDemoData({ dataDir, scale: 0.01 })
    expect((await readdir(dataDir)).filter((name) => name.startsWith('.'))).toEqual(['.demo-data-running'])
  })

  test.each([0, -1, 101, Number.NaN])('refuses the scale %d', async (scale) => {
    await expect(makeDemoData({ dataDir: await tempDir(), scale })).rejects.toThrow(/scale must be/)
  })

  test('refuses a seed that is no whole number, which would reach SQL as text', async () => {
    await expect(makeDemoData({ dataDir: await tempDir(), seed: 1.5 })).rejects.toThrow(/seed must be/)
  })
})
