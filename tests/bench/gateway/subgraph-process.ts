/**
 * One subgraph as a process: answers each distinct request from memory after the first time, on bare sockets, so that it
 * costs little beside the gateway. Prints its port. Arguments: name, delay in ms.
 */
import { graphql } from 'graphql'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { subgraphSchema, type SubgraphName } from './workload.ts'

const [name, delay = '0'] = process.argv.slice(2) as [SubgraphName, string?]
const schema = subgraphSchema(name)
const delayMs = Number(delay)
const answers = new Map<string, Buffer>()
let requests = 0

async function answer(body: string): Promise<Buffer> {
  const known = answers.get(body)
  if (known !== undefined) return known
  const { query, variables } = JSON.parse(body) as { query: string; variables?: Record<string, unknown> }
  const result = Buffer.from(JSON.stringify(await graphql({ schema, source: query, variableValues: variables ?? {} })))
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${result.length}\r\n\r\n`
  const whole = Buffer.concat([Buffer.from(head), result])
  answers.set(body, whole)
  return whole
}

function serve(socket: Socket): void {
  let pending: Buffer = Buffer.alloc(0)
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    for (;;) {
      const end = pending.indexOf('\r\n\r\n')
      if (end === -1) return
      const head = pending.toString('latin1', 0, end)
      if (head.startsWith('GET ')) {
        pending = pending.subarray(end + 4)
        const count = String(requests)
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${count.length}\r\n\r\n${count}`)
        continue
      }
      const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0)
      if (pending.length < end + 4 + length) return
      const body = pending.toString('utf8', end + 4, end + 4 + length)
      pending = pending.subarray(end + 4 + length)
      requests++
      const known = answers.get(body)
      if (known !== undefined && delayMs === 0) {
        socket.write(known)
        continue
      }
      void answer(body).then((whole) => {
        if (delayMs === 0) socket.write(whole)
        else setTimeout(() => socket.write(whole), delayMs)
      })
    }
  })
}

const server = createServer(serve)
server.listen(0, '127.0.0.1', () => console.log(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`))
