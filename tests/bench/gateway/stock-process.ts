/** The stock gateway: `@apollo/server` with `@apollo/gateway`, as its documentation starts it. Argument: JSON of name → URL. */
import { ApolloGateway } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { composeWorkload } from './compose-workload.ts'

const urls = JSON.parse(process.argv[2] ?? '{}') as Record<string, string>
const server = new ApolloServer({ gateway: new ApolloGateway({ supergraphSdl: composeWorkload(urls).sdl }) })
const { url } = await startStandaloneServer(server, { listen: { port: 0, host: '127.0.0.1' } })
console.log(`ready ${url}`)
