import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** Answers as a domain with a row for every key would, after a given time; tells its port, ends with its parent. */
const delayMs = Number(process.argv[2])

const CUSTOMERS = Array.from({ length: 1_000 }, (_, at) => ({
  __typename: 'SalesCustomer',
  customerId: at + 1,
  name: `Customer ${at + 1}`,
}))

const server = createServer((request, response) => {
  void buffer(request).then((body) => {
    const { variables = {} } = JSON.parse(body.toString()) as { variables?: Record<string, unknown> }
    const representations = Object.values(variables).find((value) => Array.isArray(value)) as readonly { customerId: number }[] | undefined
    const data =
      representations === undefined
        ? { sales: { customers: CUSTOMERS } }
        : { _entities: representations.map(({ customerId }) => ({ openBalance: `${customerId}.50` })) }
    response.setHeader('content-type', 'application/json')
    const text = JSON.stringify({ data })
    if (delayMs === 0) response.end(text)
    else setTimeout(() => response.end(text), delayMs)
  })
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.once('disconnect', () => process.exit(0))
