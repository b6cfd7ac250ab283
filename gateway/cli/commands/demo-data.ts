import { resolve } from 'node:path'
import type { Command } from '../command.ts'
import { DEFAULT_DATA_DIR } from '../data-dir.ts'

/** What `polyseme demo` does first, by itself: for images, whose domains share a volume. */
export const demoDataCommand: Command = {
  name: 'demo data',
  summary: 'make the demo\'s data, unless they are there',
  usage: `polyseme demo data [--data-dir DIR]

  --data-dir DIR   where they are made (default ${DEFAULT_DATA_DIR})`,
  maxPositionals: 0,
  options: { 'data-dir': { type: 'string', default: DEFAULT_DATA_DIR } },
  run: async ({ options }, io) => {
    const { prepareDemoData } = await import('../demo/prepare-data.ts')
    await prepareDemoData(resolve(io.cwd, String(options['data-dir'])), io.out, io.signal)
    io.out('the demo data are complete')
    return 0
  },
}
