import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { preferPort } from '../../../gateway/cli/demo/prefer-port.ts'

describe('preferPort', () => {
  it('gives the port when nobody listens on it, and any free one when somebody does', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    expect(await preferPort(port)).toBe(0)
    server.close()
    await once(server, 'close')
    expect(await preferPort(port)).toBe(port)
  })

  it('gives any free one for a port that there is not', async () => {
    expect(await preferPort(65_536)).toBe(0)
  })
})
