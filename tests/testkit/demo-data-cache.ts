import { checkDemoData, DEMO_DATA_VERSION, makeDemoData } from '@polyseme/demo-data'
import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

const MAKER = join(import.meta.dirname, '../../subgraphs/demo-data')

/**
 * Demo data of a scale, made once and shared by all test files and runs on this machine until the maker changes.
 * Read only: whoever wants to change files makes data of their own.
 */
export async function findOrMakeDemoData(scale: number, seed = 1): Promise<string> {
  const folder = join(tmpdir(), `polyseme-test-data-${userInfo().uid}`)
  const dataDir = join(folder, `${DEMO_DATA_VERSION}-${makerHash()}-${seed}-${scale}`)
  if ((await checkDemoData(dataDir)) === 'complete') return dataDir
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const making = await mkdtemp(`${dataDir}.`)
  try {
    await makeDemoData({ dataDir: making, scale, seed })
    await rename(making, dataDir)
  } catch (error) {
    // Another test file was faster, which is as good.
    if ((await checkDemoData(dataDir)) !== 'complete') throw error
  } finally {
    await rm(making, { recursive: true, force: true })
  }
  return dataDir
}

function makerHash(): string {
  const hash = createHash('sha256')
  for (const name of globSync('*.ts', { cwd: MAKER }).toSorted()) hash.update(readFileSync(join(MAKER, name)))
  return hash.digest('hex').slice(0, 12)
}
