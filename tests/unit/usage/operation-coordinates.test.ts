import { buildSchema, Kind, parse, type DocumentNode, type OperationDefinitionNode } from 'graphql'
import { expect, it } from 'vitest'
import type { ParsedOperation } from '../../../gateway/operation/index.ts'
import { operationCoordinates } from '../../../gateway/usage/index.ts'
import { leastCpuMs } from '../../testkit/cpu-time.ts'

const schema = buildSchema(`
  type Query { people(where: Where, order: Order, first: Int): [Person!] any: [Named] }
  interface Named { name: String }
  type Person implements Named { name: String email: String friends(order: Order): [Person] }
  input Where { name: Text email: Text and: [Where!] }
  input Text { eq: String in: [String] }
  enum Order { NAME EMAIL }
`)

function parsed(text: string, variables: Record<string, unknown> = {}): ParsedOperation {
  const document: DocumentNode = parse(text)
  const operation = document.definitions.find((one): one is OperationDefinitionNode => one.kind === Kind.OPERATION_DEFINITION)
  return { document, operation, hash: 'h', variables } as unknown as ParsedOperation
}

const coordinates = (text: string, variables?: Record<string, unknown>): readonly string[] => [...operationCoordinates(parsed(text, variables), schema)].sort()

it('names types, fields, arguments, input fields and enum values of the document', () => {
  expect(coordinates('{ people(where: { and: [{ name: { eq: "a" } }] }, order: EMAIL) { name __typename } }')).toEqual([
    'Order.EMAIL', 'Person', 'Person.name', 'Query', 'Query.people', 'Query.people(order:)', 'Query.people(where:)', 'String', 'Text.eq', 'Where.and', 'Where.name',
  ])
})

it('follows fragments that are used, and no others', () => {
  const found = coordinates('query A { any { ...F } } fragment F on Named { name ... on Person { ...G } } fragment G on Person { email } fragment H on Person { friends { name } } query B { people { name } }')
  expect(found).toEqual(['Named', 'Named.name', 'Person', 'Person.email', 'Query', 'Query.any', 'String'])
})

it('names what stands in variables', () => {
  const text = 'query ($w: Where, $o: Order) { people(where: $w, order: $o) { name } }'
  expect(coordinates(text, { w: { email: { in: ['a'] }, and: [{ name: { eq: null } }] }, o: 'NAME' })).toEqual([
    'Order', 'Order.NAME', 'Person', 'Person.name', 'Query', 'Query.people', 'Query.people(order:)', 'Query.people(where:)', 'String', 'Text.eq', 'Text.in', 'Where', 'Where.and', 'Where.email', 'Where.name',
  ])
})

it('looks at a bounded part of large variables, and at own members only', () => {
  const large = { w: { and: Array.from({ length: 200_000 }, () => ({ name: { in: Array(5).fill('x') } })) } }
  expect(leastCpuMs(() => coordinates('query ($w: Where) { people(where: $w) { name } }', large))).toBeLessThan(200)
  expect(coordinates('query ($w: Where) { people(where: $w) { name } }', { w: JSON.parse('{"__proto__": {"a": 1}, "constructor": {}}') })).not.toContain('Where.constructor')
})
