import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { runWorker } from '../../../gateway/workers/index.ts'

// A worker that does nothing but answer, that ends when it is asked for `/end` and hangs when it is asked for `/hang`.
runWorker(async (task) => {
  const { number } = task as { readonly number: number }
  const server = createServer((request, response) => {
    if (request.url === '/end') process.exit(3)
    if (request.url === '/hang') for (;;);
    response.end(String(number))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    metrics: () => '',
    close: async () => await new Promise((resolve) => { server.close(() => resolve()) }),
  }
})
