import { join } from 'node:path'
import { buildSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import { compareAccess, comparePolicies, compareProducts, compareSchemas, findAffectedOperations, findDeprecatedUses, type GraphChange } from '../../../../gateway/registry/index.ts'
import type { AccessTable, CoordinateAccess } from '../../../../gateway/supergraph/index.ts'
import { expectGolden } from '../../../testkit/golden.ts'
import { PRODUCT_CASES } from './product-cases.ts'
import { SCHEMA_CASES } from './schema-cases.ts'

function print(changes: readonly GraphChange[]): string {
  return changes.map(({ kind, severity, weakensProtection, coordinate, message, how }) =>
    `${severity}${weakensProtection ? ' (weakens protection)' : ''} ${kind} at ${coordinate}\n    ${message}${how === undefined ? '' : `\n    instead: ${how}`}`).join('\n')
}

async function compare(before: string, after: string): Promise<readonly GraphChange[]> {
  return await compareSchemas(buildSchema(before), buildSchema(after))
}

describe('schema changes', () => {
  it('has a message that a person can act on for every kind', async () => {
    const cases = await Promise.all(SCHEMA_CASES.map(async ({ before, after }) => `- ${before.replace(/\s+/g, ' ')}\n+ ${after.replace(/\s+/g, ' ')}\n${print(await compare(before, after))}\n`))
    await expectGolden(join(import.meta.dirname, 'schema-changes.golden.txt'), cases.join('\n'))
  })

  it.each(SCHEMA_CASES.map((one, index) => [index, one.kind, one] as const))('case %i is found as %s', async (_index, kind, { before, after }) => {
    expect((await compare(before, after)).map((change) => change.kind)).toContain(kind)
  })

  it('finds nothing between equal schemas', async () => {
    for (const { before } of SCHEMA_CASES) expect(await compare(before, before)).toEqual([])
  })
})

const PUBLIC: CoordinateAccess = { authenticated: false, scopes: [], policies: [] }
const SIGNED_IN: CoordinateAccess = { authenticated: true, scopes: [], policies: [] }

function scoped(...scopes: string[][][]): CoordinateAccess {
  return { authenticated: false, scopes, policies: [] }
}

function accessChanges(before: CoordinateAccess, after: CoordinateAccess): readonly GraphChange[] {
  const table = (access: CoordinateAccess): AccessTable => new Map([['T.a', access]])
  return compareAccess(table(before), table(after), () => true)
}

const SCOPED: readonly CoordinateAccess[] = [PUBLIC, SIGNED_IN, scoped([['a']]), scoped([['a'], ['b']]), scoped([['b']]), { ...PUBLIC, policies: [[['p']]] }, { ...PUBLIC, policies: [[['p'], ['q']]] }, { ...PUBLIC, policies: [[['r']]] }]
const POLICY_FILE = { path: 'policies/a.cedar', text: 'permit (principal, action, resource);' }

describe('changes of protection and of what contracts promise', () => {
  it('have a message that a person can act on for every kind', async () => {
    const access = SCOPED.flatMap((before) => SCOPED.filter((after) => after !== before).flatMap((after) => accessChanges(before, after)))
    const policies = [comparePolicies('shop', [POLICY_FILE], []), comparePolicies('shop', [POLICY_FILE], [{ ...POLICY_FILE, text: 'forbid (principal, action, resource);' }]), comparePolicies('shop', [], [POLICY_FILE])].flat()
    const products = PRODUCT_CASES.flatMap(({ before, after }) => compareProducts(before, after))
    const ofEachKind = Map.groupBy([...access, ...policies, ...products], ({ kind }) => kind)
    await expectGolden(join(import.meta.dirname, 'protection-changes.golden.txt'), [...ofEachKind.values()].map(([first]) => first === undefined ? '' : `${print([first])}\n`).join('\n'))
    const schema = (await Promise.all(SCHEMA_CASES.map(async ({ before, after }) => await compare(before, after)))).flat()
    const kinds = new Map([...schema, ...ofEachKind.values().flatMap((all) => all)].filter(({ severity, weakensProtection }) => severity !== 'safe' || weakensProtection).map((change) => [change.kind, change]))
    expect(kinds.size).toBeGreaterThanOrEqual(60)
  })

  it.each(PRODUCT_CASES.map((one) => [one.kind, one] as const))('%s is found, and nothing beside it', (kind, { before, after }) => {
    expect(compareProducts(before, after).map((change) => change.kind)).toEqual([kind])
    expect(compareProducts(before, before)).toEqual([])
  })
})

describe('access changes', () => {
  it.each([
    ['authentication-dropped', SIGNED_IN, PUBLIC],
    ['scope-weakened', scoped([['a']]), PUBLIC],
    ['scope-weakened', scoped([['a', 'b']]), scoped([['a']])],
    ['scope-weakened', scoped([['a']]), scoped([['a'], ['b']])],
    ['scope-weakened', scoped([['a']], [['b']]), scoped([['a']])],
    ['policy-weakened', { ...PUBLIC, policies: [[['p']]] }, PUBLIC],
  ] as const)('R04 %s weakens protection and needs approval', (kind, before, after) => {
    expect(accessChanges(before, after)).toMatchObject([{ kind, weakensProtection: true }])
  })

  it.each([
    ['authentication-required', PUBLIC, SIGNED_IN],
    ['scope-strengthened', PUBLIC, scoped([['a']])],
    ['scope-strengthened', scoped([['a'], ['b']]), scoped([['a']])],
    ['policy-strengthened', PUBLIC, { ...PUBLIC, policies: [[['p']]] }],
  ] as const)('%s breaks callers who lack the right', (kind, before, after) => {
    expect(accessChanges(before, after)).toMatchObject([{ kind, severity: 'breaking', weakensProtection: false }])
  })

  it('a scope that is exchanged for another both weakens and breaks', () => {
    expect(accessChanges(scoped([['a']]), scoped([['b']]))).toMatchObject([{ kind: 'scope-changed', severity: 'breaking', weakensProtection: true, message: 'T.a needed a and now needs b' }])
  })

  it('sees through another spelling of the same requirement', () => {
    expect(accessChanges(scoped([['a', 'b']]), scoped([['a']], [['b']]))).toEqual([])
    expect(accessChanges(scoped([['a'], ['a', 'b']]), scoped([['a']]))).toEqual([])
  })

  it('says nothing about a coordinate that is gone', () => {
    expect(compareAccess(new Map([['T.a', SIGNED_IN]]), new Map(), () => false)).toEqual([])
  })
})

describe('affected operations', () => {
  const operation = (name: string, calls: number, ...coordinates: string[]) => ({ name, hash: name, consumer: 'app', coordinates: new Set(coordinates), calls, lastSeenAt: '2026-01-01' })

  it('names the operations that a removal breaks, busiest first, and no other', async () => {
    const changes = await compare('type Query { t: T } type T { a: Int b: Int }', 'type Query { t: T } type T { a: Int }')
    const affected = findAffectedOperations(changes, [operation('rare', 1, 'Query.t', 'T.b'), operation('busy', 9, 'Query.t', 'T.b'), operation('other', 5, 'Query.t', 'T.a')])
    expect(affected.map(({ usage }) => usage.name)).toEqual(['busy', 'rare'])
  })

  it('a new required argument breaks whoever asks for the field', async () => {
    const changes = await compare('type Query { a: Int b: Int }', 'type Query { a(x: Int!): Int b: Int }')
    expect(findAffectedOperations(changes, [operation('one', 1, 'Query.a'), operation('two', 1, 'Query.b')]).map(({ usage }) => usage.name)).toEqual(['one'])
  })

  it('a new required input field breaks whoever sends the input', async () => {
    const changes = await compare('type Query { a(i: I): Int } input I { x: Int }', 'type Query { a(i: I): Int } input I { x: Int y: Int! }')
    expect(findAffectedOperations(changes, [operation('one', 1, 'Query.a', 'I', 'I.x'), operation('two', 1, 'Query.a')]).map(({ usage }) => usage.name)).toEqual(['one'])
  })
})

describe('deprecated uses', () => {
  it('names every use of what goes away by operation and consumer, the busiest first', () => {
    const operation = (name: string, calls: number, ...coordinates: string[]) => ({ name, hash: name, consumer: 'app', coordinates: new Set(coordinates), calls, lastSeenAt: '2026-01-01' })
    const sdl = 'type T { a: Int @deprecated(reason: "Use b.") b(x: Int @deprecated): Int } input I { c: Int @deprecated(reason: "no") } enum E { D @deprecated(reason: "d") }'
    const uses = findDeprecatedUses({ sdl, before: 'type T { a: Int @deprecated(reason: "Use b.") }' }, [operation('one', 1, 'T.a', 'T.b', 'E.D'), operation('two', 9, 'T.b(x:)', 'I.c'), operation('three', 5, 'T.b')])
    expect(uses.map(({ coordinate, reason, isNew, usage }) => `${usage.name} ${coordinate} ${reason}${isNew ? '' : ' (known)'}`)).toEqual(['two I.c no', 'two T.b(x:) No longer supported', 'one E.D d', 'one T.a Use b. (known)'])
    expect(findDeprecatedUses({ sdl: 'type {' }, [operation('one', 1, 'T.a')])).toEqual([])
  })
})

describe('policies', () => {
  const file = (path: string, text: string): { path: string; text: string } => ({ path, text })

  it.each([
    ['policy-file-removed', [file('a.cedar', 'forbid (x);')], []],
    ['policy-file-changed', [file('a.cedar', 'forbid (x);')], [file('a.cedar', 'forbid (x) when { y };')]],
    ['policy-permits', [], [file('a.cedar', 'permit (principal, action, resource);')]],
  ] as const)('R04 %s needs approval', (kind, before, after) => {
    expect(comparePolicies('sales', before, after)).toMatchObject([{ kind, weakensProtection: true, coordinate: 'sales' }])
  })

  it('a new prohibition and an unchanged file need none', () => {
    const kept = file('a.cedar', 'forbid (x);')
    expect(comparePolicies('sales', [kept], [kept, file('b.cedar', 'forbid (y);')])).toEqual([])
  })
})
