import { existsSync } from 'node:fs'
import { join } from 'node:path'

const BESIDE_THE_CHECKOUT = join(import.meta.dirname, '../../../shared/data')

/**
 * A folder of real data that is too large or not ours to keep in the repository: below `POLYSEME_SHARED_DATA`, or
 * below `shared/data` beside the checkout. Undefined when this machine has neither.
 */
export function findSharedData(name: string): string | undefined {
  const folder = join(process.env['POLYSEME_SHARED_DATA'] ?? BESIDE_THE_CHECKOUT, name)
  return existsSync(folder) ? folder : undefined
}
