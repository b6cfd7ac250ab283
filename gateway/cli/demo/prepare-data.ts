import type * as demoData from '@polyseme/demo-data'
import { GatewayError } from '@polyseme/kit/errors'

type DemoDataMaker = Pick<typeof demoData, 'checkDemoData' | 'makeDemoData'>

/** Says what is being made, and how far it is. */
export type Progress = (line: string) => void

/**
 * Makes the demo data of a data directory unless they are there and whole; about 10 s the first time, 0.2 s after.
 * The signal ends it between two stages, with nothing left of what was half made.
 *
 * @throws DATA_DIR_CORRUPT when they are there and damaged: what to remove is not ours to decide
 */
export async function prepareDemoData(dataDir: string, progress: Progress, signal: AbortSignal): Promise<void> {
  const { checkDemoData, makeDemoData } = await loadMaker()
  switch (await checkDemoData(dataDir)) {
    case 'complete': return
    case 'corrupt': throw new GatewayError('DATA_DIR_CORRUPT', `the demo data in ${dataDir} are damaged: files are missing or were changed; remove that directory and start again`)
    case 'absent': {
      const { durationMs, files } = await makeDemoData({ dataDir, onProgress: (done, total, what) => {
        signal.throwIfAborted()
        progress(`making demo data ${String(done).padStart(2)}/${total} ${what}`)
      } })
      const rows = Object.values(files).reduce((sum, file) => sum + file.rows, 0)
      progress(`made ${rows.toLocaleString('en')} rows in ${(durationMs / 1_000).toFixed(1)} s`)
    }
  }
}

/** The maker is part of the checkout and of no package. */
async function loadMaker(): Promise<DemoDataMaker> {
  try {
    return await import('@polyseme/demo-data')
  } catch (error) {
    throw new GatewayError('CONFIG_INVALID', 'the demo needs a checkout of Polyseme, with its subgraphs/', { cause: error })
  }
}
