import { createServer } from 'node:net'

/** The preferred port when nobody listens on it, otherwise 0: any free one. */
export async function preferPort(preferred: number): Promise<number> {
  if (preferred > 65_535) return 0
  const server = createServer()
  const isFree = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(preferred, '127.0.0.1', () => resolve(true))
  })
  if (isFree) await new Promise((resolve) => server.close(resolve))
  return isFree ? preferred : 0
}
