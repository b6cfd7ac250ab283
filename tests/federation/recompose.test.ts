import { parse } from 'graphql'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readDomainArtifact } from '../../gateway/registry/index.ts'
import { composeSupergraph, type SubgraphDefinition } from '../../gateway/supergraph/index.ts'
import { recompose, type Recomposed } from '../../gateway/supergraph/recompose/recompose.ts'
import { subgraphDefinition } from '../../gateway/registry/subgraph-definition.ts'
import { loadLexicon } from '../../gateway/wiring/load-mesh.ts'
import { ownDefinitions } from '../../gateway/wiring/own-definitions.ts'
import { readProducts } from '../../gateway/wiring/read-products.ts'
import { DEMO_DOMAINS } from '../testkit/demo-mesh.ts'
import { checkRecompositions } from './random/check-recompositions.ts'

/** Random changes in all; `POLYSEME_RECOMPOSITIONS` sets another number, `POLYSEME_RECOMPOSE_SEED` other ones. Each takes about 40 ms. */
const RECOMPOSITIONS = Number(process.env['POLYSEME_RECOMPOSITIONS'] ?? 150)
const FIRST_SEED = Number(process.env['POLYSEME_RECOMPOSE_SEED'] ?? 1)

const SUBGRAPHS = join(import.meta.dirname, '../../subgraphs')
const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external", "@requires", "@authenticated", "@tag"])\n'

function definition(name: string, sdl: string, url = `http://${name}.test`): SubgraphDefinition {
  return { name, url, sdl: sdl.includes('@link') ? sdl : LINK + sdl, products: [] }
}

/** What composing everything gives, and composing on top of `before`; the same text, or the test fails. */
function recomposed(before: readonly SubgraphDefinition[], after: readonly SubgraphDefinition[], most?: number): Recomposed | undefined {
  const base = composeSupergraph(before, { sharedTypes: 'any' })
  if (base.kind === 'invalid') throw new Error(base.diagnostics[0]?.what)
  const part = recompose({ sdl: base.value.sdl, subgraphs: before }, after.map((one) => ({ definition: one, document: parse(one.sdl) })), most === undefined ? {} : { most })
  const whole = composeSupergraph(after, { sharedTypes: 'any' })
  if (part !== undefined) expect(whole).toMatchObject({ kind: 'ok', value: { sdl: part.sdl } })
  return part
}

describe('composing what changed', () => {
  it(`gives what composing everything gives, for ${RECOMPOSITIONS} random changes`, { timeout: 120_000 + RECOMPOSITIONS * 300 }, () => {
    const { differences, composed, spliced, refused } = checkRecompositions(FIRST_SEED, RECOMPOSITIONS)
    const count = (map: ReadonlyMap<string, number>): number => [...map.values()].reduce((sum, one) => sum + one, 0)
    console.log(`${count(spliced)} of ${count(composed)} composed of what changed alone, ${refused} do not compose\n${[...composed].toSorted(([a], [b]) => a.localeCompare(b)).map(([kind, all]) => `${kind}: ${spliced.get(kind) ?? 0} of ${all}`).join('; ')}`)
    expect(differences).toEqual([])
    // More than half of them in the long run; the hand-made meshes are small and pass values down.
    expect(count(spliced)).toBeGreaterThan(count(composed) * 0.3)
  })

  it('takes a new field of any domain of the demo alone, though the crosswalk has types of all of them', async () => {
    const lexicon = await loadLexicon(join(SUBGRAPHS, 'lexicon'))
    const artifacts = await Promise.all(DEMO_DOMAINS.map(async (domain) => await readDomainArtifact(join(SUBGRAPHS, domain), { url: `http://${domain}.test`, domain })))
    const domains = artifacts.map((artifact) => {
      const products = readProducts(artifact)
      return subgraphDefinition(artifact, products.kind === 'ok' ? products.value : [])
    })
    const mesh = (all: readonly SubgraphDefinition[]): readonly SubgraphDefinition[] => [...all, ...ownDefinitions(lexicon, all)]
    const types = { sales: 'SalesCustomer', marketing: 'MarketingLead', billing: 'BillingInvoice', support: 'SupportTicket' }
    for (const domain of DEMO_DOMAINS) {
      const after = domains.map((one) => (one.name === domain ? { ...one, sdl: `${one.sdl}\nextend type ${types[domain]} { brandNew: Int }` } : one))
      expect(recomposed(mesh(domains), mesh(after))?.sdl, domain).toContain('brandNew')
    }
  })

  const A = definition('a', 'type Query { a: A } type A @key(fields: "id") { id: ID! name: String }')
  const B = definition('b', 'type Query { b: B } type B @key(fields: "id") { id: ID! a: A } type A @key(fields: "id") { id: ID! more: Int } type Page @shareable { at: Int }')
  const C = definition('c', 'type Query { c: C } type C { id: ID! page: Page } type Page @shareable { at: Int }')
  const D = definition('d', 'type Query { d: Int }')
  const mesh = [A, B, C, D] as const
  const withA = (sdl: string): readonly SubgraphDefinition[] => [definition('a', sdl), B, C, D]

  it.each([
    ['a field', withA('type Query { a: A } type A @key(fields: "id") { id: ID! name: String age: Int }')],
    ['a root field', withA('type Query { a: A second(n: Int = 2): A } type A @key(fields: "id") { id: ID! name: String }')],
    ['a type', withA('type Query { a: A } type A @key(fields: "id") { id: ID! name: String z: Zed } type Zed { a: Int }')],
    ['a description with lines that look like definitions', withA('type Query { a: A } type A @key(fields: "id") { id: ID! """\na\n\ntype Query {\n}\n\n""" name: String }')],
    ['an address', [{ ...A, url: 'http://elsewhere.test' }, B, C, D]],
    ['a subgraph less', [A, B, C]],
    ['a subgraph more', [...mesh, definition('e', 'type Query { e: E } type E { a: Int }')]],
  ] as const)('%s is composed alone', (_what, after) => {
    expect(recomposed(mesh, after)).toBeDefined()
  })

  it.each([
    ['a directive that nothing applied before', withA('type Query { a: A } type A @key(fields: "id") { id: ID! name: String @tag(name: "t") }')],
    ['a first mutation', withA('type Query { a: A } type Mutation { do: Int } type A @key(fields: "id") { id: ID! name: String }')],
    ['root types of other names', withA('extend schema { query: Root } type Root { a: A } type A @key(fields: "id") { id: ID! name: String }'.replace('extend schema', `${LINK.trim()} schema`))],
    ['a directive for operations', withA(`${LINK} directive @mark on FIELD type Query { a: A } type A @key(fields: "id") { id: ID! name: String }`)],
    ['a subgraph of federation 1', [{ ...A, sdl: 'type Query { a: A } type A @key(fields: "id") { id: ID! name: String }' }, B, C, D]],
    ['links that rename', withA('extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [{ name: "@key", as: "@id" }]) type Query { a: A } type A @id(fields: "id") { id: ID! name: String }')],
    ['links that rename, with a space', withA('extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [{ name: "@key", as , : "@id" }]) type Query { a: A } type A @id(fields: "id") { id: ID! name: String }')],
    ['a context, with a space', withA(`${LINK.replace('"@tag"', '"@tag", "@context"')} type Query { a: A } type A @ context(name: "c") @key(fields: "id") { id: ID! name: String }`)],
    ['a field that nothing reaches', withA('type Query { a: A } type A { id: ID! @shareable name: String }')],
    ['what does not compose', withA('type Query { a: A } type A @key(fields: "id") { id: ID! name: String more: String }')],
  ] as const)('with %s everything is composed', (_what, after) => {
    expect(recomposed(mesh, after, 1)).toBeUndefined()
  })

  it.each([
    ['a scalar of an enum', 'enum Hue { RED GREEN }', 'scalar Hue'],
    ['another type of an input field', 'scalar Hue input Pot { hue: Hue = RED }', 'scalar Hue input Pot { hue: String = "RED" }'],
    ['an input field less', 'enum Hue { RED GREEN } input Pot { hue: Hue size: Int }', 'enum Hue { RED GREEN } input Pot { hue: Hue }'],
  ])('with %s everything is composed: default values elsewhere may be written otherwise', (_what, leaf, other) => {
    const paint = leaf.includes('Pot') ? 'paint(pot: Pot = { hue: RED }): Int' : 'paint(hue: Hue = RED): Int'
    const painting = (text: string): SubgraphDefinition => definition('a', `type Query { a: Int ${paint.replace('RED', text.includes('"RED"') ? '"RED"' : 'RED')} } ${text}`)
    expect(recomposed([painting(leaf), C, D], [painting(other), C, D], 1)).toBeUndefined()
  })

  it('a key that reaches into another type touches all of its subgraph, however it is written', () => {
    const org = 'type Org { code: ID! }'
    const user = definition('u', `type Query { u: User } type User @key(fields: "org \\u007b code \\u007d") { org: Org } ${org}`)
    const other = definition('o', 'type Query { o: Org2 org: Org } type Org2 { a: Int } type Org @shareable { code: ID! }')
    const before = [user, other, C, D]
    // Without the key its field is no longer shareable: only composing everything says so.
    expect(recomposed(before, [{ ...user, sdl: user.sdl.replace(/@key\(.*?\)/, '') }, other, C, D], 1)).toBeUndefined()
  })

  describe('what is tied to a change is composed with it', () => {
    const FIRST = definition('0', 'type Query { first: Int @authenticated }')

    it('an interface to the access of its implementations', () => {
      const named = 'interface Named { id: ID! name: String }'
      const x = definition('x', `type Query { x: Named } ${named} type X implements Named @key(fields: "id") { id: ID! name: String }`)
      const y = (access: string): SubgraphDefinition => definition('y', `type Query { y: Y } ${named} type Y implements Named @key(fields: "id") { id: ID! name: String ${access} }`)
      const part = recomposed([FIRST, x, y(''), C, D], [FIRST, x, y('@authenticated'), C, D], 1)
      expect(part?.sdl).toMatch(/interface Named[^}]*name: String @authenticated/)
    })

    it('an enum that is not the same everywhere to where it is used', () => {
      const asks = definition('x', 'type Query { asks(hue: Hue): Int } enum Hue { RED GREEN }')
      const knows = definition('y', 'type Query { y: Int } enum Hue { RED GREEN BLUE }')
      const before = [asks, knows, C, D]
      expect(recomposed(before, [{ ...asks, sdl: asks.sdl.replace('(hue: Hue)', '') }, knows, C, D], 1)?.sdl).toMatch(/enum Hue[^}]*BLUE/)
      // Asked for and told, it would have to be the same everywhere.
      expect(recomposed(before, [{ ...asks, sdl: asks.sdl.replace('asks', 'tells: Hue asks') }, knows, C, D], 1)).toBeUndefined()
    })

    it('a field of several types to how these relate', () => {
      const one = definition('w', 'type Query { w: Thing } type Thing @key(fields: "id") { id: ID! part: One @shareable } interface One { n: Int }')
      const other = definition('x', 'type Query { x: Thing } type Thing @key(fields: "id") { id: ID! part: Other @shareable } interface Other { n: Int }')
      const relates = (text: string): SubgraphDefinition => definition('y', `type Query { y: Int } ${text}`)
      const before = [one, other, relates('interface One { n: Int } interface Other implements One { n: Int }'), D]
      const part = recomposed(before, [one, other, relates('interface Other { n: Int } interface One implements Other { n: Int }'), D], 1)
      expect(part?.sdl).toMatch(/type Thing[^}]*part: Other/)
    })
  })

  it('more than half of the subgraphs are composed with all others', () => {
    const shared = mesh.map((one) => ({ ...one, sdl: `${one.sdl} scalar Moment` }))
    const [first, ...others] = shared
    const after = [...(first === undefined ? [] : [{ ...first, sdl: `${first.sdl} @specifiedBy(url: "https://example.org")` }]), ...others]
    expect(recomposed(shared, after)).toBeUndefined()
    expect(recomposed(shared, after, 1)).toBeDefined()
  })

  it('what is wrong is said as without a graph before', () => {
    const base = composeSupergraph(mesh, { sharedTypes: 'any' })
    const after = withA('type Query { a: A } type A @key(fields: "id") { id: ID! name: String more: String }')
    if (base.kind === 'invalid') throw new Error(base.diagnostics[0]?.what)
    const again = composeSupergraph(after, { sharedTypes: 'any', base: { sdl: base.value.sdl, subgraphs: mesh } })
    expect(again.kind).toBe('invalid')
    expect(again).toEqual(composeSupergraph(after, { sharedTypes: 'any' }))
    expect(composeSupergraph(after, { base: { sdl: base.value.sdl, subgraphs: mesh } })).toMatchObject({ diagnostics: [{ rule: 'type-shared-undeclared' }] })
  })

  it('warnings are those of what changed', () => {
    const described = [A, { ...B, sdl: B.sdl.replace('type Page', '"one" type Page') }, { ...C, sdl: C.sdl.replace('type Page', '"other" type Page') }, D]
    const same = described.map((one) => (one.name === 'd' ? definition('d', 'type Query { d: Int e: Int }') : one))
    expect(recomposed(described, same)?.hints.filter(({ definition: { level } }) => level.name === 'WARN')).toEqual([])
    const touched = described.map((one) => (one.name === 'c' ? { ...one, sdl: one.sdl.replace('other', 'third') } : one))
    expect(recomposed(described, touched)?.hints.filter(({ definition: { level } }) => level.name === 'WARN').map(({ definition: { code } }) => code)).toEqual(['INCONSISTENT_DESCRIPTION'])
  })
})
