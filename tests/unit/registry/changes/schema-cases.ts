/** One case a kind of schema change: what stands before and after; what is said about it stands in the golden file. */
export interface SchemaCase {
  readonly kind: string
  readonly before: string
  readonly after: string
}

const QUERY = 'type Query { a: Int }'

function around(kind: string, before: string, after: string): SchemaCase {
  return { kind, before: `${QUERY}\n${before}`, after: `${QUERY}\n${after}` }
}

export const SCHEMA_CASES: readonly SchemaCase[] = [
  around('field-removed', 'type T { a: Int b: Int }', 'type T { a: Int }'),
  around('field-removed', 'type T { a: Int b: Int @deprecated(reason: "use a") }', 'type T { a: Int }'),
  around('field-added', 'type T { a: Int }', 'type T { a: Int b: Int }'),
  around('field-type-changed', 'type T { a: Int }', 'type T { a: String }'),
  around('field-type-changed', 'type T { a: Int! }', 'type T { a: Int }'),
  around('field-type-changed', 'type T { a: Int }', 'type T { a: Int! }'),
  around('field-type-changed', 'type T { a: Int }', 'type T { a: [Int] }'),
  around('field-description-added', 'type T { a: Int }', 'type T { "it" a: Int }'),
  around('field-description-removed', 'type T { "it" a: Int }', 'type T { a: Int }'),
  around('field-description-changed', 'type T { "it" a: Int }', 'type T { "that" a: Int }'),
  around('field-deprecation-added', 'type T { a: Int }', 'type T { a: Int @deprecated(reason: "use b") }'),
  around('field-deprecation-removed', 'type T { a: Int @deprecated(reason: "use b") }', 'type T { a: Int }'),
  around('field-deprecation-reason-changed', 'type T { a: Int @deprecated(reason: "use b") }', 'type T { a: Int @deprecated(reason: "use c") }'),
  around('field-argument-added', 'type T { a: Int }', 'type T { a(x: Int!): Int }'),
  around('field-argument-added', 'type T { a: Int }', 'type T { a(x: Int): Int }'),
  around('field-argument-added', 'type T { a: Int }', 'type T { a(x: Int! = 1): Int }'),
  around('field-argument-removed', 'type T { a(x: Int): Int }', 'type T { a: Int }'),
  around('field-argument-type-changed', 'type T { a(x: Int): Int }', 'type T { a(x: String): Int }'),
  around('field-argument-type-changed', 'type T { a(x: Int): Int }', 'type T { a(x: Int!): Int }'),
  around('field-argument-type-changed', 'type T { a(x: Int!): Int }', 'type T { a(x: Int): Int }'),
  around('field-argument-default-changed', 'type T { a(x: Int = 1): Int }', 'type T { a(x: Int = 2): Int }'),
  around('field-argument-description-changed', 'type T { a("it" x: Int): Int }', 'type T { a("that" x: Int): Int }'),
  around('input-field-added', 'input I { a: Int }', 'input I { a: Int b: Int! }'),
  around('input-field-added', 'input I { a: Int }', 'input I { a: Int b: Int }'),
  around('input-field-added', 'input I { a: Int }', 'input I { a: Int b: Int! = 1 }'),
  around('input-field-removed', 'input I { a: Int b: Int }', 'input I { a: Int }'),
  around('input-field-type-changed', 'input I { a: Int }', 'input I { a: Int! }'),
  around('input-field-type-changed', 'input I { a: Int! }', 'input I { a: Int }'),
  around('input-field-type-changed', 'input I { a: Int }', 'input I { a: String }'),
  around('input-field-default-value-changed', 'input I { a: Int = 1 }', 'input I { a: Int = 2 }'),
  around('input-field-description-added', 'input I { a: Int }', 'input I { "it" a: Int }'),
  around('input-field-description-removed', 'input I { "it" a: Int }', 'input I { a: Int }'),
  around('input-field-description-changed', 'input I { "it" a: Int }', 'input I { "that" a: Int }'),
  around('enum-value-removed', 'enum E { A B }', 'enum E { A }'),
  around('enum-value-added', 'enum E { A }', 'enum E { A B }'),
  around('enum-value-description-changed', 'enum E { "it" A }', 'enum E { "that" A }'),
  around('enum-value-deprecation-reason-added', 'enum E { A }', 'enum E { A @deprecated(reason: "use B") }'),
  around('enum-value-deprecation-reason-removed', 'enum E { A @deprecated(reason: "use B") }', 'enum E { A }'),
  around('enum-value-deprecation-reason-changed', 'enum E { A @deprecated(reason: "use B") }', 'enum E { A @deprecated(reason: "use C") }'),
  around('union-member-removed', 'type A { a: Int } type B { b: Int } union U = A | B', 'type A { a: Int } type B { b: Int } union U = A'),
  around('union-member-added', 'type A { a: Int } type B { b: Int } union U = A', 'type A { a: Int } type B { b: Int } union U = A | B'),
  around('object-type-interface-removed', 'interface N { a: Int } type T implements N { a: Int }', 'interface N { a: Int } type T { a: Int }'),
  around('object-type-interface-added', 'interface N { a: Int } type T { a: Int }', 'interface N { a: Int } type T implements N { a: Int }'),
  around('type-removed', 'type T { a: Int }', ''),
  around('type-added', '', 'type T { a: Int }'),
  around('type-kind-changed', 'type T { a: Int }', 'interface T { a: Int }'),
  around('type-kind-changed', 'input T { a: Int }', 'scalar T'),
  around('type-description-added', 'type T { a: Int }', '"it" type T { a: Int }'),
  around('type-description-removed', '"it" type T { a: Int }', 'type T { a: Int }'),
  around('type-description-changed', '"it" type T { a: Int }', '"that" type T { a: Int }'),
  around('directive-removed', 'directive @d on FIELD', ''),
  around('directive-added', '', 'directive @d on FIELD'),
  around('directive-description-changed', '"it" directive @d on FIELD', '"that" directive @d on FIELD'),
  around('directive-location-removed', 'directive @d on FIELD | QUERY', 'directive @d on FIELD'),
  around('directive-location-added', 'directive @d on FIELD', 'directive @d on FIELD | QUERY'),
  around('directive-argument-added', 'directive @d on FIELD', 'directive @d(x: Int!) on FIELD'),
  around('directive-argument-added', 'directive @d on FIELD', 'directive @d(x: Int) on FIELD'),
  around('directive-argument-removed', 'directive @d(x: Int) on FIELD', 'directive @d on FIELD'),
  around('directive-argument-type-changed', 'directive @d(x: Int) on FIELD', 'directive @d(x: String) on FIELD'),
  around('directive-argument-default-value-changed', 'directive @d(x: Int = 1) on FIELD', 'directive @d(x: Int = 2) on FIELD'),
  around('directive-argument-description-changed', 'directive @d("it" x: Int) on FIELD', 'directive @d("that" x: Int) on FIELD'),
  around('directive-repeatable-removed', 'directive @d repeatable on FIELD', 'directive @d on FIELD'),
  around('directive-repeatable-added', 'directive @d on FIELD', 'directive @d repeatable on FIELD'),
  { kind: 'schema-mutation-type-changed', before: `${QUERY} type Mutation { b: Int }`, after: `schema { query: Query } ${QUERY} type Mutation { b: Int }` },
]
