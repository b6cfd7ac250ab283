import { ERROR_CODES, isErrorCode } from '@polyseme/kit/errors'
import type { ExecutionOutcome } from '../execute/index.ts'

/**
 * Status of an answer that was executed: 400 when nothing came of it and only the client's own input is to blame (a forged
 * cursor, a page size out of range, a filter on a masked field); 200 otherwise, because a partial answer is an answer.
 */
export function answerStatus(outcome: Pick<ExecutionOutcome, 'errors' | 'text'>): number {
  if (outcome.errors.length === 0 || !outcome.errors.every(({ extensions }) => isInputFault(extensions?.['code']))) return 200
  const { data } = JSON.parse(outcome.text) as { readonly data?: unknown }
  return hasValue(data) ? 200 : ERROR_CODES.BAD_USER_INPUT.status
}

function isInputFault(code: unknown): boolean {
  return typeof code === 'string' && isErrorCode(code) && ERROR_CODES[code].status === 400
}

/** Whether anything but nulls was answered; an object of nulls is nothing. */
function hasValue(value: unknown): boolean {
  if (value === null || value === undefined) return false
  return typeof value === 'object' && !Array.isArray(value) ? Object.values(value).some(hasValue) : true
}
