import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Diagnostic } from '@polyseme/kit/errors'
import { LivePolicies } from '../../../gateway/access/policies/index.ts'
import type { Supergraph } from '../../../gateway/supergraph/index.ts'
import { leastCpuMs } from '../../testkit/cpu-time.ts'
import { caller, PRODUCTS, WITH_AGREEMENT } from './policy-fixture.ts'

const FORBID_MAIL = 'forbid (principal, action == Action::"read", resource == Field::"HrPerson.email");'

/** As much of a supergraph as policies look at. */
function graphOf(products: Supergraph['subgraphs'] extends ReadonlyMap<string, infer Subgraph> ? Subgraph extends { products: infer Products } ? Products : never : never): Supergraph {
  return { access: new Map([['Query.vip', { authenticated: false, scopes: [], policies: [[['vip']]] }]]), subgraphs: new Map([['all', { name: 'all', url: 'inprocess:all', sdl: '', products }]]) } as unknown as Supergraph
}

async function openLive() {
  const root = await mkdtemp(join(tmpdir(), 'polyseme-policies-'))
  const folders = { mesh: join(root, 'mesh'), domains: { hr: join(root, 'hr'), shop: join(root, 'shop') } }
  await mkdir(folders.mesh)
  const reported: Diagnostic[] = []
  // The tests say when to look; the timer is for production.
  const live = await LivePolicies.open({ folders, products: PRODUCTS, report: (findings) => reported.push(...findings), pollMs: 86_400_000 })
  return { live, folders, reported }
}

it('a change of a policy file holds after the next look, also for callers known before', async () => {
  const { live, folders } = await openLive()
  using _ = live
  const graph = graphOf(PRODUCTS)
  const ana = caller()
  const before = live.decider(graph)
  expect(before.decide('HrPerson.email', ana)).toEqual({ kind: 'allow' })
  await writeFile(join(folders.mesh, 'mail.cedar'), FORBID_MAIL)
  await live.refresh()
  const after = live.decider(graph)
  expect(after).not.toBe(before)
  expect(after.decide('HrPerson.email', ana)).toEqual({ kind: 'deny' })
  expect(live.decider(graph)).toBe(after)
  await rm(join(folders.mesh, 'mail.cedar'))
  await live.refresh()
  expect(live.decider(graph).decide('HrPerson.email', ana)).toEqual({ kind: 'allow' })
})

it('policies are called by their domain and file, never by where those lie on this machine', async () => {
  const { live, folders } = await openLive()
  using _ = live
  await mkdir(folders.domains.shop)
  await writeFile(join(folders.mesh, 'mail.cedar'), FORBID_MAIL)
  await writeFile(join(folders.domains.shop, 'mail.cedar'), FORBID_MAIL.replaceAll('HrPerson', 'ShopPerson'))
  await live.refresh()
  const decider = live.decider(graphOf(PRODUCTS))
  expect(decider.explain('HrPerson.email', caller())).toMatchObject({ policies: ['mail.cedar#1'], needs: 'a change of the policy mail.cedar#1, which forbids to read it' })
  expect(decider.explain('ShopPerson.email', caller())).toMatchObject({ policies: ['shop/mail.cedar#1'], needs: 'a change of the policy shop/mail.cedar#1, which forbids to read it' })
})

it('a file that does not compile changes nothing and is reported', async () => {
  const { live, folders, reported } = await openLive()
  using _ = live
  const graph = graphOf(PRODUCTS)
  await writeFile(join(folders.mesh, 'mail.cedar'), FORBID_MAIL)
  await live.refresh()
  const good = live.decider(graph)
  await writeFile(join(folders.mesh, 'worse.cedar'), 'permit (principal, action, resour')
  await live.refresh()
  expect(live.decider(graph)).toBe(good)
  expect(reported).toMatchObject([{ rule: 'policy-syntax', position: { file: join(folders.mesh, 'worse.cedar') } }])
})

it('a folder that appears later counts, and its domain\'s policies stay its own', async () => {
  const { live, folders, reported } = await openLive()
  using _ = live
  await mkdir(folders.domains.shop)
  await writeFile(join(folders.domains.shop, 'own.cedar'), FORBID_MAIL)
  await live.refresh()
  expect(reported).toMatchObject([{ rule: 'policy-foreign' }])
  await writeFile(join(folders.domains.shop, 'own.cedar'), FORBID_MAIL.replaceAll('HrPerson', 'ShopPerson'))
  await live.refresh()
  expect(live.decider(graphOf(PRODUCTS)).decide('ShopPerson.email', caller())).toEqual({ kind: 'deny' })
})

it('a new graph is judged by its own contracts, while the old one is still served', async () => {
  const { live, folders, reported } = await openLive()
  using _ = live
  await writeFile(join(folders.mesh, 'mail.cedar'), FORBID_MAIL)
  await live.refresh()
  const hrOnly = graphOf(PRODUCTS.filter(({ domain }) => domain === 'hr'))
  const shopOnly = graphOf(PRODUCTS.filter(({ domain }) => domain === 'shop'))
  expect(live.decider(hrOnly).decide('HrPerson.email', caller())).toEqual({ kind: 'deny' })
  // The field that the policy forbids is gone; what is left must be protected all the same.
  expect(live.decider(shopOnly).decide('ShopPerson.iban', caller())).toEqual({ kind: 'mask', mask: { kind: 'null' } })
  expect(reported).toMatchObject([{ rule: 'policy-unknown-name', severity: 'warning' }])
  expect(live.decider(hrOnly).decide('HrPerson.email', caller())).toEqual({ kind: 'deny' })
})

it('G15 a graph that is served no more is judged by the policies of today and by those that were published with it', async () => {
  const { live, folders, reported } = await openLive()
  using _ = live
  const today = graphOf(PRODUCTS.filter(({ domain }) => domain === 'shop'))
  const former = graphOf(PRODUCTS)
  const brought = [{ path: 'hr/mail.cedar', name: 'hr/mail.cedar', text: FORBID_MAIL, domain: 'hr' }]
  live.accessDecider(today)
  const decidedFor = (files: typeof brought): readonly string[] => ['HrPerson.name', 'HrPerson.email', 'ShopPerson.email', 'ShopPerson.name'].map((coordinate) => live.formerDecider(former, files).decide(coordinate, caller()).kind)
  expect(decidedFor([])).toEqual(['allow', 'allow', 'allow', 'allow'])
  const again = graphOf(PRODUCTS)
  expect(['HrPerson.email', 'HrPerson.name'].map((coordinate) => live.formerDecider(again, brought).decide(coordinate, caller()).kind)).toEqual(['deny', 'allow'])
  expect(live.formerDecider(again, brought)).toBe(live.formerDecider(again, brought))
  await mkdir(folders.domains.shop)
  await writeFile(join(folders.domains.shop, 'mail.cedar'), FORBID_MAIL.replaceAll('HrPerson', 'ShopPerson'))
  await live.refresh()
  // What is in force goes on being checked against the graph of today.
  expect(reported).toEqual([])
  expect(decidedFor([])).toEqual(['allow', 'allow', 'deny', 'allow'])
  expect(live.formerDecider(graphOf(PRODUCTS.filter(({ domain }) => domain === 'hr')), brought).decide('HrPerson.name', caller()).kind).toBe('allow')
  expect(() => live.formerDecider(graphOf(PRODUCTS), [{ ...brought[0], path: 'a', name: 'a', text: 'permit (', domain: 'hr' }])).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  await writeFile(join(folders.mesh, 'mail.cedar'), FORBID_MAIL)
  await live.refresh()
  expect(reported).toMatchObject([{ rule: 'policy-unknown-name' }])
})

it('policies that are wrong at the start are refused with every finding', async () => {
  const root = await mkdtemp(join(tmpdir(), 'polyseme-policies-'))
  await writeFile(join(root, 'a.cedar'), 'permit (principal')
  await writeFile(join(root, 'b.cedar'), FORBID_MAIL.replace('email', 'emial'))
  const opened = LivePolicies.open({ folders: { mesh: root, domains: {} }, products: PRODUCTS })
  await expect(opened).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(/a\.cedar:1:18 error policy-syntax[^]*b\.cedar:1:\d+ error policy-unknown-name/) })
  await rm(join(root, 'a.cedar'))
  await rm(join(root, 'b.cedar'))
  await writeFile(join(root, 'vocabulary.yaml'), 'rolls: [a]')
  await expect(LivePolicies.open({ folders: { mesh: root, domains: {} }, products: PRODUCTS })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})

it('joins the policies with federation\'s directives, whose @policy they answer', async () => {
  const { live, folders } = await openLive()
  using _ = live
  await writeFile(join(folders.mesh, 'vip.cedar'), 'permit (principal in Role::"steward", action == Action::"satisfy", resource == NamedPolicy::"vip");')
  await live.refresh()
  const graph = graphOf(PRODUCTS)
  const decider = live.accessDecider(graph)
  expect(live.accessDecider(graph)).toBe(decider)
  expect(decider.decide('Query.vip', caller({ roles: ['steward'] }))).toEqual({ kind: 'allow' })
  expect(decider.decide('Query.vip', caller())).toEqual({ kind: 'deny' })
  expect(decider.decide('HrPerson.iban', caller())).toEqual({ kind: 'mask', mask: { kind: 'null' } })
  expect(decider.masksAround?.(['HrPerson'], caller())).toEqual({ 'HrPerson.iban': { kind: 'null' } })
})

it('agreements that change make another decider', async () => {
  let version = 1
  const root = await mkdtemp(join(tmpdir(), 'polyseme-policies-'))
  using live = await LivePolicies.open({ folders: { mesh: root, domains: {} }, products: WITH_AGREEMENT, agreements: { productsFor: () => (version === 1 ? ['closed/people'] : []), version: () => version } })
  const graph = graphOf(WITH_AGREEMENT)
  const ana = caller({ scopes: ['closed:read'] })
  expect(live.decider(graph).decide('ClosedPerson.name', ana)).toEqual({ kind: 'allow' })
  version = 2
  expect(live.decider(graph).decide('ClosedPerson.name', ana)).toEqual({ kind: 'deny' })
})

it('T22 a new graph with the same policies compiles nothing, and keeps what the policies say', async () => {
  const { live, folders } = await openLive()
  using _ = live
  await writeFile(join(folders.mesh, 'mail.cedar'), FORBID_MAIL)
  await live.refresh()
  live.decider(graphOf(PRODUCTS))
  const swapMs = leastCpuMs(() => live.decider(graphOf([...PRODUCTS])))
  expect(swapMs).toBeLessThan(8)
  expect(live.decider(graphOf([...PRODUCTS])).decide('HrPerson.email', caller())).toEqual({ kind: 'deny' })
})

it('the vocabulary in force is told at the start and when its file changes', async () => {
  const root = await mkdtemp(join(tmpdir(), 'polyseme-policies-'))
  const told: (readonly string[] | undefined)[] = []
  using live = await LivePolicies.open({ folders: { mesh: root, domains: {} }, products: PRODUCTS, onVocabulary: ({ purposes }) => told.push(purposes), pollMs: 86_400_000 })
  await writeFile(join(root, 'vocabulary.yaml'), 'purposes: [fraud]\n')
  await live.refresh()
  expect(told).toEqual([undefined, ['fraud']])
})
