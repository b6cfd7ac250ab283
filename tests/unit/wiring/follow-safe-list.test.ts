import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { followSafeList } from '../../../gateway/wiring/follow-safe-list.ts'
import { eventually } from '../../testkit/eventually.ts'

let folder: string
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'polyseme-safe-list-')) })
afterEach(async () => await rm(folder, { recursive: true }))

const RIGHT = '{ sales { customers { totalCount } } }'

it('a document that is cut off leaves the last good list in force, and the log says why', async () => {
  const errors: string[] = []
  const log = { info: () => undefined, warn: () => undefined, error: (_message: string, fields?: Readonly<Record<string, unknown>>) => void errors.push(String(fields?.['finding'])) }
  await writeFile(join(folder, 'a.gql'), RIGHT)
  using list = await followSafeList({ paths: [folder], log, pollMs: 10 })
  await writeFile(join(folder, 'b.gql'), '{ sales { broken')
  await eventually(() => Promise.resolve(expect(errors.join()).toContain('b.gql: its document is no GraphQL: Syntax Error')))
  expect([list.current().isRegistered(RIGHT), list.current().size]).toEqual([true, 1])
  await writeFile(join(folder, 'b.gql'), '{ billing { invoices { totalCount } } }')
  await eventually(() => Promise.resolve(expect(list.current().size).toBe(2)))
})

it('does not begin with a list that cannot be read', async () => {
  await writeFile(join(folder, 'a.gql'), '{ sales { broken')
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
  await expect(followSafeList({ paths: [folder], log })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})
