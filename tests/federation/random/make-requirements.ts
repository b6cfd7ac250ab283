import type { Random } from '../../testkit/random.ts'
import { isScalar, namedType, type EntityModel, type FieldModel, type TypeModel } from './mesh-model.ts'

/** Adds fields that a home computes from those of other homes: of one, of several, nested, with arguments, of computed ones. */
export function addRequirements(random: Random, entity: EntityModel): void {
  for (const { subgraph } of entity.homes) {
    const needs = entity.fields.filter((field) => !field.owners.includes(subgraph) && field.overrides === undefined).map((field) => required(random, field, subgraph)).filter((text) => text !== undefined)
    if (needs.length === 0 || !random.chance(0.55)) continue
    const chosen = random.some(needs, 1, 0.35)
    const chained = chosen.filter((need) => need.endsWith('_computed'))
    entity.fields.push({ name: `${subgraph}_computed`, type: { kind: 'scalar', name: 'String' }, owners: [subgraph], requires: (chained.length > 0 ? chosen.filter((need) => !need.includes('{')) : chosen).join(' ') })
  }
}

/** How a field is asked for in a field set; undefined when it is not. */
function required(random: Random, field: FieldModel, subgraph: string): string | undefined {
  if (field.argument !== undefined && field.argument !== 'number') return undefined
  // Of longer or nested chains back and forth between subgraphs, Apollo's planner loses parts (README of gateway/plan).
  if (field.requires !== undefined && /[{]|_computed/.test(field.requires)) return undefined
  const asked = field.argument === undefined || random.chance(0.3) ? field.name : `${field.name}(n: ${random.below(3)})`
  if (isScalar(field.type)) return asked
  const named = namedType(field.type)
  if (named.kind === 'value') {
    const parts = named.value.fields.filter((part) => isScalar(part.type))
    return parts.length === 0 ? undefined : `${asked} { ${random.some(parts, 1).map((part) => part.name).join(' ')} }`
  }
  if (named.kind !== 'entity') return undefined
  const leaves = named.entity.fields.filter((one) => isPlainLeaf(one) && !one.owners.includes(subgraph))
  return leaves.length === 0 ? undefined : `${asked} { ${random.some(leaves, 1, 0.3).map((one) => one.name).join(' ')} }`
}

/** A field of the returned entity that the subgraph, which does not own it, can give along. */
export function pickProvided(random: Random, type: TypeModel, subgraph: string): string | undefined {
  const named = namedType(type)
  if (named.kind !== 'entity' || !random.chance(0.4)) return undefined
  const leaves = named.entity.fields.filter((one) => isPlainLeaf(one) && !one.owners.includes(subgraph))
  return leaves.length === 0 ? undefined : random.pick(leaves).name
}

function isPlainLeaf(field: FieldModel): boolean {
  return isScalar(field.type) && field.argument === undefined && field.requires === undefined && field.overrides === undefined && field.fromContext === undefined
}
