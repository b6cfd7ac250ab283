import { GatewayError } from '@polyseme/kit/errors'

/** The value of `--port`. @throws COMMAND_INVALID */
export function readPort(value: unknown): number {
  const port = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN
  if (port <= 65_535) return port
  throw new GatewayError('COMMAND_INVALID', `--port takes a number from 0 to 65535${typeof value === 'string' ? `, not "${value}"` : ''}`)
}
