import type { OdcsQuality } from './odcs-schema.ts'
import { authoritativeDefinitions, customProperties, tags } from './read-common.ts'
import { anyRecord, anyValue, listOf, number, oneOf, text, type ReadContext } from './reader.ts'
import { optional, record } from './record-reader.ts'

/** The comparisons of the standard, of which a rule has at most one. */
export const QUALITY_OPERATORS = [
  'mustBe',
  'mustNotBe',
  'mustBeGreaterThan',
  'mustBeGreaterOrEqualTo',
  'mustBeLessThan',
  'mustBeLessOrEqualTo',
  'mustBeBetween',
  'mustNotBeBetween',
] as const satisfies readonly (keyof OdcsQuality)[]

export const qualityRules = listOf(
  record<OdcsQuality>(
    { name: 'a quality rule', check: checkQuality, renamed: { scheduleCronExpression: 'schedule', toolName: 'engine', code: 'metric' } },
    {
      id: optional(text),
      type: optional(oneOf(['text', 'library', 'sql', 'custom'], 'the type decides who evaluates the rule')),
      name: optional(text),
      description: optional(text),
      dimension: optional(text),
      method: optional(text),
      severity: optional(text),
      businessImpact: optional(text),
      unit: optional(text),
      schedule: optional(text),
      scheduler: optional(text),
      tags: optional(tags),
      authoritativeDefinitions: optional(authoritativeDefinitions),
      customProperties: optional(customProperties),
      metric: optional(text),
      rule: optional(text),
      arguments: optional(anyRecord),
      validValues: optional(listOf(anyValue)),
      query: optional(text),
      engine: optional(text),
      implementation: optional(anyValue),
      mustBe: optional(anyValue),
      mustNotBe: optional(anyValue),
      mustBeGreaterThan: optional(number),
      mustBeGreaterOrEqualTo: optional(number),
      mustBeLessThan: optional(number),
      mustBeLessOrEqualTo: optional(number),
      mustBeBetween: optional(listOf(number)),
      mustNotBeBetween: optional(listOf(number)),
    },
  ),
)

/** What the standard requires of each type of rule. */
function checkQuality(rule: OdcsQuality, path: string, context: ReadContext): void {
  const at = context.places.of(rule)
  const missing = (key: string, type: string) =>
    context.findings.report({
      rule: 'contract-quality-incomplete',
      at,
      what: `the ${type} rule \`${path}\` has no \`${key}\``,
      expected: `\`${key}\``,
      why: `the standard requires it of a rule of type ${type}`,
      how: `add \`${key}: …\`, or write \`type: text\` if the rule is for people only`,
    })
  const type = rule.type ?? 'library'
  if (type === 'library' && rule.metric === undefined && rule.rule === undefined) missing('metric', type)
  if (type === 'sql' && rule.query === undefined) missing('query', type)
  if (type === 'custom' && rule.engine === undefined) missing('engine', type)
  if (type === 'custom' && rule.implementation === undefined) missing('implementation', type)
  for (const key of ['mustBeBetween', 'mustNotBeBetween'] as const) checkBounds(rule, key, context)
  const operators = QUALITY_OPERATORS.filter((key) => rule[key] !== undefined)
  if (operators.length > 1) {
    context.findings.report({
      rule: 'contract-quality-operators',
      at,
      what: `the rule \`${path}\` has ${operators.length} comparisons: ${operators.join(', ')}`,
      expected: 'one comparison',
      why: 'the standard lets a rule compare once',
      how: 'write one rule for each, or `mustBeBetween: [from, to]`',
    })
  }
}

function checkBounds(rule: OdcsQuality, key: 'mustBeBetween' | 'mustNotBeBetween', context: ReadContext): void {
  const bounds = rule[key]
  if (bounds === undefined) return
  const [from, to] = bounds
  if (bounds.length === 2 && from !== undefined && to !== undefined && from < to) return
  context.findings.report({
    rule: 'contract-quality-bounds',
    at: context.places.of(rule, key),
    what: `\`${key}\` is [${bounds.join(', ')}]`,
    expected: 'two numbers, the smaller first',
    why: 'otherwise no value lies between them',
    how: `write \`${key}: [from, to]\``,
  })
}
