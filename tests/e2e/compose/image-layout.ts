import { cp, mkdir, readFile, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CONSOLE_DIST, ensureConsole } from '../../../gateway/console/index.ts'
import { readDockerfile, ROOT } from './compose-file.ts'

interface LockedPackage {
  readonly dev?: boolean
  readonly devOptional?: boolean
  readonly link?: boolean
  readonly resolved?: string
}

/**
 * Lays out what the image's `/app` holds: what the last stage copies from the checkout, the production dependencies and
 * the built console. A file that the Dockerfile forgets is not there, a dependency that is for development neither.
 */
export async function layOutImage(app: string): Promise<void> {
  await ensureConsole(() => undefined)
  for (const { name, text } of readDockerfile().get('polyseme') ?? []) {
    if (name !== 'COPY' || text.startsWith('--from=')) continue
    const words = text.split(/\s+/)
    const target = words.at(-1) ?? ''
    for (const source of words.slice(0, -1)) {
      await cp(join(ROOT, source), join(app, target === './' ? source : target), { recursive: true, filter: (path) => !path.includes('node_modules') && !path.startsWith(CONSOLE_DIST) })
    }
  }
  await cp(CONSOLE_DIST, join(app, 'gateway/console/dist'), { recursive: true })
  await linkProductionDependencies(app)
}

async function linkProductionDependencies(app: string): Promise<void> {
  const { packages } = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as { packages: Readonly<Record<string, LockedPackage>> }
  for (const [path, { dev, link, resolved }] of Object.entries(packages)) {
    // Packages inside others come with those; of workspaces the copied one is meant.
    if (dev === true || !/^(?:\w+\/)?node_modules\/(?:@[^/]+\/)?[^/]+$/.test(path)) continue
    await mkdir(dirname(join(app, path)), { recursive: true })
    await symlink(link === true ? join(app, resolved ?? '') : join(ROOT, path), join(app, path)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
}
