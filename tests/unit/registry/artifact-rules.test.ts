import { describe, expect, it } from 'vitest'
import { checkPublish, formatChanges, formatReportMarkdown, formatReportText, type CheckReport, type OperationUsage, type RegistryCaller, type SubgraphArtifact } from '../../../gateway/registry/index.ts'
import { everything, openService, verbatim as artifact } from './registry-fixtures.ts'

async function faultsOf(one: SubgraphArtifact): Promise<readonly string[]> {
  await using opened = await openService()
  return (await checkPublish({ artifact: one }, opened.environment)).findings.filter(({ severity }) => severity === 'error').map(({ rule }) => rule)
}

describe('artefact rules', () => {
  it.each(['file:///etc/passwd', 'ftp://x/', 'http://169.254.169.254/latest/meta-data', 'http://2852039166/', 'http://0xa9fea9fe/', 'http://[fe80::1]/', 'http://[::ffff:169.254.169.254]/', 'http://metadata.google.internal/', 'http://0.0.0.0:4001/', 'https://user:secret@sales.example.com/', 'not a url'])('R06 F18 refuses the routing URL %s', async (url) => {
    expect(await faultsOf(artifact('sales', 'type Query { a: Int }', url))).toEqual(['routing-url'])
  })

  it.each(['http://127.0.0.1:4001/graphql', 'https://sales.example.com/graphql', 'http://10.1.2.3:80/', 'http://[::1]:4001/'])('accepts the routing URL %s', async (url) => {
    expect(await faultsOf(artifact('sales', 'type Query { a: Int }', url))).toEqual([])
  })

  it.each(['"\u202Ehidden" type Query { a: Int }', 'type Query { a: Int } # \u0007', 'type Query { a\u200B: Int }'])('R12 refuses hidden characters: %j', async (sdl) => {
    expect(await faultsOf(artifact('sales', sdl))).toContain('hidden-characters')
  })

  it('R12 refuses names of introspection and odd domain names', async () => {
    expect(await faultsOf(artifact('sales', 'type Query { __a: Int }'))).toContain('reserved-name')
    expect(await faultsOf(artifact('Sales\n', 'type Query { a: Int }'))).toContain('artifact-name')
  })

  it.each(['access', 'catalog', 'crosswalk', 'lexicon'])('refuses %s, which is the gateway\'s own', async (name) => {
    expect(await faultsOf(artifact(name, 'type Query { a: Int }'))).toEqual(['reserved-name'])
  })

  it.each([['type Query {', 'Syntax Error: Expected Name, found <EOF>.', 13], ['# nothing', 'Syntax Error: Unexpected <EOF>.', 10]])('a schema that is no GraphQL is a finding with its place: %s', async (sdl, what, column) => {
    await using opened = await openService()
    for (const naming of ['verbatim', 'qualified'] as const) {
      const { verdict, findings } = await opened.service.check(everything, { artifact: { ...artifact('sales', ''), sdl, naming } })
      expect(verdict).toBe('fail')
      expect(findings).toEqual([{ rule: 'sdl-syntax', severity: 'error', what, how: 'correct the GraphQL text at this place', position: { file: 'sales.graphql', line: 1, column } }])
    }
  })

  it('R05 refuses 10 MB and 100,000 types before composing anything', async () => {
    expect(await faultsOf(artifact('sales', `type Query { a: Int } # ${'x'.repeat(10_000_000)}`))).toEqual(['sdl-size'])
    expect(await faultsOf(artifact('sales', Array.from({ length: 100_000 }, (_, index) => `type T${index} { a: Int }`).join('\n')))).toEqual(['sdl-size'])
  })
})

describe('registry service', () => {
  it('R01 refuses a publish without the domain\'s right', async () => {
    await using opened = await openService()
    const salesOnly: RegistryCaller = { ...everything, actor: 'bob', consumers: ['bob'], may: (action, domain) => action === 'read' || domain === 'sales' }
    await expect(opened.service.publish(salesOnly, { artifact: artifact('billing', 'type Query { a: Int }'), basedOn: 0, message: 'm' })).rejects.toMatchObject({ code: 'FORBIDDEN', message: 'you may not publish the domain "billing": that takes the scope billing:publish, where the mesh\'s policies say nothing else' })
    expect(await opened.service.publish(salesOnly, { artifact: artifact('sales', 'type Query { a: Int }'), basedOn: 0, message: 'm' })).toMatchObject({ kind: 'deployed' })
  })

  it.each([['escape codes', '\u001B[31mred'], ['a bell', 'first\u0007'], ['another direction', '\u202Etxet'], ['10,001 characters', 'x'.repeat(10_001)]])('R12 X03 refuses a message with %s', async (_what, message) => {
    await using opened = await openService()
    const plain = artifact('sales', 'type Query { a: Int }')
    const refused = { code: 'BAD_USER_INPUT', message: expect.stringMatching(/^a (message|reason) /) as string }
    await expect(opened.service.publish(everything, { artifact: plain, basedOn: 0, message })).rejects.toMatchObject(refused)
    expect(await opened.service.publish(everything, { artifact: plain, basedOn: 0, message: 'as a commit has it\n\n- 👩‍💻 with\ttabs' })).toMatchObject({ kind: 'deployed' })
    await expect(opened.service.retire(everything, { subgraph: 'sales', reason: message })).rejects.toMatchObject(refused)
    await expect(opened.service.rollback(everything, { reason: message })).rejects.toMatchObject(refused)
    await expect(opened.service.approve(everything, { subgraph: 'sales', hash: 'a'.repeat(64), reason: message })).rejects.toMatchObject(refused)
    await expect(opened.service.promote(everything, { reason: message })).rejects.toMatchObject(refused)
    await expect(opened.service.endCanary(everything, { reason: message })).rejects.toMatchObject(refused)
  })

  it('the history of a domain has the steps of the whole graph that changed it; one of an unknown domain is an error', async () => {
    await using opened = await openService()
    const { service } = opened
    await service.publish(everything, { artifact: artifact('sales', 'type Query { a: Int }'), basedOn: 0, message: 'sales joins' })
    await service.publish(everything, { artifact: artifact('billing', 'type Query { b: Int }'), basedOn: 0, message: 'billing joins' })
    await service.publish(everything, { artifact: artifact('billing', 'type Query { b: Int c: Int }'), basedOn: 1, message: 'c' })
    await service.rollback(everything, { toSequence: 1, reason: 'all of it' })
    const reasonsOf = async (subgraph: string, limit = 20): Promise<readonly string[]> => (await service.history(everything, { subgraph, limit })).map(({ reason }) => reason)
    expect(await reasonsOf('billing')).toEqual(['all of it', 'c', 'billing joins'])
    expect(await reasonsOf('sales')).toEqual(['sales joins'])
    expect(await reasonsOf('billing', 1)).toEqual(['all of it'])
    expect((await service.history(everything, { subgraph: 'billing', limit: 1, before: 4 })).map(({ sequence }) => sequence)).toEqual([3])
    await expect(service.history(everything, { subgraph: 'biling', limit: 1 })).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'the registry has no domain "biling"' })
    await expect(service.history(everything, { subgraph: 'sale', limit: 1 })).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'the registry has no domain "sale"; did you mean sales?' })
    await expect(service.subgraph(everything, { subgraph: 'sale' })).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'the registry has no domain "sale"; did you mean sales?' })
  })

  it('G15 shows what a domain published only to who may look into it; that there is nothing yet, everybody may know', async () => {
    await using opened = await openService()
    await opened.service.publish(everything, { artifact: artifact('sales', 'type Query { a: Int }'), basedOn: 0, message: 'm' })
    const stranger: RegistryCaller = { ...everything, actor: 'eve', consumers: ['eve'], may: (action) => action === 'read' }
    await expect(opened.service.subgraph(stranger, { subgraph: 'sales' })).rejects.toMatchObject({ code: 'FORBIDDEN', message: 'you may not look into the domain "sales": that takes the right to read its data, to publish or to approve' })
    await expect(opened.service.supergraph(stranger, {})).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(opened.service.subgraph(stranger, { subgraph: 'shipping' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await opened.service.history(stranger, { limit: 1 })).toHaveLength(1)
  })

  it('a canary with policies of its own is refused: they would hold for everybody or for nobody', async () => {
    await using opened = await openService()
    const plain = artifact('sales', 'type Query { a: Int }')
    const forbids = { ...artifact('sales', 'type Query { a: Int b: Int }'), policies: [{ path: 'policies/b.cedar', text: 'forbid (principal, action, resource);' }] }
    await opened.service.publish(everything, { artifact: plain, basedOn: 0, message: 'm' })
    const refused = await opened.service.publish(everything, { artifact: forbids, basedOn: 1, message: 'm', canaryPercent: 10 })
    expect(refused).toMatchObject({ kind: 'refused', report: { verdict: 'fail' } })
    expect(refused.kind === 'refused' ? refused.report.findings.at(-1)?.rule : refused.kind).toBe('canary-policies')
    expect(await opened.service.publish(everything, { artifact: { ...plain, policies: forbids.policies }, basedOn: 1, message: 'm' })).toMatchObject({ kind: 'deployed' })
    expect(await opened.service.publish(everything, { artifact: forbids, basedOn: 2, message: 'm', canaryPercent: 10 })).toMatchObject({ kind: 'deployed', deployment: { channel: 'canary' } })
  })

  it('a canary is not pushed aside by that of another domain, only by the next of its own', async () => {
    await using opened = await openService()
    const { service } = opened
    await service.publish(everything, { artifact: artifact('support', 'type Query { s: Int }'), basedOn: 0, message: 'm' })
    await service.publish(everything, { artifact: artifact('sales', 'type Query { a: Int }'), basedOn: 0, message: 'm', canaryPercent: 10 })
    const other = { artifact: artifact('billing', 'type Query { b: Int }'), basedOn: 0, message: 'm', canaryPercent: 10 }
    await expect(service.publish(everything, other)).rejects.toMatchObject({ code: 'REGISTRY_CONFLICT', message: 'a canary of "sales" is running (step 2), and there is one at a time; whoever may publish there promotes or ends it first' })
    expect(await service.publish(everything, { artifact: artifact('sales', 'type Query { a: Int c: Int }'), basedOn: 1, message: 'm', canaryPercent: 20 })).toMatchObject({ kind: 'deployed' })
    await service.endCanary(everything, { reason: 'r' })
    expect(await service.publish(everything, other)).toMatchObject({ kind: 'deployed', deployment: { channel: 'canary' } })
  })

  it('R02 a field taken over from another domain needs the approval of that domain, not of the one that takes it', async () => {
    await using opened = await openService()
    await opened.service.publish(everything, { artifact: artifact('sales', 'type Query { a: Int }'), basedOn: 0, message: 'm' })
    const taking = artifact('billing', 'type Query { a: Int @override(from: "sales") b: Int }')
    const refused = await opened.service.publish(everything, { artifact: taking, basedOn: 0, message: 'm' })
    expect(refused).toMatchObject({ kind: 'refused', report: { verdict: 'needs-approval', changes: expect.arrayContaining([expect.objectContaining({ kind: 'field-taken-over', coordinate: 'Query.a' })]) as unknown } })
    const { hash, awaiting } = (refused as { report: CheckReport }).report
    expect(awaiting).toEqual(['sales'])
    await opened.service.approve({ ...everything, may: (_action, domain) => domain === 'billing' }, { subgraph: 'billing', hash, reason: 'we want it' })
    expect(await opened.service.publish(everything, { artifact: taking, basedOn: 0, message: 'm' })).toMatchObject({ kind: 'refused', report: { awaiting: ['sales'] } })
    await opened.service.approve(everything, { subgraph: 'sales', hash, reason: 'agreed' })
    expect(await opened.service.publish(everything, { artifact: taking, basedOn: 0, message: 'm' })).toMatchObject({ kind: 'deployed' })
  })

  it.each([
    ['import: [{ name: "@override", as: "@mine" }]', '@mine(from: "sales")'],
    ['as: "fed"', '@fed__override(from: "sales")'],
    ['import: []', '@federation__override(from: "sales")'],
  ])('R02 sees a take-over under another name: %s', async (link, directive) => {
    await using opened = await openService()
    await opened.service.publish(everything, { artifact: artifact('sales', 'type Query { a: Int }'), basedOn: 0, message: 'm' })
    const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", ${link}) type Query { a: Int ${directive} b: Int }`
    expect(await opened.service.check(everything, { artifact: { ...artifact('billing', ''), sdl } })).toMatchObject({ verdict: 'needs-approval', awaiting: ['sales'] })
  })

  it('R03 refuses a type of another domain', async () => {
    await using opened = await openService()
    await opened.service.publish(everything, { artifact: artifact('sales', 'type Query { a: SalesCustomer } type SalesCustomer @key(fields: "id") { id: ID! name: String }'), basedOn: 0, message: 'm' })
    expect(await opened.service.publish(everything, { artifact: artifact('billing', 'type Query { b: Int } type SalesCustomer @key(fields: "id") { id: ID! balance: Float }'), basedOn: 0, message: 'm' })).toMatchObject({ kind: 'refused', report: { verdict: 'fail' } })
  })

  it('R04 dropping a scope needs an approval of exactly this content', async () => {
    await using opened = await openService()
    await opened.service.publish(everything, { artifact: artifact('sales', 'type Query { a: Int @requiresScopes(scopes: [["sales:read"]]) }'), basedOn: 0, message: 'm' })
    const open = artifact('sales', 'type Query { a: Int }')
    const report = await opened.service.check(everything, { artifact: open })
    expect(report).toMatchObject({ verdict: 'needs-approval', changes: [{ kind: 'scope-weakened', coordinate: 'Query.a' }] })
    await opened.service.approve(everything, { subgraph: 'sales', hash: report.hash, reason: 'public by decision 7' })
    expect(await opened.service.publish(everything, { artifact: artifact('sales', 'type Query { a: Int b: Int }'), basedOn: 1, message: 'another content' })).toMatchObject({ kind: 'refused' })
    expect(await opened.service.publish(everything, { artifact: open, basedOn: 1, message: 'the approved one' })).toMatchObject({ kind: 'deployed' })
  })

  it('refuses what breaks an operation that a consumer runs, and lets pass what nobody uses', async () => {
    const usage: OperationUsage = { name: 'Dashboard', hash: 'h', consumer: 'bi-service', coordinates: new Set(['Query.a']), calls: 412, lastSeenAt: '2026-01-01' }
    await using opened = await openService([usage])
    await opened.service.publish(everything, { artifact: artifact('sales', 'type Query { a: Int b: Int c: Int }'), basedOn: 0, message: 'm' })
    expect(await opened.service.publish(everything, { artifact: artifact('sales', 'type Query { a: Int c: Int }'), basedOn: 1, message: 'nobody uses b' })).toMatchObject({ kind: 'deployed' })
    const refused = await opened.service.check(everything, { artifact: artifact('sales', 'type Query { c: Int }') })
    expect(formatReportText(refused)).toBe([
      'Changes that matter (1)',
      '  breaking Query.a: Field "a" was removed from object type "Query"',
      '    instead: deprecate the field with a date and a replacement, and remove it when nobody asks for it any more',
      '',
      'Operations that would break (last 30 days) (1)',
      '  Dashboard of bi-service, 412 calls: Query.a',
      '',
      'sales: would break operations that consumers run',
    ].join('\n'))
    expect(formatReportMarkdown(refused)).toContain('| `Dashboard` | `bi-service` | 412 | `Query.a` |')
  })

  it('errors come first, and a comment of a pull request stays within its bounds and says how to approve', () => {
    const findings = [...Array.from({ length: 60 }, (_, index) => ({ rule: 'r', severity: 'warning' as const, what: `warning ${index}` })), { rule: 'r', severity: 'error' as const, what: 'the error' }]
    const report: CheckReport = { subgraph: 'sales', basedOn: 0, hash: 'h', findings, changes: [], affected: [], deprecatedUses: [], usageDays: 30, awaiting: ['billing'], verdict: 'needs-approval' }
    expect(formatReportText(report).split('\n').slice(0, 3)).toEqual(['Findings (61)', '  error r: the error', '  warning r: warning 0'])
    const lines = formatReportMarkdown(report).trimEnd().split('\n')
    expect(lines[4]).toContain('the error')
    expect(lines.slice(-4)).toEqual(['', '… and 21 more', '', 'Somebody who may approve for `billing` accepts it with `polyseme approve billing h --reason …`'])
    expect(formatReportMarkdown({ ...report, verdict: 'fail' })).not.toContain('polyseme approve')
  })

  it('changes are told worst first, and once for all that a contract derives from a field', () => {
    const change = (severity: 'safe' | 'dangerous' | 'breaking', coordinate: string, weakensProtection = false) => ({ kind: 'k', severity, weakensProtection, coordinate, message: `${coordinate} changed` })
    expect(formatChanges([
      change('safe', 'SalesOrder.added'), change('safe', 'SalesOrderWhere.added'), change('breaking', 'SalesOrder.note'), change('breaking', 'SalesOrderWhere.note'),
      change('breaking', 'SalesOrderGroup.note'), change('dangerous', 'SalesStatus.NEW'), change('safe', 'SalesOrder.email', true),
    ])).toEqual([
      'weakens protection  SalesOrder.email changed',
      'breaking  SalesOrder.note changed (and with it 2 places in its filters, sorts and aggregates)',
      'dangerous  SalesStatus.NEW changed',
      'safe  SalesOrder.added changed (and with it 1 place in its filters, sorts and aggregates)',
    ])
  })

  it('R11 text of a domain stays text in a pull request', () => {
    const report: CheckReport = { subgraph: 'sales', basedOn: 0, hash: 'h', findings: [{ rule: 'r', severity: 'error', what: '`<script>alert(1)</script>` | **bold**\n# title' }], changes: [], affected: [], deprecatedUses: [], usageDays: 30, awaiting: [], verdict: 'fail' }
    expect(formatReportMarkdown(report)).toContain('| error | `r` | ` <script>alert(1)</script>  \\| **bold** # title` |  |')
  })
})
