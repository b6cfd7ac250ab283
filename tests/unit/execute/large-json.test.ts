import { array, assert, asyncProperty, constantFrom, dictionary, integer, jsonValue, letrec, oneof, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isLarge, type LargeAnswer } from '../../../gateway/execute/large/large-answer.ts'
import { readLargeAnswer, type AnswerReading } from '../../../gateway/execute/large/large-json-answer.ts'
import { LongBody } from '../../../gateway/execute/large/long-body.ts'
import type { SubgraphAnswer } from '../../../gateway/execute/index.ts'

const READING: AnswerReading = {
  maxBytes: 4 * 1024 * 1024,
  parse: (text) => {
    const { data, errors } = JSON.parse(text) as { data: SubgraphAnswer['data']; errors?: SubgraphAnswer['errors'] }
    return { data, errors: errors ?? [] }
  },
  invalid: (reason) => new Error(reason),
}

function bodyOf(bytes: Buffer, cuts: readonly number[] = []): LongBody {
  const body = new LongBody({ pause: () => undefined, resume: () => undefined, cancel: () => undefined })
  const places = [...new Set([...Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_unused, index) => index * 65_536), ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((one, other) => one - other)
  places.slice(1).forEach((place, index) => body.push(bytes.subarray(places[index], place)))
  body.end()
  return body
}

async function read(text: string | Buffer, cuts?: readonly number[], lists: readonly (readonly string[])[] = [['a', 'rows']]): Promise<SubgraphAnswer | LargeAnswer> {
  return await readLargeAnswer(bodyOf(Buffer.from(text), cuts), { afterBytes: 0, maxBytes: Infinity, maxAroundBytes: 4 * 1024 * 1024, hold: () => undefined, lists: () => lists }, READING)
}

async function large(text: string, cuts?: readonly number[]): Promise<LargeAnswer> {
  const answer = await read(text, cuts)
  if (!isLarge(answer)) throw new TypeError('it was read whole')
  return answer
}

async function elementsOf(answer: LargeAnswer): Promise<unknown[]> {
  const all: unknown[] = []
  for (let elements = await answer.next(); elements !== undefined; elements = await answer.next()) all.push(...elements)
  return all
}

const PADDING = JSON.stringify('x'.repeat(280_000))

describe('an answer with a large list', () => {
  const value = letrec((tie) => ({
    value: oneof({ depthSize: 'small' }, jsonValue(), string({ unit: constantFrom('"', '\\', ',', ']', '}', '[', '{', 'ü', '€', '😀', '\u0000', 'a') }), array(tie('value'), { maxLength: 4 }), dictionary(string(), tie('value'), { maxKeys: 4 })),
  })).value
  const cuts = array(integer({ min: 0, max: 1_000_000 }), { maxLength: 40 })

  it('is the same however its bytes are divided, characters and escapes in their middle too', async () => {
    await assert(asyncProperty(array(value, { maxLength: 20 }), value, value, cuts, integer({ min: 0, max: 2 }), async (elements, before, after, cuts, indent) => {
      const rows = [...elements, 'x'.repeat(280_000), ...elements]
      const data = { before, a: { '"first\\': before, rows, after }, after: { rows: [1] } }
      const answer = await large(JSON.stringify({ data, errors: [{ message: 'e' }] }, undefined, indent), [...cuts, ...cuts.map((cut) => cut % 300)])
      expect(answer).toMatchObject({ list: 0, path: ['a', 'rows'] })
      expect(answer.before).toEqual(JSON.parse(JSON.stringify({ data: { before, a: { '"first\\': before, rows: [] } }, errors: [] })))
      expect(await elementsOf(answer)).toEqual(JSON.parse(JSON.stringify(rows)))
      expect(await answer.finish()).toEqual(JSON.parse(JSON.stringify({ data: { ...data, a: { ...data.a, rows: [] } }, errors: [{ message: 'e' }] })))
    }), { numRuns: 100 })
  })

  it('is read whole where that is wanted, and where no wanted list is large', async () => {
    const data = { a: { rows: [1, 'x'.repeat(280_000), 2], z: 1 } }
    expect(await (await large(JSON.stringify({ data }))).collect()).toEqual({ data, errors: [] })
    for (const small of [{ a: { rows: [1, 2, 3] }, long: 'x'.repeat(300_000) }, { a: [{ rows: ['x'.repeat(300_000)] }] }, { b: { rows: ['x'.repeat(300_000)] } }, { a: { rows: null } }]) {
      expect(await read(JSON.stringify({ data: small }))).toEqual({ data: small, errors: [] })
    }
  })

  it('passes a small wanted list and finds a large one after it', async () => {
    const text = JSON.stringify({ data: { b: { rows: [1] }, '\u0061': { rows: ['x'.repeat(280_000)] } } })
    const answer = await read(text.replace('"a"', '"\\u0061"'), [], [['b', 'rows'], ['a', 'rows']])
    expect(isLarge(answer) && answer.list).toBe(1)
  })

  it.each([
    ['breaks off in an element', `{"data":{"a":{"rows":[${PADDING},{"x":1`, 'it breaks off'],
    ['breaks off after the list', `{"data":{"a":{"rows":[${PADDING}]`, 'JSON'],
    ['has a comma too many', `{"data":{"a":{"rows":[${PADDING},,1]}}}`, 'it is not JSON'],
    ['has a comma at the end', `{"data":{"a":{"rows":[${PADDING},]}}}`, 'it is not JSON'],
    ['begins with a comma', `{"data":{"a":{"rows":[,${PADDING}]}}}`, 'it is not JSON'],
    ['closes with another bracket', `{"data":{"a":{"rows":[${PADDING}}}}}`, 'JSON'],
    ['has brackets that do not match in an element', `{"data":{"a":{"rows":[${PADDING},[1}]}}}`, 'it is not JSON'],
    ['has text after its end', `{"data":{"a":{"rows":[${PADDING}]}}} x`, 'JSON'],
    ['F15 says the list twice', `{"data":{"a":{"rows":[${PADDING}],"rows":[]}}}`, 'it says the same thing twice'],
    ['F15 says its data twice', `{"data":{"a":{"rows":[${PADDING}]}},"data":{}}`, 'it says the same thing twice'],
  ])('that %s is refused, never taken as complete', async (_what, text, reason) => {
    await expect((async () => {
      const answer = await read(text)
      if (!isLarge(answer)) return
      await elementsOf(answer)
      await answer.finish()
    })()).rejects.toThrow(reason)
  })

  it('F15 of 1,000,000 open brackets takes no memory for each', async () => {
    await expect(read(`{"data":{"a":{"rows":${'['.repeat(1_000_000)}`).then(async (answer) => (isLarge(answer) ? await elementsOf(answer) : undefined))).rejects.toThrow()
    await expect(read(`{"data":${'{"a":'.repeat(200_000)}`)).rejects.toThrow()
  })

  it('T40 says what it holds until its first element is whole, and no more after it', async () => {
    let held = 0
    const text = JSON.stringify({ data: { a: { rows: ['y'.repeat(3_000_000), ...Array.from({ length: 100 }, () => 'x'.repeat(10_000))] } } })
    const wanted = { afterBytes: 0, maxBytes: Infinity, maxAroundBytes: 1_000, hold: (bytes: number) => { held += bytes }, lists: () => [['a', 'rows']] }
    const answer = await readLargeAnswer(bodyOf(Buffer.from(text)), wanted, READING)
    if (!isLarge(answer)) throw new TypeError('it was read whole')
    await answer.next()
    const first = held
    expect(first).toBeGreaterThan(3_000_000)
    expect(await elementsOf(answer)).not.toEqual([])
    expect(held).toBe(first)
  })

  it('F13 has a bound for one element and for what is around the list', async () => {
    const long = JSON.stringify('y'.repeat(5_000_000))
    await expect(large(`{"data":{"a":{"rows":[${PADDING},${long}]}}}`, [200_000]).then(elementsOf)).rejects.toThrow('size limit')
    await expect(read(`{"data":{"b":${long},"a":1}}`, [1_000])).rejects.toThrow('size limit')
  })
})

describe('a long body', () => {
  it('T40 holds its sender up while nobody reads', async () => {
    const calls: string[] = []
    const body = new LongBody({ pause: () => void calls.push('pause'), resume: () => void calls.push('resume'), cancel: () => void calls.push('cancel') })
    for (let index = 0; index < 10; index++) body.push(Buffer.alloc(65_536))
    expect(calls).toEqual(['pause'])
    for (let index = 0; index < 10; index++) await body.read()
    expect(calls).toEqual(['pause', 'resume'])
    const next = body.read()
    body.push(Buffer.from('x'))
    expect(String(await next)).toBe('x')
    body.cancel()
    await expect(body.read()).rejects.toThrow()
    expect(calls).toEqual(['pause', 'resume', 'cancel'])
  })

  it('lets its connection go on when it has ended, though nobody has read it', async () => {
    const calls: string[] = []
    const body = new LongBody({ pause: () => void calls.push('pause'), resume: () => void calls.push('resume'), cancel: () => void calls.push('cancel') })
    body.push(Buffer.alloc(300_000))
    body.end()
    expect((await body.read())?.length).toBe(300_000)
    expect(await body.read()).toBeUndefined()
    body.cancel()
    expect(calls).toEqual(['pause', 'resume'])
  })

  it('T07 gives what came before it broke off, and then fails', async () => {
    const body = new LongBody({ pause: () => undefined, resume: () => undefined, cancel: () => undefined })
    body.push(Buffer.from('x'))
    body.fail(new Error('reset'))
    expect(String(await body.read())).toBe('x')
    await expect(body.read()).rejects.toThrow('reset')
  })
})
