import { GatewayError } from '@polyseme/kit/errors'
import type { AgreementRequest } from './agreement.ts'

const DAY = /^\d{4}-\d{2}-\d{2}$/
const PURPOSE = /^[a-z][a-z0-9-]{0,63}$/
const MAX_DAYS = 400
const MAX_PEOPLE = 500
const MAX_NAME_LENGTH = 256
const MAX_USE_CASE_LENGTH = 2_000
const DAY_MS = 86_400_000

/** Whether an owner could decide about the request as it stands. @throws BAD_USER_INPUT with the first thing that is wrong */
export function checkRequest({ consumer, people, purpose, useCase, until }: AgreementRequest, nowMs: number): void {
  if (!isName(consumer)) throw wrong('consumer', 'name the OAuth client or the team that asks')
  if (people.length > MAX_PEOPLE || !people.every(isName)) throw wrong('people', `name at most ${MAX_PEOPLE} subjects`)
  if (!PURPOSE.test(purpose)) throw wrong('purpose', 'give it as small letters, digits and dashes, for example `fraud-prevention`')
  if (useCase.trim().length < 10 || useCase.length > MAX_USE_CASE_LENGTH) throw wrong('use case', `say in 10 to ${MAX_USE_CASE_LENGTH} characters what the data is for`)
  const endMs = DAY.test(until) ? Date.parse(`${until}T00:00:00Z`) + DAY_MS : Number.NaN
  // A day that does not exist, like 31 June, is moved by the parser or refused.
  const exists = !Number.isNaN(endMs) && new Date(endMs - DAY_MS).toISOString().startsWith(until)
  if (!exists || endMs <= nowMs) throw wrong('until', 'give a day from today on as YYYY-MM-DD')
  if (endMs > nowMs + MAX_DAYS * DAY_MS) throw wrong('until', `give a day within ${MAX_DAYS} days; an agreement is renewed, not forgotten`)
}

function isName(name: string): boolean {
  return name.trim() !== '' && name.length <= MAX_NAME_LENGTH && !/\p{Cc}/u.test(name)
}

function wrong(part: string, how: string): GatewayError {
  return new GatewayError('BAD_USER_INPUT', `The ${part} of the request is not acceptable: ${how}.`)
}
