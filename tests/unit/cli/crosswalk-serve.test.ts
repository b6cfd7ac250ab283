import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommandLine } from '../../../gateway/cli/run-command-line.ts'
import { eventually } from '../../testkit/eventually.ts'

const ISSUERS = 'issuers: [{ issuer: "http://127.0.0.1:1", audience: a, jwksUrl: "http://127.0.0.1:1/jwks" }]'

let folder: string

beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'polyseme-crosswalk-serve-'))))
afterAll(async () => await rm(folder, { recursive: true }))

describe('polyseme crosswalk serve', () => {
  it('says that there is nothing to serve without a lexicon and a registry', async () => {
    await writeFile(join(folder, 'bare.yaml'), `${ISSUERS}\nsubgraphs: [{ name: shops, url: "http://127.0.0.1:1/graphql", sdl: shops.graphql }]\n`)
    const lines: string[] = []
    const write = (line: string): void => void lines.push(line)
    expect(await runCommandLine(['crosswalk', 'serve', '--config', 'bare.yaml'], { out: write, err: write, env: {}, cwd: folder, signal: new AbortController().signal })).toBe(1)
    expect(lines.join('\n')).toContain('neither a lexicon nor a registry')
  })

  it('serves a mesh that has a registry alone, and ends when it is told to', { timeout: 60_000 }, async () => {
    await writeFile(join(folder, 'mesh.yaml'), `${ISSUERS}\nregistry: { file: registry.sqlite }\n`)
    const lines: string[] = []
    const stop = new AbortController()
    const ended = runCommandLine(['crosswalk', 'serve', '--config', 'mesh.yaml', '--port', '0'], { out: (line) => void lines.push(line), err: () => undefined, env: {}, cwd: folder, signal: stop.signal })
    await eventually(() => Promise.resolve(expect(lines[0]).toMatch(/^ready http:/)))
    const url = lines[0]?.slice('ready '.length) ?? ''
    for (const [path, status] of [['graphql', 401], ['authorize', 401], ['subgraphs/shops/graphql', 404], ['health/ready', 200]] as const) {
      const response = await fetch(`${url}/${path}`)
      await response.body?.cancel()
      expect(response.status, path).toBe(status)
    }
    stop.abort()
    expect(await ended).toBe(0)
  })
})
