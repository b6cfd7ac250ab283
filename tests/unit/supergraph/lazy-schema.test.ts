import { buildSchema, isAbstractType, KnownTypeNamesRule, lexicographicSortSchema, OperationTypeNode, parse, printSchema, printType, specifiedRules, validate, validateSchema, type GraphQLSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import { knownTypeNamesRule } from '../../../gateway/operation/known-type-names.ts'
import { LazySchema, schemaTextsOf } from '../../../gateway/supergraph/lazy-schema.ts'

const SDL = `
  "The graph."
  schema { query: Root mutation: Change }
  "For whom."
  directive @for(role: Role = READER, deep: Deep = { list: [1], nested: { list: [2, 3] } }, ratio: Float @deprecated(reason: "no")) repeatable on FIELD_DEFINITION | OBJECT
  enum Role { "Reads." READER WRITER @deprecated(reason: "nobody writes") }
  input Deep { list: [Int!]! = [7] nested: Deep old: String @deprecated }
  input Either @oneOf { a: Int b: String }
  scalar Url @specifiedBy(url: "https://example.com/url")
  interface Node { id: ID! }
  interface Named implements Node { id: ID! name(upper: Boolean = true, role: Role = READER): String }
  type Root implements Node { id: ID! constructor: [[Item!]]! any(by: Either): Any named: Named old: Url @deprecated }
  type Change { toString: Boolean }
  "Not a root: the schema says which are."
  type Subscription { never: Boolean }
  type Item implements Named & Node { id: ID! name(upper: Boolean = true, role: Role = READER): String next: Item }
  type Other implements Node { id: ID! }
  union Any = Item | Other`

function lazy(schema: GraphQLSchema): LazySchema {
  return new LazySchema(schemaTextsOf(schema))
}

describe('a schema whose types are made when they are asked for', () => {
  const eager = buildSchema(SDL)

  it('is the schema that is made at once, whatever is asked of it first', () => {
    expect(printSchema(lazy(eager))).toBe(printSchema(eager))
    expect(Object.keys(lazy(eager).getTypeMap()).toSorted()).toEqual(Object.keys(eager.getTypeMap()).toSorted())
    for (const [name, type] of Object.entries(eager.getTypeMap())) {
      const there = lazy(eager).getType(name)
      expect(there === undefined ? undefined : printType(there)).toBe(printType(type))
    }
    const config = lazy(eager).toConfig()
    expect(config).toMatchObject({ description: 'The graph.', query: { name: 'Root' }, mutation: { name: 'Change' }, subscription: undefined })
    expect(config.directives.map(({ name }) => name).toSorted()).toEqual(eager.getDirectives().map(({ name }) => name).toSorted())
    expect(validateSchema(lazy(eager))).toEqual([])
    expect(printSchema(lexicographicSortSchema(lazy(eager)))).toBe(printSchema(lexicographicSortSchema(eager)))
  })

  it('knows its roots, and takes no type for one that is not', () => {
    for (const operation of Object.values(OperationTypeNode)) expect(lazy(eager).getRootType(operation)?.name).toBe(eager.getRootType(operation)?.name)
    const usual = buildSchema('type Query { a: Int } type Subscription { b: Int }')
    for (const operation of Object.values(OperationTypeNode)) expect(lazy(usual).getRootType(operation)?.name).toBe(usual.getRootType(operation)?.name)
  })

  it('knows who implements and who belongs to what', () => {
    const schema = lazy(eager)
    for (const type of Object.values(eager.getTypeMap()).filter(isAbstractType)) {
      const there = schema.getType(type.name)
      if (!isAbstractType(there)) throw new TypeError(`${type.name} is another kind of type`)
      expect(schema.getPossibleTypes(there).map(({ name }) => name).toSorted()).toEqual(eager.getPossibleTypes(type).map(({ name }) => name).toSorted())
      for (const name of ['Item', 'Other', 'Root', 'Named']) {
        const [mine, its] = [schema.getType(name), eager.getType(name)] as never[]
        expect(schema.isSubType(there, mine as never)).toBe(eager.isSubType(type, its as never))
      }
    }
  })

  it('makes for an operation only the types around it, and those of its own directives', () => {
    const asked = new Set<string>()
    const { types, ...rest } = schemaTextsOf(eager)
    const watched = new Map(types)
    watched.get = (name) => {
      asked.add(name)
      return types.get(name)
    }
    const rules = specifiedRules.map((rule) => rule === KnownTypeNamesRule ? knownTypeNamesRule : rule)
    expect(validate(new LazySchema({ types: watched, ...rest }), parse('{ any { ... on Other { id } } }'), rules)).toEqual([])
    expect([...asked].toSorted()).toEqual(['Any', 'Deep', 'Either', 'Item', 'Named', 'Other', 'Role', 'Root', 'Url'])
  })

  it('gives the same type each time, and none for a name that it does not have', () => {
    const schema = lazy(eager)
    expect(schema.getType('Item')).toBe(schema.getTypeMap()['Item'])
    expect(schema.getType('Nothing')).toBeUndefined()
    expect(schema.getType('constructor')).toBeUndefined()
    expect(schema.getType('__Type')).toBe(eager.getType('__Type'))
  })
})
