import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { AccessDatabase, AgreementStore, PersonalTokenStore } from '../../../gateway/access/index.ts'
import { runCommandLine } from '../../../gateway/cli/run-command-line.ts'
import { AuditLog } from '../../../gateway/usage/index.ts'
import { WITH_AGREEMENT } from '../../access/policies/policy-fixture.ts'

let dataDir: string

interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

async function run(...argv: string[]): Promise<Outcome> {
  const out: string[] = []
  const err: string[] = []
  const code = await runCommandLine([...argv, '--data-dir', dataDir], { out: (line) => out.push(line), err: (line) => err.push(line), env: {}, cwd: import.meta.dirname, signal: new AbortController().signal })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'polyseme-cli-'))
  using database = new AccessDatabase({ file: join(dataDir, 'access.db') })
  const store = new AgreementStore(database)
  store.usePeopleIssuer('https://issuer.test')
  store.useProducts(WITH_AGREEMENT.map((product) => ({ ...product, contract: { ...product.contract, team: { members: [{ username: 'olga', role: 'owner' }] } } })))
})

const REQUEST = ['access', 'request', '--product', 'closed/people', '--consumer', 'bi', '--person', 'ana', '--purpose', 'fraud', '--use-case', 'Find payers that exist twice.', '--by', 'ana']
const nextYear = `${new Date().getUTCFullYear() + 1}-01-15`

describe('polyseme access explain', () => {
  it.each([
    ['{ sales { customers(', 'GRAPHQL_PARSE_FAILED'],
    ['{ sales { custmers { nodes { name } } } }', 'GRAPHQL_VALIDATION_FAILED'],
  ])('says in one line what is wrong with %s', async (query, code) => {
    const file = join(dataDir, 'query.graphql')
    await writeFile(file, query)
    const { code: exit, err } = await run('access', 'explain', '--as', 'analyst', '--query', file)
    expect(exit).toBe(1)
    expect(err).toMatch(new RegExp(`^error ${code}: [^\\n]+$`))
  })

  it('says of a domain that its files do not have where to ask, and changes nothing of the gateway\'s', async () => {
    const file = join(dataDir, 'query.graphql')
    await writeFile(file, '{ shop { orders { totalCount } } }')
    expect((await run('access', 'explain', '--as', 'analyst', '--query', file)).err).toContain('of a domain that was published ask the running gateway, `{ access { explain(coordinates: ["Type.field"]) {')
    await writeFile(file, '{ sales { customers { totalCount } } }')
    expect((await run('access', 'explain', '--as', 'analyst', '--query', file)).code).toBe(0)
    expect((await run(...REQUEST, '--until', nextYear)).err, 'a purpose that only the explained mesh lacks').toBe('')
  })
})

describe('polyseme access', () => {
  it('requests, lists, approves and revokes', async () => {
    const requested = await run(...REQUEST, '--until', nextYear)
    expect(requested).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/^ag-[0-9a-f]{10} {2}requested {2}closed\/people for bi \(ana\), fraud, until .*\n {2}Find payers that exist twice\.\n {2}requested by ana on .*\n {2}waits for olga$/) })
    const id = requested.out.split(' ')[0] ?? ''
    expect(await run('access', 'approve', id, '--by', 'ana')).toEqual({ code: 1, out: '', err: 'error FORBIDDEN: ana does not own closed/people; its owners are olga.' })
    expect((await run('access', 'approve', id, '--by', 'olga', '--reason', 'agreed')).out).toMatch(/approved by olga on \d{4}-\d\d-\d\d \(agreed\)$/)
    expect((await run('access', 'list', '--state', 'approved')).out).toContain(id)
    expect((await run('access', 'revoke', id, '--by', 'olga')).code).toBe(0)
    expect((await run('access', 'list', '--state', 'approved')).out).toBe('no agreements')
    expect(JSON.parse((await run('access', 'list', '--product', 'closed/people', '--json')).out)).toMatchObject([{ id, state: 'revoked', history: [{ kind: 'requested' }, { kind: 'approved' }, { kind: 'revoked' }] }])
  })

  it('says what is missing or wrong in one line', async () => {
    expect(await run(...REQUEST)).toEqual({ code: 2, out: '', err: 'error COMMAND_INVALID: `polyseme access request` needs --until' })
    expect(await run(...REQUEST, '--until', '2020-01-01')).toMatchObject({ code: 1, err: expect.stringContaining('error BAD_USER_INPUT: The until of the request') })
    expect(await run('access', 'reject', 'ag-nothing', '--by', 'olga')).toEqual({ code: 1, out: '', err: 'error NOT_FOUND: There is no agreement ag-nothing.' })
  })
})

describe('polyseme tokens', () => {
  it('makes, lists and revokes a personal token', async () => {
    const made = await run('tokens', 'create', 'Excel', '--issuer', 'https://issuer.test', '--subject', 'ana', '--scope', 'hr:read', '--role', 'analyst', '--days', '30')
    expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^polyseme_[0-9a-f]{16}_[\w-]{43}$/), err: expect.stringContaining('it is not shown again') })
    using database = new AccessDatabase({ file: join(dataDir, 'access.db'), lookEveryMs: 0 })
    const store = new PersonalTokenStore(database)
    expect(store.find(made.out)).toMatchObject({ principal: { subject: 'ana', roles: ['analyst'], scopes: new Set(['hr:read']) } })
    const id = made.out.split('_')[1] ?? ''
    const listed = await run('tokens', 'list')
    expect(listed.out).toContain(`${id}  valid    ana  "Excel"  hr:read`)
    expect(listed.out).not.toContain(made.out.split('_').slice(2).join('_'))
    expect(await run('tokens', 'revoke', id)).toEqual({ code: 0, out: 'revoked', err: '' })
    expect(store.find(made.out)).toBeUndefined()
  })

  it('revokes a person\'s tokens and one token of an issuer', async () => {
    await run('tokens', 'revoke', '--issuer', 'https://issuer.test', '--subject', 'ana')
    await run('tokens', 'revoke', '--issuer', 'https://issuer.test', '--token-id', 'j1')
    expect((await run('tokens', 'list')).out).toMatch(/revoked subject ana of https:\/\/issuer\.test, tokens from before .*\nrevoked token j1 of https:\/\/issuer\.test/)
    expect((await run('tokens', 'revoke')).code).toBe(2)
    expect((await run('tokens', 'create', 'x', '--scope', 'a')).code).toBe(2)
  })
})

describe('polyseme audit verify', () => {
  it('does not call a log intact that is not there', async () => {
    const { code, err } = await run('audit', 'verify')
    expect(code).toBe(1)
    expect(err).toMatch(/^error NOT_FOUND: there is no audit log in .*audit; --data-dir names the data directory of the gateway/)
  })

  it('tells a log that has no records yet from one whose files are gone', async () => {
    const dir = join(dataDir, 'audit')
    const log = await AuditLog.open({ dir })
    await log.close()
    expect(await run('audit', 'verify')).toMatchObject({ code: 0, out: 'no records: the log was begun, and nothing has been written to it' })
    await rm(join(dir, 'audit-000001.jsonl'))
    const { code, err } = await run('audit', 'verify')
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/^error NOT_FOUND: .*audit has no file of the log, though a gateway makes one when it starts: they were removed/) as string })
  })

  it('prints the head of a whole log, and finds a shortened one by it', async () => {
    const dir = join(dataDir, 'audit')
    await using log = await AuditLog.open({ dir })
    const entry = { at: '', requestId: 'r', way: 'graphql', issuer: 'i', subject: 's', operation: 'o', products: [], fields: {}, masked: [], denied: [], outcome: 'answered' } as const
    await log.append(entry)
    const { code, out } = await run('audit', 'verify')
    expect({ code, out }).toEqual({ code: 0, out: `intact: 1 records in 1 files, head 1:${log.head.hash}` })
    expect((await run('audit', 'verify', '--head', `1:${log.head.hash}`)).code).toBe(0)
    expect(await run('audit', 'verify', '--head', `2:${log.head.hash}`)).toMatchObject({ code: 1, out: expect.stringContaining('broken: good up to record 1') })
    expect((await run('audit', 'verify', '--head', 'x')).code).toBe(2)
    await appendFile(join(dir, 'audit-000001.jsonl'), 'x\n')
    expect(await run('audit', 'verify', '--json')).toMatchObject({ code: 1, out: expect.stringContaining('"kind": "broken"') })
  })
})
