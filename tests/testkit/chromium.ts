import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where Chromium is, or why there is none. */
export type Chromium = { readonly kind: 'found'; readonly path: string } | { readonly kind: 'missing'; readonly why: string }

/** Chromium of this machine; installed from Debian's packages when there is none and this user may. */
export async function findOrInstallChromium(): Promise<Chromium> {
  const path = PLACES.find(existsSync)
  if (path !== undefined) return { kind: 'found', path }
  if (process.getuid?.() !== 0) return { kind: 'missing', why: 'Chromium is not installed and only root may install it' }
  if (!existsSync('/usr/bin/apt-get')) return { kind: 'missing', why: 'Chromium is not installed and this machine has no apt-get' }
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    await run('apt-get', ['update', '-qq'], { env, timeout: 120_000 })
    // Whoever installs something else at the same time is waited for.
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', 'chromium'], { env, timeout: 600_000, maxBuffer: 64 * 1024 * 1024 })
  } catch (error) {
    return { kind: 'missing', why: `Chromium could not be installed: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}` }
  }
  const installed = PLACES.find(existsSync)
  return installed === undefined ? { kind: 'missing', why: 'the package chromium brought no Chromium' } : { kind: 'found', path: installed }
}
