import { Kind, valueFromASTUntyped } from 'graphql'
import type { DirectiveNode } from 'graphql'

/** A variable that must have a value for something to be part of the answer (`@include`, `@skip`). */
export interface Condition {
  readonly variable: string
  readonly value: boolean
}

/** The conditions that a selection's directives set; undefined when they can never hold. */
export function conditionsOf(directives: readonly DirectiveNode[] | undefined): readonly Condition[] | undefined {
  if (directives === undefined || directives.length === 0) return NONE
  const conditions: Condition[] = []
  for (const directive of directives) {
    const name = directive.name.value
    if (name !== 'include' && name !== 'skip') continue
    const wanted = name === 'include'
    const argument = directive.arguments?.find((one) => one.name.value === 'if')?.value
    if (argument === undefined) continue
    if (argument.kind === Kind.VARIABLE) conditions.push({ variable: argument.name.value, value: wanted })
    else if (valueFromASTUntyped(argument) !== wanted) return undefined
  }
  return conditions
}

const NONE: readonly Condition[] = []

/** Whether all conditions hold for these variables. */
export function holds(conditions: readonly Condition[], variables: Readonly<Record<string, unknown>>): boolean {
  return conditions.every(({ variable, value }) => (variables[variable] === true) === value)
}
