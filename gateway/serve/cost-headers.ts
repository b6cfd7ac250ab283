import type { CostReport } from './cost-control.ts'
import type { Exchange } from './exchange.ts'

/** `include`: the answer says what the operation cost. */
export const COST_HEADER = 'x-polyseme-cost'

/** Whether the client wants to know what its operation costs. */
export function wantsCost({ headers }: Pick<Exchange['request'], 'headers'>): boolean {
  return headers[COST_HEADER] === 'include'
}

/** What an operation cost as response headers; a caller's budget as in the draft of RateLimit header fields for HTTP. */
export function costHeaders({ estimated, actual, callerBudget }: CostReport): Readonly<Record<string, string>> {
  const domains = [...estimated.bySubgraph].map(([name, cost]) => `${name}=${cost}`)
  return {
    'x-polyseme-cost-estimated': String(estimated.total),
    ...(actual === undefined ? {} : { 'x-polyseme-cost-actual': String(actual) }),
    ...(domains.length === 0 ? {} : { 'x-polyseme-cost-by-domain': domains.join(', ') }),
    ...(callerBudget === undefined ? {} : budgetHeaders(callerBudget)),
  }
}

function budgetHeaders({ cost, windowMs, left }: NonNullable<CostReport['callerBudget']>): Readonly<Record<string, string>> {
  return {
    'ratelimit-policy': `"cost";q=${cost};w=${Math.ceil(windowMs / 1_000)}`,
    ratelimit: `"cost";r=${Math.floor(left)};t=${Math.ceil(((cost - left) * windowMs) / cost / 1_000)}`,
  }
}
