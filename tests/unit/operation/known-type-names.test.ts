import { buildSchema, KnownTypeNamesRule, parse, validate, type ValidationRule } from 'graphql'
import { describe, expect, it } from 'vitest'
import { knownTypeNamesRule } from '../../../gateway/operation/known-type-names.ts'

const SCHEMA = buildSchema('type Query { item(by: Filter): Item } type Item { id: ID } input Filter { id: ID }')

describe('names of types in a document', () => {
  it.each([
    '{ item { ... on Item { id } } }',
    '{ item { ... on Itm { id } ... on __proto__ { id } } }',
    'query ($by: Filter, $id: ID!, $other: [Fliter!]!) { item(by: $by) { id } }',
    'query ($one: Uuid = 1) { ...a } fragment a on Qery { ...b } fragment b on constructor { item { id } }',
    '{ item { ... on __Type { name } ... on __Tpye { name } } }',
  ])('are judged as graphql-js judges them, with and without suggestions: %s', (source) => {
    for (const hideSuggestions of [true, false]) {
      const judge = (rule: ValidationRule): unknown => validate(SCHEMA, parse(source), [rule], { hideSuggestions }).map((error) => error.toJSON())
      expect(judge(knownTypeNamesRule)).toEqual(judge(KnownTypeNamesRule))
    }
  })
})
