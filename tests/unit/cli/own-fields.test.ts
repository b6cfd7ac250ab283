import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommandLine } from '../../../gateway/cli/run-command-line.ts'

const SUPPORT = join(import.meta.dirname, '../../../subgraphs/support')
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'polyseme-own-fields-'))
  await mkdir(join(folder, 'support'))
  await copyFile(join(SUPPORT, 'customers.odcs.yaml'), join(folder, 'support/customers.odcs.yaml'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

async function run(schema: string, ...argv: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  await writeFile(join(folder, 'support/extensions.graphql'), schema)
  const out: string[] = []
  const err: string[] = []
  const code = await runCommandLine(argv, { out: (line) => out.push(line), err: (line) => err.push(line), env: {}, cwd: folder, signal: new AbortController().signal })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

const WRONG = 'extend type SupportCustomer {\n  initials: Strin @needs(fields: "fullNam")\n}\n'
const RIGHT = 'extend type SupportCustomer {\n  initials: String @needs(fields: "fullName")\n}\n'

describe('a domain with fields of its own', () => {
  it('is shown every mistake in them with its place', async () => {
    const file = join(folder, 'support/extensions.graphql')
    expect(await run(WRONG, 'subgraph', 'sdl', 'support')).toEqual({
      code: 1,
      out: '',
      err: `${file}:2:19 error extension-needs-unknown: \`SupportCustomer\` has no property \`fullNam\`
  how: write \`fullName\`
${file}:2:13 error extension-type-unknown: there is no type \`Strin\`
  how: write \`String\``,
    })
    expect((await run(WRONG, 'contract', 'types', 'support')).code).toBe(1)
    expect((await run(WRONG, 'promises', 'support')).code).toBe(1)
  })

  it('sees them in its schema and gets types for their resolvers', async () => {
    expect((await run(RIGHT, 'subgraph', 'sdl', 'support')).out).toMatch(/extend type SupportCustomer \{\n {2}initials: String\n\}$/)
    expect(await run(RIGHT, 'contract', 'types', 'support', '--out', 'support/contract-types.ts')).toEqual({ code: 0, out: '', err: '' })
    expect(await readFile(join(folder, 'support/contract-types.ts'), 'utf8')).toContain(
      "readonly initials: (row: Pick<SupportCustomer, 'fullName'>, args: Readonly<Record<string, never>>, context: ExtensionContext<SupportObjects>) => string | null | Promise<string | null>",
    )
  })

  it('does not serve before each has its resolver', async () => {
    const { code, err } = await run(RIGHT, 'subgraph', 'serve', 'support')
    expect([code, err.split('\n')[0]]).toEqual([1, expect.stringContaining('error extension-code-missing: nothing answers the fields of this file')])
  })
})
