/** The gateway's own subgraph about data products: what there is, what words mean, who answers for it, and what will change. */
export const CATALOG_SDL = `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@authenticated"])

type Query {
  "The data products of the mesh: who may sign in may know that they exist; what is in them, those who may read it."
  catalog: CatalogQuery @authenticated
}

type CatalogQuery @authenticated {
  "Products whose own words, fields or meanings all words of \`search\` lead to, the nearest first; without \`search\` by domain and name. At most 500."
  products(search: String, domain: String, first: Int! = 50, "A \`urn\`: those after it." after: ID): [CatalogProduct!]
  product(urn: ID!): CatalogProduct
  domains: [CatalogDomain!]
  "What words mean and where: a word with several meanings is listed once with all of them, those with the most meanings first. At most 500."
  words(search: String, first: Int! = 50): [CatalogWord!]
  "What goes away, the soonest first, among what you may read."
  deprecations: [CatalogDeprecation!]
  "Changes that concern what you really use, by the client and subject of your token: what broke, and what will. The newest first, at most 500."
  notices(first: Int! = 50): [CatalogNotice!]
}

type CatalogDomain @authenticated {
  name: String!
  products: [CatalogProduct!]!
  "Newest published state; null where the mesh has no registry."
  version: CatalogVersion
}

type CatalogProduct @authenticated {
  "\`urn:dataproduct:<domain>:<product>:<major>\`."
  urn: ID!
  domain: String!
  name: String!
  title: String
  description: String
  "Semantic version of the contract."
  version: String!
  status: String!
  "Team or person that answers for it."
  owner: String
  ownerEmail: String
  "Whether you may read it, and how to be allowed to."
  access: CatalogAccess!
  "Its objects that you may read; others are not named."
  objects: [CatalogObject!]!
  "How many of its promises stand how; null when its domain does not say."
  promiseCounts: CatalogPromiseCounts
  "What it promises and how that stands, as far as it is about what you may read; null when its domain does not say."
  promises: [CatalogPromise!]
  "It goes away as a whole."
  deprecation: CatalogEnd
  "Steps of the graph that changed its domain, the newest first; at most 100."
  versions(first: Int! = 10): [CatalogVersion!]
  "Who used it in the last 30 days, for those who may publish or approve in its domain; null for others."
  consumers: [CatalogConsumer!]
}

type CatalogAccess @authenticated {
  "You may read some of it now, at least masked."
  readable: Boolean!
  "Any one of these opens it; empty: a token does."
  scopes: [String!]!
  agreementRequired: Boolean!
  "How the newest of your agreements on it stands: \`requested\`, \`approved\`, \`rejected\`, \`revoked\` or \`expired\`."
  agreement: String
  "What you would need that you do not have, and how to ask; empty where there is nothing to ask for."
  how: [String!]!
}

type CatalogObject @authenticated {
  "As the contract names it."
  name: String!
  "Type in the graph."
  typeName: String!
  "Field under the domain that lists it."
  field: String!
  description: String
  "What it is: a sense of the lexicon, for example sales.Customer."
  sense: String
  deprecation: CatalogEnd
  "Fields that you may read, in clear or masked; others are not named."
  fields: [CatalogField!]!
}

type CatalogField @authenticated {
  name: String!
  "\`Type.field\`, for \`access { explain(coordinates:) }\`."
  coordinate: String!
  "Type in the graph."
  type: String!
  description: String
  "Part of the primary key."
  key: Boolean!
  classification: String
  "You get masked values."
  masked: Boolean!
  deprecation: CatalogEnd
}

type CatalogEnd @authenticated {
  "Last day, YYYY-MM-DD."
  until: String
  "What to use instead, as the contract names it."
  replacedBy: String
}

type CatalogDeprecation @authenticated {
  "A product's \`urn\`, \`Type\` or \`Type.field\`."
  what: String!
  product: ID!
  until: String
  replacedBy: String
}

"Only what is kept counts as kept."
type CatalogPromiseCounts @authenticated { kept: Int! broken: Int! notRun: Int! unknown: Int! }

type CatalogPromise @authenticated {
  id: String!
  name: String!
  description: String
  kind: String!
  "What was promised, in words."
  target: String!
  severity: String!
  "\`KEPT\`, \`BROKEN\`, \`NOT_RUN\` or \`UNKNOWN\`; only the first counts as kept."
  state: String!
  "For callers who may read all the rows that it is about."
  measured: Float
  unit: String
  measuredAt: String
  since: String
  reason: String
}

type CatalogVersion @authenticated {
  "Step of the graph."
  step: Int!
  "\`publish\`, \`rollback\`, \`retire\`, \`promote\` …"
  kind: String!
  "Version of the domain's subgraph from then on; null when it left the graph."
  version: Int
  at: String!
  by: String!
  reason: String!
}

type CatalogConsumer @authenticated {
  "Client, or the subject where a token names none."
  consumer: String!
  operations: Int!
  calls: Int!
  lastSeenAt: String!
}

type CatalogWord @authenticated {
  word: String!
  "Several domains use it, and not for the same."
  isAmbiguous: Boolean!
  meanings: [CatalogMeaning!]!
}

type CatalogMeaning @authenticated {
  "For example sales.Customer."
  sense: String!
  domain: String!
  "What the domain means by it."
  definition: String
  "What one row is."
  grain: String
  "Concept of the lexicon; null: nobody has declared what this is."
  concept: String
  product: CatalogProduct
  "Type in the graph, for those who may read it."
  typeName: String
}

type CatalogNotice @authenticated {
  "Step of the graph."
  step: Int!
  kind: String!
  domain: String
  "Which of your names it is about."
  consumer: String!
  at: String!
  by: String!
  reason: String!
  operations: [CatalogNoticedOperation!]!
}

type CatalogNoticedOperation @authenticated {
  operation: String!
  calls: Int!
  "It fails from this step on."
  breaksOn: [CatalogNoticedPart!]!
  "It still works; these go away."
  goingAway: [CatalogNoticedPart!]!
}

type CatalogNoticedPart @authenticated { coordinate: String! says: String! }
`.trimStart()
