/** The gateway's own subgraph about access: what a caller may, and how to be allowed more. */
export const ACCESS_SDL = `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@authenticated"])

type Query {
  "Your own access: who you are to the gateway, what you may, and why not more."
  access: AccessQuery @authenticated
}

type AccessQuery @authenticated {
  "Who the gateway takes you for."
  caller: AccessCaller
  "What you get of types and fields (\`SalesCustomer\`, \`SalesCustomer.email\`), by which rule, and what would change it; at most 200. One that no rule is about is left out: everybody may have it."
  explain(coordinates: [String!]!): [AccessExplanation!]
  "Your own agreements, and those on products that you own."
  agreements(product: String, state: AccessAgreementState): [AccessAgreement!]
  "Your own personal tokens, without their secrets."
  tokens: [AccessToken!]
}

type AccessCaller @authenticated {
  issuer: String!
  subject: String!
  client: String
  scopes: [String!]!
  roles: [String!]!
  "The purpose that this request names in \`x-purpose\`."
  purpose: String
}

type AccessExplanation @authenticated {
  coordinate: String!
  "\`clear\`, \`denied\`, or \`masked\` with the kind of mask."
  decision: String!
  "The rules that decided."
  because: [String!]!
  "Which rows of a type you see, and whose rule says so; null: all of them."
  rows: [String!]
  "What you would need to see it in clear, and all of it."
  change: String
}

enum AccessAgreementState { requested approved rejected revoked expired }

"Who may read a product that needs it, for what purpose, until when."
type AccessAgreement @authenticated {
  id: ID!
  state: AccessAgreementState!
  "\`domain/product\`"
  product: String!
  "The OAuth client, or the team whose people are named."
  consumer: String!
  "Who may; empty: whoever uses the client."
  people: [String!]!
  purpose: String!
  useCase: String!
  "Last day, YYYY-MM-DD."
  until: String!
  "Who decides about it."
  owners: [String!]!
  history: [AccessAgreementStep!]!
}

type AccessAgreementStep @authenticated {
  kind: AccessAgreementState!
  actor: String!
  at: String!
  reason: String
}

type AccessToken @authenticated {
  id: ID!
  name: String!
  scopes: [String!]!
  createdAt: String!
  expiresAt: String!
  "\`valid\`, \`expired\` or \`revoked\`."
  state: String!
}

input AccessRequestInput {
  "\`domain/product\`"
  product: String!
  consumer: String!
  "Default: you."
  people: [String!]
  "One word; requests then carry it in \`x-purpose\`."
  purpose: String!
  useCase: String!
  "Last day, YYYY-MM-DD."
  until: String!
}

"A token that was just made; this is the only time that its secret is to be seen."
type AccessNewToken @authenticated {
  secret: String!
  token: AccessToken!
}

type Mutation {
  "Asks a product's owner for access."
  requestAccess(request: AccessRequestInput!): AccessAgreement @authenticated
  "Approves a request for access to a product that you own."
  approveAccess(id: ID!, reason: String): AccessAgreement @authenticated
  "Rejects a request for access to a product that you own."
  rejectAccess(id: ID!, reason: String): AccessAgreement @authenticated
  "Ends an agreement on a product that you own; it holds within a second."
  revokeAccess(id: ID!, reason: String): AccessAgreement @authenticated
  "Makes a token for a tool that cannot sign in, with some of your scopes, for 1 to 366 days."
  createAccessToken(name: String!, scopes: [String!]!, days: Int! = 90): AccessNewToken @authenticated
  "Stops one of your personal tokens."
  revokeAccessToken(id: ID!): AccessToken @authenticated
}
`.trimStart()
