import { GatewayError } from '../errors/index.ts'
import { getProperty, type ObjectModel } from './domain-model.ts'

/** Text under which a key's value is looked for. @throws BAD_USER_INPUT */
export function keyText(object: ObjectModel, field: string, value: unknown): string {
  const property = getProperty(object, field)
  const mapped = property.values === undefined ? value : property.values.find((entry) => entry.name === value)?.value
  if (typeof mapped === 'string' || typeof mapped === 'number' || typeof mapped === 'boolean') return String(mapped)
  throw new GatewayError('BAD_USER_INPUT', `${object.object.typeName}.${field}: this is not a value of a key`)
}
