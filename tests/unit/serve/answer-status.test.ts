import { describe, expect, it } from 'vitest'
import { answerStatus } from '../../../gateway/serve/answer-status.ts'

function statusOf(codes: readonly string[], data: unknown): number {
  const errors = codes.map((code) => ({ message: code, extensions: { code } }))
  return answerStatus({ errors, text: JSON.stringify({ data, errors }) })
}

describe('status of an executed answer', () => {
  it.each([
    ['M09 400 for a forged cursor', ['CURSOR_INVALID'], { sales: { customers: null } }, 400],
    ['400 for a page that is too large', ['BAD_USER_INPUT'], { sales: null }, 400],
    ['M02 400 for a filter on a masked field', ['FIELD_NOT_CLEAR'], null, 400],
    ['200 when something else was answered', ['CURSOR_INVALID'], { sales: { customers: null }, billing: { count: 0 } }, 200],
    ['200 when an empty list was answered', ['CURSOR_INVALID'], { sales: { customers: null, orders: [] } }, 200],
    ['200 when a domain is down too', ['CURSOR_INVALID', 'SUBGRAPH_UNAVAILABLE'], { sales: null }, 200],
    ['200 for what the caller may not see', ['UNAUTHORIZED_FIELD_OR_TYPE'], { sales: null }, 200],
    ['200 for nulls that nobody complains about', [], { sales: null }, 200],
    ['200 for a code that is none of ours', ['__proto__'], { sales: null }, 200],
  ])('is %s', (_name, codes, data, status) => {
    expect(statusOf(codes, data)).toBe(status)
  })
})
