import type { GovernanceFinding, GovernanceRule } from '../governance-rule.ts'

interface Deprecable {
  readonly name: string
  readonly deprecated?: boolean
  readonly customProperties?: readonly { readonly property: string; readonly value?: unknown }[]
}

const DAY = /^\d{4}-\d{2}-\d{2}$/

export const deprecationComplete: GovernanceRule = {
  name: 'deprecation-complete',
  why: 'A consumer can plan only with a date and a replacement.',
  check: ({ products, now }) => products.flatMap((product) => [
    ...judge({ ...product.contract, name: product.name, deprecated: product.deprecation !== undefined }, product.urn, now),
    ...(product.contract.schema ?? []).flatMap((object) => [
      ...judge(object, `${product.domain}.${object.name}`, now),
      ...(object.properties ?? []).flatMap((property) => judge(property, `${product.domain}.${object.name}.${property.name}`, now)),
    ]),
  ]),
}

function judge(element: Deprecable, subject: string, now: Date): GovernanceFinding[] {
  if (element.deprecated !== true) return []
  const findings: GovernanceFinding[] = []
  const until = custom(element, 'removalDate')
  if (until === undefined || !DAY.test(until)) findings.push({ subject, what: `${subject} is deprecated without a date`, how: 'add the custom property `removalDate`, for example 2027-03-31' })
  else if (new Date(until) < now) findings.push({ subject, what: `${subject} was to be removed on ${until}`, how: 'remove it, or move the date and tell the consumers' })
  if (custom(element, 'replacedBy') === undefined) findings.push({ subject, what: `${subject} is deprecated without a replacement`, how: 'add the custom property `replacedBy`, or `replacedBy: none` with a description' })
  return findings
}

function custom(element: Deprecable, key: string): string | undefined {
  const value = element.customProperties?.find(({ property }) => property === key)?.value
  return typeof value === 'string' ? value : undefined
}
