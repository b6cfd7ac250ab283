import { resolve } from 'node:path'
import { ERROR_CODES, formatDiagnostic, GatewayError, isErrorCode, renderErrorTable } from '@polyseme/kit/errors'
import { describe, expect, it } from 'vitest'
import { expectGolden } from '../../testkit/golden.ts'

describe('error codes', () => {
  it('has a docs page that equals the table', async () => {
    await expectGolden(resolve(import.meta.dirname, '../../../docs/errors.md'), renderErrorTable())
  })

  it.each(Object.entries(ERROR_CODES))('%s has a usable status and a sentence of help', (_code, { status, help }) => {
    expect(status).toBeGreaterThanOrEqual(200)
    expect(status).toBeLessThan(600)
    expect(help).toMatch(/^[A-Z].*\.$/)
  })

  it('does not take inherited keys for codes', () => {
    expect(['__proto__', 'constructor', 'toString', 'UNAUTHENTICATED'].filter(isErrorCode)).toEqual(['UNAUTHENTICATED'])
  })
})

describe('GatewayError', () => {
  it('shows its message to the client when the code allows it', () => {
    expect(new GatewayError('BAD_REQUEST', 'the body is not JSON').clientMessage).toBe('the body is not JSON')
  })

  it('shows the help instead of an internal message', () => {
    const error = new GatewayError('INTERNAL', 'relation "salaries" does not exist', { cause: new Error('db') })
    expect(error.clientMessage).toBe(ERROR_CODES.INTERNAL.help)
    expect(error.status).toBe(500)
  })
})

describe('formatDiagnostic', () => {
  it('says where, what, what was expected, why and how', () => {
    expect(formatDiagnostic({
      rule: 'contract-unknown-key', severity: 'error', what: 'unknown key "primarykey"', expected: 'primaryKey',
      why: 'a key that nobody reads protects nothing', how: 'rename it to primaryKey', position: { file: 'a.yaml', line: 3, column: 5 },
    })).toBe([
      'a.yaml:3:5 error contract-unknown-key: unknown key "primarykey"',
      '  expected: primaryKey',
      '  why: a key that nobody reads protects nothing',
      '  how: rename it to primaryKey',
    ].join('\n'))
  })
})
