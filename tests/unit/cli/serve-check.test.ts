import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommandLine } from '../../../gateway/cli/run-command-line.ts'

const SUBGRAPHS = resolve(import.meta.dirname, '../../../subgraphs')
const MESH = `issuers: [{ issuer: 'https://login.example.com', jwksUrl: 'https://login.example.com/jwks', audience: polyseme }]
subgraphs:
  - { name: billing, url: 'http://127.0.0.1:1/graphql', contracts: billing }
  - { name: legacy, url: 'http://127.0.0.1:1/graphql', sdl: legacy.graphql }
governance: governance.yaml
`

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'polyseme-serve-check-'))
  await writeFile(join(folder, 'mesh.yaml'), MESH)
  await cp(join(SUBGRAPHS, 'billing'), join(folder, 'billing'), { recursive: true })
})

afterAll(() => rm(folder, { recursive: true }))

async function check(): Promise<{ readonly code: number; readonly lines: readonly string[] }> {
  const lines: string[] = []
  const write = (line: string): void => void lines.push(...line.split('\n'))
  const code = await runCommandLine(['serve', '--config', 'mesh.yaml', '--check'], { out: write, err: write, env: {}, cwd: folder, signal: new AbortController().signal })
  return { code, lines: lines.map((line) => line.replaceAll(`${folder}/`, '')) }
}

describe('polyseme serve --check', () => {
  it('reads what the file names too, and reports all that is wrong with it', async () => {
    await writeFile(join(folder, 'governance.yaml'), 'severities: { descriptons-present: error }\nexemption: []\n')
    const { code, lines } = await check()
    expect(code).toBe(1)
    expect(lines).toEqual([
      'error config-file: the schema of subgraph legacy: there is no file legacy.graphql',
      expect.stringMatching(/^governance\.yaml:1:1 error governance-file: `exemption` is no key of the file/),
      expect.stringContaining('use severities,'),
      expect.stringMatching(/^governance\.yaml:1:1 error governance-file: there is no rule `descriptons-present`/),
      expect.stringMatching(/^ {2}how: the rules are owner-named, /),
      'error CONFIG_INVALID: the files that mesh.yaml names have 3 findings',
    ])
  })

  it('finds nothing where nothing is wrong', async () => {
    await writeFile(join(folder, 'governance.yaml'), 'severities: { descriptions-present: error }\n')
    await writeFile(join(folder, 'legacy.graphql'), 'type Query { a: Int }')
    expect(await check()).toEqual({ code: 0, lines: ['mesh.yaml: 2 subgraphs, 1 issuers, no findings'] })
  })
})
