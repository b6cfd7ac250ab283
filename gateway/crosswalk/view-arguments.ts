import { MAPPING_STATUSES, parseMoment, type MappingStatus } from '@polyseme/kit/lexicon'
import { GraphQLError } from 'graphql'
import { APPROVED, type LinkView } from './links/index.ts'

/** Arguments `asOf`, `knownAt`, `minConfidence`, `status` as GraphQL delivers them. */
export interface ViewArguments {
  readonly asOf?: unknown
  readonly knownAt?: unknown
  readonly minConfidence?: unknown
  readonly status?: unknown
}

/**
 * The links that a caller's arguments ask for: without any, the approved ones of now.
 *
 * @throws GraphQLError BAD_USER_INPUT for a moment or a confidence that is none.
 */
export function readView(args: ViewArguments, nowMs: number): LinkView {
  const { minConfidence } = args
  if (
    minConfidence !== undefined &&
    minConfidence !== null &&
    !(typeof minConfidence === 'number' && minConfidence >= 0 && minConfidence <= 1)
  ) {
    throw new GraphQLError('minConfidence is a number from 0 to 1.', { extensions: { code: 'BAD_USER_INPUT' } })
  }
  return {
    asOfMs: readMoment('asOf', args.asOf) ?? nowMs,
    knownAtMs: readMoment('knownAt', args.knownAt) ?? Infinity,
    minConfidence: typeof minConfidence === 'number' ? minConfidence : 0,
    statuses: readStatuses(args.status),
  }
}

/** Approved links of now. */
export function viewNow(nowMs: number): LinkView {
  return { asOfMs: nowMs, knownAtMs: Infinity, minConfidence: 0, statuses: APPROVED }
}

function readMoment(name: string, value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined
  const ms = typeof value === 'string' ? parseMoment(value) : undefined
  if (ms === undefined) throw new GraphQLError(`${name} is a moment: 2026-01-31T09:00:00Z.`, { extensions: { code: 'BAD_USER_INPUT' } })
  return ms
}

function readStatuses(value: unknown): ReadonlySet<MappingStatus> {
  if (!Array.isArray(value) || value.length === 0) return APPROVED
  return new Set(MAPPING_STATUSES.filter((status) => value.includes(status.toUpperCase())))
}
