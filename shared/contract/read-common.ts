import type { OdcsAuthoritativeDefinition, OdcsCustomProperty, OdcsRole } from './odcs-common.ts'
import { anyValue, listOf, text } from './reader.ts'
import { optional, record, required } from './record-reader.ts'

export const tags = listOf(text)

export const customProperties = listOf(
  record<OdcsCustomProperty>(
    { name: 'a custom property' },
    {
      id: optional(text),
      property: required(text),
      value: optional(anyValue),
      description: optional(text),
    },
  ),
)

export const authoritativeDefinitions = listOf(
  record<OdcsAuthoritativeDefinition>(
    { name: 'an authoritative definition' },
    {
      id: optional(text),
      url: required(text),
      type: required(text),
      description: optional(text),
    },
  ),
)

export const roles = listOf(
  record<OdcsRole>(
    { name: 'a role' },
    {
      id: optional(text),
      role: required(text),
      description: optional(text),
      access: optional(text),
      firstLevelApprovers: optional(text),
      secondLevelApprovers: optional(text),
      customProperties: optional(customProperties),
    },
  ),
)
