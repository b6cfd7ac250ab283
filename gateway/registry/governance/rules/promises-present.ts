import type { GovernanceRule } from '../governance-rule.ts'

/** Properties of `slaProperties` that say how old the data may be, as the standard and its users spell them. */
const FRESHNESS = new Set(['freshness', 'latency', 'frequency', 'ly', 'fy'])

export const promisesPresent: GovernanceRule = {
  name: 'promises-present',
  why: 'Data is a product when its consumer knows what to rely on: how old it may be, and what is checked.',
  check: ({ products }) => products.flatMap((product) => {
    const findings = []
    const promised = (product.contract.slaProperties ?? []).some((promise) => FRESHNESS.has(promise.property.toLowerCase()))
    if (!promised) findings.push({ subject: product.urn, what: `"${product.name}" does not say how old its data may be`, how: 'add `latency` or `frequency` under `slaProperties`' })
    const checked = (product.contract.schema ?? []).some((object) => (object.quality?.length ?? 0) > 0 || (object.properties ?? []).some((property) => (property.quality?.length ?? 0) > 0))
    if (!checked) findings.push({ subject: product.urn, what: `"${product.name}" has no quality rule`, how: 'add at least a row count and a check of the key under `quality`' })
    return findings
  }),
}
