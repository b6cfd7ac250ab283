import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

interface LockedPackage {
  readonly resolved?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const { packages } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package-lock.json'), 'utf8')) as { packages: Readonly<Record<string, LockedPackage>> }

describe('the lock file', () => {
  it('names every optional package of every platform, or `npm ci` refuses it (.ci/complete-lock-file.mjs adds them)', () => {
    const locked = new Set(Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)))
    const missing = Object.values(packages).flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies)).filter((name) => !locked.has(name))
    expect(missing).toEqual([])
  })

  it('holds no download address of a particular registry', () => {
    expect(Object.values(packages).flatMap(({ resolved = '' }) => (resolved.startsWith('http') ? [resolved] : []))).toEqual([])
  })
})
