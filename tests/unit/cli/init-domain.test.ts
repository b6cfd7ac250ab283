import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCommandLine } from '../../../gateway/cli/run-command-line.ts'
import { writeRunFile } from '../../../gateway/cli/run-file.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'polyseme-init-'))
  await writeFile(join(folder, 'parcels.csv'), 'parcel_id,city\n1,Ghent\n2,Turin\n')
})
afterEach(async () => await rm(folder, { recursive: true, force: true }))

async function init(argv: readonly string[], env: Readonly<Record<string, string>> = {}, file = 'parcels.csv'): Promise<{ readonly code: number; readonly lines: readonly string[] }> {
  const lines: string[] = []
  const write = (line: string): void => void lines.push(line)
  const code = await runCommandLine(['init', 'domain', ...argv, '--from', file], { out: write, err: write, env, cwd: folder, signal: new AbortController().signal })
  return { code, lines: lines.slice(lines.indexOf('next:') + 1) }
}

const PUBLISH = 'publish shipping --url http://127.0.0.1:4105/graphql --message "shipping joins the graph"'

describe('polyseme init domain', () => {
  it.each(['access', 'catalog', 'crosswalk', 'lexicon', 'gateway', 'registry', 'polyseme'])('makes nothing for the reserved name %s', async (name) => {
    expect(await init([name])).toMatchObject({ lines: [expect.stringContaining(`the domain name "${name}" is reserved`) as string] })
    expect(await readdir(folder)).toEqual(['parcels.csv'])
  })

  it.each([['日本.csv', 'shipping'], ['my parcels (1).csv', 'my-parcels-1'], ['_.csv', 'shipping']])('makes a name for the product of %s', async (file, product) => {
    await writeFile(join(folder, file), 'parcel_id,city\n1,Ghent\n2,Turin\n')
    expect((await init(['shipping'], {}, file)).code).toBe(0)
    const contract = await readFile(join(folder, `shipping/${product}.odcs.yaml`), 'utf8')
    expect(contract).toContain(`\nname: ${product}\n`)
    expect(contract).toContain('\n# REVIEW: is this who answers for it?\nteam:')
    expect(contract).not.toContain('add `members`')
  })

  it('prints the next commands for a gateway of one\'s own, with what has to be known of it', async () => {
    expect(await init(['shipping'])).toEqual({ code: 0, lines: [
      '  polyseme subgraph serve shipping --port 4105',
      '  export POLYSEME_REGISTRY=http://127.0.0.1:4000 POLYSEME_TOKEN=…   # your gateway, and a token that has the scope shipping:publish',
      `  polyseme ${PUBLISH}`,
    ] })
  })

  it('prints them as they are when the environment says which gateway and who', async () => {
    const { lines } = await init(['shipping'], { POLYSEME_REGISTRY: 'http://127.0.0.1:1', POLYSEME_TOKEN: 't', npm_command: 'exec' })
    expect(lines).toEqual(['  npx polyseme subgraph serve shipping --port 4105', `  npx polyseme ${PUBLISH}`])
  })

  it('prints them for the demo when it runs, on its data directory', async () => {
    await mkdir(join(folder, 'my data'))
    await writeRunFile(join(folder, 'my data'), { pid: process.pid, gatewayUrl: 'http://127.0.0.1:1', issuerUrl: 'http://127.0.0.1:1', domains: [] })
    const { lines } = await init(['shipping', '--data-dir', 'my data'])
    expect(lines).toEqual(['  polyseme subgraph serve shipping --port 4105 --data-dir \'my data\'', `  polyseme ${PUBLISH} --as steward --data-dir 'my data'`])
  })
})
