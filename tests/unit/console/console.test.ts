import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOM = join(import.meta.dirname, '../../../gateway/console')

describe('the console', () => {
  it('is well typed for a browser', () => {
    const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
    const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', ROOM], { encoding: 'utf8' })
    expect(stdout).toBe('')
    expect(status).toBe(0)
  })

  it('offers every example file that there is', () => {
    const listed = readFileSync(join(ROOM, 'app/examples.ts'), 'utf8')
    for (const file of readdirSync(join(ROOM, 'app/examples'))) expect(listed).toContain(`./examples/${file}?raw`)
  })

  it('names no other host in its own sources', () => {
    for (const file of readdirSync(join(ROOM, 'app')).filter((name) => /\.(tsx?|css|html)$/.test(name))) {
      expect(readFileSync(join(ROOM, 'app', file), 'utf8'), file).not.toMatch(/https?:\/\/(?!www\.w3\.org)/)
    }
  })
})
