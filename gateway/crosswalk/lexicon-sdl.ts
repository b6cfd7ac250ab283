/** Types of the crosswalk that are the same for every lexicon. */
export const LEXICON_SDL = `scalar DateTime

"SKOS mapping relations; only EXACT_MATCH makes two records one thing."
enum MappingPredicate { EXACT_MATCH CLOSE_MATCH BROAD_MATCH NARROW_MATCH RELATED_MATCH }

enum MappingStatus { PROPOSED APPROVED SUPERSEDED REJECTED }

enum MappingRule { TABLE SHARED_IDENTIFIER NORMALIZED_VALUE LIFECYCLE }

"A link between two records and why it holds; or that they are not the same (negative); or that there is no counterpart."
type Mapping @authenticated {
  "Mapping of the lexicon that it belongs to."
  mapping: ID!
  rule: MappingRule!
  "Read from this record to the counterpart."
  predicate: MappingPredicate!
  "The two are known not to belong together."
  negative: Boolean!
  from: ConceptMember!
  "Null: a counterpart was looked for and there is none."
  to: ConceptMember
  confidence: Float!
  "Term of the SEMAPV vocabulary."
  justification: String!
  "Link table, rule or tool that it comes from."
  source: String!
  author: String
  "Who approved it."
  reviewer: String
  comment: String
  validFrom: DateTime
  validTo: DateTime
  "Since when this has been believed."
  recordedAt: DateTime!
  status: MappingStatus!
}

"Two records that are known not to be one, and the links that lead from one to the other; the weakest of them does not count."
type IdentityConflict @authenticated { negative: Mapping! path: [Mapping!]! }

"A record of a domain, by its sense and key."
type ConceptMember @authenticated {
  "For example sales.Customer."
  sense: String!
  key: [String!]!
}

"What a word means."
type Term @authenticated {
  name: String!
  concepts: [TermConcept!]!
  vocabularies: [TermVocabulary!]!
}

type TermConcept @authenticated {
  id: ID!
  name: String!
  type: String!
  definition: String!
  synonyms: [String!]!
  examples: [String!]!
  notToBeConfusedWith: [TermConfusion!]!
  broader: [TermReference!]!
  narrower: [TermReference!]!
  related: [TermReference!]!
  steward: String
  workingGroup: String
  status: String!
  history: [TermChange!]!
  senses: [TermSense!]!
}

type TermReference @authenticated { id: ID! name: String! definition: String! }

type TermConfusion @authenticated { concept: TermReference! because: String! }

type TermChange @authenticated { date: String! by: String! change: String! }

"What one domain means by the word."
type TermSense @authenticated {
  "For example sales.Customer."
  name: String!
  domain: String!
  definition: String!
  grain: String!
  key: [String!]!
  synonyms: [String!]!
  examples: [String!]!
  "Type in the graph; null for a metric."
  typeName: String
  fields: [String!]!
  "Data product that has it, as a URN."
  product: String
  "Metrics: the rule in words."
  measure: String
  mappings: [TermMapping!]!
}

type TermMapping @authenticated {
  id: ID!
  to: String!
  predicate: MappingPredicate!
  cardinality: String!
  rule: MappingRule!
  definition: String
  status: MappingStatus!
}

type TermVocabulary @authenticated {
  id: ID!
  name: String!
  definition: String!
  fields: [String!]!
  values: [TermValue!]!
}

type TermValue @authenticated { code: String! label: String! spellings: [String!]! }`
