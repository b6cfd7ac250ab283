import type { Random } from '../../testkit/random.ts'
import { leaf, scalar } from './make-types.ts'
import { makeInstances } from './make-values.ts'
import { ID, listOf, nonNull, type EntityModel, type FieldModel, type InterfaceModel, type TypeModel, type ValueModel } from './mesh-model.ts'

const STRING: TypeModel = { kind: 'scalar', name: 'String' }

/** An interface with a key that lives in one subgraph; others know it as an `@interfaceObject` and add fields to it. */
export function makeMedia(random: Random, subgraphs: readonly string[]): InterfaceModel {
  const home = random.pick(subgraphs)
  const title: FieldModel = { name: 'title', type: scalar(random), owners: [home] }
  const members = ['Movie', 'Book'].map((name): EntityModel => ({
    name, homes: [{ subgraph: home, keys: ['id'] }], keyStyle: 'id', instances: makeInstances(random, name), keyFields: [ID],
    fields: [title, { name: `${name.toLowerCase()}_own`, type: leaf(random), owners: [home] }],
  }))
  const objectFields = subgraphs.filter((subgraph) => subgraph !== home && random.chance(0.6)).flatMap((subgraph): readonly FieldModel[] => [
    { name: `${subgraph}_media`, type: leaf(random), argument: random.chance(0.2) ? 'number' : undefined, owners: [subgraph] },
    ...(random.chance(0.4) ? [{ name: `${subgraph}_judged`, type: STRING, owners: [subgraph], requires: 'title' }] : []),
  ])
  return { name: 'Media', members, fields: [title], objectFields, home }
}

/** An entity whose values are arguments of the entities below it, which are met nowhere else. */
export function makeShop(random: Random, subgraphs: readonly string[]): { readonly entities: readonly [EntityModel, EntityModel]; readonly roots: readonly FieldModel[] } {
  const [home = '', other = home] = random.some(subgraphs, 2, 0.3)
  const item: EntityModel = {
    name: 'Item', homes: [home, other].map((subgraph) => ({ subgraph, keys: ['id'] })), keyStyle: 'id', instances: makeInstances(random, 'Item'), keyFields: [ID],
    fields: [
      { name: 'price', type: STRING, owners: [home], argument: random.chance(0.5) ? 'number' : undefined, fromContext: { context: 'shop', field: 'currency' } },
      { name: 'weight', type: scalar(random), owners: [home] },
      { name: 'label', type: scalar(random), owners: [other] },
    ],
  }
  const shop: EntityModel = {
    name: 'Shop', homes: [home, other].map((subgraph) => ({ subgraph, keys: ['id'] })), keyStyle: 'id', instances: makeInstances(random, 'Shop'), keyFields: [ID], context: 'shop',
    fields: [
      { name: 'currency', type: STRING, owners: [home] },
      { name: 'best', type: { kind: 'entity', entity: item }, owners: [home] },
      { name: 'items', type: nonNull(listOf({ kind: 'entity', entity: item })), owners: [home] },
      { name: 'rating', type: scalar(random), owners: [other] },
    ],
  }
  return { entities: [shop, item], roots: [{ name: `${random.chance(0.6) ? home : other}_shops`, type: listOf({ kind: 'entity', entity: shop }), owners: [] }].map((root) => ({ ...root, owners: [root.name.split('_')[0] ?? ''] })) }
}

/** What mutations answer: when they came in the order, and what they were asked. */
export function makeReceipt(about: EntityModel): ValueModel {
  return {
    name: 'Receipt',
    fields: [
      { name: 'order', type: nonNull({ kind: 'scalar', name: 'Int' }), owners: [] },
      { name: 'log', type: STRING, owners: [] },
      { name: 'about', type: { kind: 'entity', entity: about }, owners: [] },
    ],
  }
}
