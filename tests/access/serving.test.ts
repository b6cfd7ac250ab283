import { getIntrospectionQuery } from 'graphql'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { DEFAULT_OPERATION_LIMITS, parseOperation, type CostBudget } from '../../gateway/operation/index.ts'
import { answerOperation, readOperation, type AnswerOptions } from '../../gateway/serve/answer-operation.ts'
import { CostControl } from '../../gateway/serve/cost-control.ts'
import { AccessRecorder, AuditLog, UsageMeter, verifyAuditLog } from '../../gateway/usage/index.ts'
import { AccessGraph } from '../testkit/access-case.ts'
import { caller } from '../testkit/access-graph.ts'

const GRAPH = new AccessGraph({
  subgraphs: { a: 'type Query { open: Int hidden: Secret @authenticated list(first: Int): Items } type Secret @requiresScopes(scopes: [["s"]]) { x: Int } type Items { nodes: [Item!] } type Item { id: Int items(first: Int): Items }' },
  data: { open: 1, hidden: { x: 2 }, list: { nodes: [{ id: 1, items: { nodes: [] } }] } },
})
afterAll(() => GRAPH.close())

async function answer(query: string, scopes: readonly string[], budget?: CostBudget, more: Partial<AnswerOptions> = {}): Promise<string> {
  const operation = parseOperation({ query }, GRAPH.supergraph, DEFAULT_OPERATION_LIMITS)
  const signal = AbortSignal.timeout(20_000)
  const outcome = await answerOperation(operation, { principal: caller(...scopes), requestId: 'r1', signal }, { graph: GRAPH.serving(), deadlineMs: 20_000, ...(budget === undefined ? {} : { costs: new CostControl({ budget }) }), ...more })
  return outcome.text
}

describe('every way in', () => {
  it('G15 shows by introspection only what the caller may read', async () => {
    const nobody = await answer(getIntrospectionQuery(), [])
    const somebody = await answer(getIntrospectionQuery(), ['s'])
    expect(JSON.parse(nobody)).toMatchObject({ data: { __schema: { queryType: { name: 'Query' } } } })
    expect(nobody).not.toMatch(/Secret|hidden/)
    expect(somebody).toMatch(/Secret/)
    expect(await answer(getIntrospectionQuery(), [])).toBe(nobody)
  })

  it('G15 keeps introspection of one caller from another beside data', async () => {
    const query = '{ open t: __type(name: "Secret") { name } }'
    expect(JSON.parse(await answer(query, ['s']))).toEqual({ data: { open: 1, t: { name: 'Secret' } } })
    expect(JSON.parse(await answer(query, []))).toEqual({ data: { open: 1, t: null } })
  })

  it('G37 refuses what costs too much before any subgraph is called', async () => {
    const before = GRAPH.calls
    const query = '{ list(first: 2147483647) { nodes { items(first: 2147483647) { nodes { id } } } } }'
    await expect(answer(query, [])).rejects.toMatchObject({ code: 'OPERATION_LIMIT_EXCEEDED' })
    expect(GRAPH.calls).toBe(before)
    await expect(answer('{ list(first: 3) { nodes { id } } }', [], { mode: 'enforce', maxCost: 3 })).rejects.toMatchObject({ code: 'OPERATION_LIMIT_EXCEEDED', message: expect.stringContaining('estimated cost of 4; at most 3') })
    await expect(answer('{ list(first: 3) { nodes { id } } }', [], { mode: 'measure', maxCost: 3 })).resolves.toContain('"id":1')
  })

  it('G18 conceals from a caller what is forbidden, and answers others as before', () => {
    const request = (query: string): Parameters<typeof readOperation>[0] => ({ query, operationName: undefined, variables: {}, mutationAllowed: true })
    const message = (query: string, ...scopes: readonly string[]): string => {
      try {
        readOperation(request(query), { graph: GRAPH.serving(), limits: DEFAULT_OPERATION_LIMITS, concealFrom: caller(...scopes) })
        return 'accepted'
      } catch (error) {
        return error instanceof Error ? error.message : ''
      }
    }
    expect(message('{ open hidden { x } }')).toBe('Cannot query field "hidden" on type "Query".')
    expect(message('{ open hiddem { x } }')).toBe('Cannot query field "hiddem" on type "Query".')
    expect(message('{ open hidden { x } }', 's')).toBe('accepted')
    expect(message('{ open }')).toBe('accepted')
  })

  it('G21 in mode reject refuses whole what is denied in part, calls nothing, and writes the refusal down', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'polyseme-reject-'))
    await using stack = new AsyncDisposableStack()
    stack.defer(async () => await rm(dir, { recursive: true, force: true }))
    const audit = stack.use(await AuditLog.open({ dir: join(dir, 'audit') }))
    const meter = stack.use(new UsageMeter({ file: join(dir, 'usage.db') }))
    const more = { unauthorized: 'reject', recorder: new AccessRecorder({ audit, meter }) } as const
    const before = GRAPH.calls
    await expect(answer('{ open hidden { x } }', [], undefined, more)).rejects.toMatchObject({ code: 'UNAUTHORIZED_FIELD_OR_TYPE', status: 403, errors: [expect.objectContaining({ path: ['hidden'] })] })
    expect(GRAPH.calls).toBe(before)
    await expect(answer('{ open }', [], undefined, more)).resolves.toBe('{"data":{"open":1}}')
    await expect(answer('{ open hidden { x } }', ['s'], undefined, more)).resolves.toBe('{"data":{"open":1,"hidden":{"x":2}}}')
    await audit.close()
    const entries: unknown[] = []
    await verifyAuditLog(join(dir, 'audit'), { onRecord: ({ entry }) => entries.push(entry) })
    expect(entries).toEqual([expect.objectContaining({ outcome: 'refused', denied: ['Query.hidden'], rows: 0 })])
  })

  it('does not charge for what is denied', async () => {
    await expect(answer('{ open hidden { x } }', [], { mode: 'enforce', maxCost: 0 })).resolves.toContain('UNAUTHORIZED_FIELD_OR_TYPE')
    await expect(answer('{ open hidden { x } }', ['s'], { mode: 'enforce', maxCost: 0 })).rejects.toMatchObject({ code: 'OPERATION_LIMIT_EXCEEDED' })
  })
})
