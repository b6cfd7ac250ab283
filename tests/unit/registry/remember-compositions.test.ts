import { ok } from '@polyseme/kit/errors'
import { describe, expect, it } from 'vitest'
import { composeOffThread, rememberCompositions, type ComposeTask } from '../../../gateway/registry/index.ts'

const task = (...names: readonly string[]): ComposeTask => ({ subgraphs: names.map((name) => ({ name, url: 'http://127.0.0.1:1/', sdl: `type Query { ${name}: Int }`, products: [] })), options: {} })

function counting(): { readonly compose: ReturnType<typeof rememberCompositions>; readonly composed: string[] } {
  const composed: string[] = []
  return {
    composed,
    compose: rememberCompositions(async ({ subgraphs, compareWith }) => {
      const names = subgraphs.map(({ name }) => name).join(' ')
      composed.push(names)
      const changes = compareWith === undefined ? [] : [{ kind: 'k', severity: 'safe' as const, weakensProtection: false, coordinate: 'c', message: 'm' }]
      return names.includes('broken') ? { kind: 'invalid', diagnostics: [] } : ok({ id: names, sdl: names, changes })
    }),
  }
}

describe('compositions are remembered', () => {
  it('a publish takes what its check composed, in whatever order the subgraphs stand', async () => {
    const { compose, composed } = counting()
    await compose({ ...task('a', 'b'), compareWith: { sdl: '', subgraphs: [] } })
    expect(await compose(task('b', 'a'))).toMatchObject({ kind: 'ok', value: { id: 'a b', changes: [] } })
    expect(composed).toEqual(['a b'])
  })

  it('a comparison is made anew, and so is another text, another address and what did not compose', async () => {
    const { compose, composed } = counting()
    await compose(task('a'))
    const [a] = task('a').subgraphs
    if (a === undefined) throw new TypeError('there is one')
    for (const other of [{ ...a, sdl: 'type Query { z: Int }' }, { ...a, url: 'http://127.0.0.1:2/' }]) await compose({ subgraphs: [other], options: {} })
    await compose({ ...task('a'), compareWith: { sdl: '', subgraphs: [] } })
    await compose(task('broken'))
    await compose(task('broken'))
    expect(composed).toEqual(['a', 'a', 'a', 'a', 'broken', 'broken'])
  })

  it('forgets the oldest', async () => {
    const { compose, composed } = counting()
    for (const name of ['a', 'b', 'c', 'a']) await compose(task(name))
    expect(composed).toEqual(['a', 'b', 'c', 'a'])
  })

  it('what is composed anew is composed on top of the graph that differs least, and never of one that was only read', async () => {
    const bases: (string | undefined)[] = []
    const compose = rememberCompositions(({ subgraphs, base }) => {
      bases.push(base?.sdl)
      const names = subgraphs.map(({ name }) => name).join(' ')
      return Promise.resolve(ok({ id: names, sdl: names, changes: [] }))
    })
    await compose({ ...task('a', 'b', 'c', 'd'), sdl: 'a b c d' })
    for (const names of ['a b c', 'd e f', 'd e', 'd']) await compose(task(...names.split(' ')))
    expect(bases).toEqual([undefined, undefined, 'a b c', 'd e f', 'd e'])
  })

  it('a publish on top of another comes to the graph that composing everything gives', async () => {
    const subgraphsOf = (more: string): ComposeTask['subgraphs'] => ['a', 'b', 'c', 'd'].map((name) => ({
      name, url: 'http://127.0.0.1:1/', products: [], sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"]) type Query { ${name}: Int } ${name === 'b' ? more : ''}`,
    }))
    const made: ComposeTask[] = []
    const compose = rememberCompositions(async (one) => {
      made.push(one)
      return await composeOffThread(one)
    })
    await compose({ subgraphs: subgraphsOf(''), options: {} })
    const after = { subgraphs: subgraphsOf('extend type Query { more: Int }'), options: {} }
    const composed = await compose(after)
    expect(made.map(({ base }) => base?.subgraphs.length)).toEqual([undefined, 4])
    expect(composed).toEqual(await composeOffThread(after))
  })

  it('the composer itself does not care about the order either', async () => {
    const [one, other] = await Promise.all([composeOffThread(task('a', 'b')), composeOffThread(task('b', 'a'))])
    expect(one).toEqual(other)
  })
})
