import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startDemoMesh } from '../testkit/demo-mesh.ts'

const README = resolve(import.meta.dirname, '../../README.md')

function blockOf(text: string, language: string): string {
  const block = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(text)?.[1]
  if (block === undefined) throw new TypeError(`the README has no ${language} block`)
  return block
}

describe('README', () => {
  it('shows the first query with the answer that the demo gives', async () => {
    const text = await readFile(README, 'utf8')
    await using mesh = await startDemoMesh({ scale: 1 })
    const answer = await mesh.ask(blockOf(text, 'graphql'), { as: 'analyst' })
    expect(answer.errors).toEqual([])
    const shown = blockOf(text, 'json')
    if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(README, text.replace(shown, () => `${JSON.stringify({ data: answer.data }, null, 2)}\n`))
    else expect({ data: answer.data }).toEqual(JSON.parse(shown))
  })

  it('quotes a policy that is in force', async () => {
    const quoted = blockOf(await readFile(README, 'utf8'), 'cedar')
    expect(await readFile(resolve(README, '../subgraphs/support/policies/contacts.cedar'), 'utf8')).toContain(quoted)
  })

  it('names only files that are there', async () => {
    const text = await readFile(README, 'utf8')
    const links = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path]) => path ?? '')
    expect(links.length).toBeGreaterThan(5)
    for (const link of links) await expect(readFile(resolve(README, '..', link)).then(() => 'file', (error: NodeJS.ErrnoException) => error.code), link).resolves.toMatch(/^(file|EISDIR)$/)
  })
})
