import { fieldsOf, type GovernanceRule } from '../governance-rule.ts'

const EXPLAIN_THEMSELVES = new Set(['boolean', 'enum'])

export const examplesPresent: GovernanceRule = {
  name: 'examples-present',
  why: 'One example value shows format, unit and habit better than a sentence.',
  check: (subject) => fieldsOf(subject)
    .filter(({ property }) => property.examples.length === 0 && !EXPLAIN_THEMSELVES.has(property.type))
    .map(({ coordinate }) => ({ subject: coordinate, what: `${coordinate} has no example`, how: 'add one or two invented values under `examples`' })),
}
