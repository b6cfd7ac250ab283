import { buildSubgraphSchema } from '@apollo/subgraph'
import { parse, type GraphQLSchema } from 'graphql'

/** The four domains of the public gateways benchmark, rebuilt: same schema, same number and size of records. */
export const SUBGRAPHS = ['accounts', 'inventory', 'products', 'reviews'] as const
export type SubgraphName = (typeof SUBGRAPHS)[number]

const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@external", "@requires", "@provides", "@shareable"])\n'

export const SDL: Readonly<Record<SubgraphName, string>> = {
  accounts: `${LINK}
    type Query { me: User user(id: ID!): User users: [User] }
    type User @key(fields: "id") { id: ID! name: String username: String @shareable birthday: Int }`,
  inventory: `${LINK}
    type Product @key(fields: "upc") {
      upc: String! weight: Int @external price: Int @external inStock: Boolean
      shippingEstimate: Int @requires(fields: "price weight")
    }`,
  products: `${LINK}
    type Query { topProducts(first: Int = 5): [Product] }
    type Product @key(fields: "upc") { upc: String! name: String price: Int weight: Int }`,
  reviews: `${LINK}
    type Review @key(fields: "id") { id: ID! body: String product: Product author: User @provides(fields: "username") }
    type User @key(fields: "id") { id: ID! username: String @external reviews: [Review] }
    type Product @key(fields: "upc") { upc: String! reviews: [Review] }`,
}

/** The benchmark's query: the answer has 87.6 KB. */
export const NESTED_QUERY = `fragment User on User { id username name }
fragment Review on Review { id body }
fragment Product on Product { inStock name price shippingEstimate upc weight }
query TestQuery {
  users { ...User reviews { ...Review product { ...Product reviews { ...Review author { ...User reviews { ...Review product { ...Product } } } } } } }
  topProducts { ...Product reviews { ...Review author { ...User reviews { ...Review product { ...Product } } } } }
}`

/** One root field of one domain, about 1 KB. */
export const SMALL_QUERY = 'query Small { users { id username name birthday } me { id username name birthday } }'

const users = ['Ada Lovelace', 'Grace Hopper', 'Edsger Dijkstra', 'Barbara Liskov', 'Tony Hoare', 'Radia Perlman'].map((name, index) => ({
  id: String(index + 1), name, username: name.toLowerCase().replace(' ', '.'), birthday: 1_234_567_890,
}))
const products = ['Table', 'Couch', 'Glass', 'Chair', 'TV', 'Lamp', 'Grill', 'Fridge', 'Sofa'].map((name, index) => ({
  upc: String(index + 1), name, price: [899, 1299, 15, 499, 1299, 6999, 3999, 100_000, 9999][index] ?? 0, weight: [100, 1000, 20, 100, 1000, 300, 2000, 6000, 800][index] ?? 0,
}))
const inStock = new Set(['1', '5', '6', '7', '9'])
const WORDS = 'a table that stands where one puts it and holds what one lays on it is all that a room asks of it '.split(' ')
const reviews = ([['1', 446], ['1', 291], ['1', 277], ['1', 145], ['2', 446], ['2', 291], ['2', 277], ['2', 145], ['3', 145], ['4', 145], ['4', 866]] as const).map(([upc, length], index) => {
  let body = ''
  for (let word = index; body.length < length; word++) body += `${WORDS[word % WORDS.length] ?? ''} `
  return { id: String(index + 1), body: body.slice(0, length), upc }
})

type Row = Readonly<Record<string, unknown>>

const review = ({ id, body, upc }: (typeof reviews)[number]): Row => ({ id, body, product: { upc } })
const firstReviews = (): readonly Row[] => reviews.slice(0, 2).map(review)

/** A subgraph that can be executed; the static servers answer from a cache of what it says. */
export function subgraphSchema(name: SubgraphName): GraphQLSchema {
  const resolvers = {
    accounts: {
      Query: { me: () => users[0], user: (_: unknown, { id }: { id: string }) => users.find((user) => user.id === id), users: () => users },
      User: { __resolveReference: ({ id }: { id: string }) => users.find((user) => user.id === id) },
    },
    inventory: {
      Product: {
        __resolveReference: (representation: Row) => ({ ...representation, inStock: inStock.has(String(representation['upc'])) }),
        shippingEstimate: ({ price, weight }: { price?: number; weight?: number }) => (price === undefined || weight === undefined ? null : price > 1_000 ? 0 : Math.floor(weight / 2)),
      },
    },
    products: {
      Query: { topProducts: (_: unknown, { first }: { first: number }) => products.slice(0, first) },
      Product: { __resolveReference: ({ upc }: { upc: string }) => products.find((product) => product.upc === upc) },
    },
    reviews: {
      Review: { __resolveReference: ({ id }: { id: string }) => reviews.filter((one) => one.id === id).map(review)[0], author: () => ({ id: '1', username: users[0]?.username }) },
      User: { reviews: firstReviews },
      Product: { reviews: ({ upc }: { upc: string }) => reviews.filter((one) => one.upc === upc).map(review) },
    },
  }[name]
  return buildSubgraphSchema([{ typeDefs: parse(SDL[name]), resolvers }])
}
