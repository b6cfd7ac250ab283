/** The domain that is asked while others publish, as a process: one answer, from memory. Prints `ready URL`. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const ANSWER = JSON.stringify({ data: { d0: { __typename: 'D0Query', one: { __typename: 'D0T0', id: '1', name: 'n', amount: 1.5 } } } })

const server = createServer((request, response) => {
  request.resume().on('end', () => response.setHeader('content-type', 'application/json').end(ANSWER))
})
server.listen(0, '127.0.0.1', () => console.log(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`))
process.once('disconnect', () => process.exit())
