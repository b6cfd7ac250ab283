import type { Random } from '../../testkit/random.ts'
import { listOf, nonNull, type ScalarName, type TypeModel } from './mesh-model.ts'

const SCALARS: readonly ScalarName[] = ['String', 'String', 'Int', 'Float', 'Boolean', 'ID', 'Color', 'Stamp']

export function scalar(random: Random): TypeModel {
  const type: TypeModel = { kind: 'scalar', name: random.pick(SCALARS) }
  return random.chance(0.3) ? nonNull(type) : type
}

export function leaf(random: Random): TypeModel {
  return random.chance(0.2) ? wrap(random, scalar(random)) : scalar(random)
}

export function wrap(random: Random, type: TypeModel): TypeModel {
  const inner = type.kind !== 'nonNull' && random.chance(0.3) ? nonNull(type) : type
  const listed = random.chance(0.5) ? listOf(inner) : inner
  const deeper = listed.kind === 'list' && random.chance(0.1) ? listOf(random.chance(0.5) ? nonNull(listed) : listed) : listed
  return deeper.kind !== 'nonNull' && random.chance(0.2) ? nonNull(deeper) : deeper
}
