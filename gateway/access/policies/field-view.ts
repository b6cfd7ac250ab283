import type { CedarRequest } from './cedar-engine.ts'
import type { PolicyField, PolicyProduct } from './policy-mesh.ts'
import { entityKey, type PolicyReach } from './policy-reach.ts'

/** A field of a data product as policies see it. */
export interface FieldView {
  readonly uid: { readonly type: 'Field'; readonly id: string }
  readonly entities: CedarRequest['entities']
  /** Equal for two fields about which no policy decides differently. */
  readonly classKey: string
}

/** Shows a field to Cedar, with the object, product and domain that it belongs to. */
export function viewField(field: PolicyField, product: PolicyProduct, reach: PolicyReach): FieldView {
  const uid = { type: 'Field', id: field.coordinate } as const
  const object = { type: 'Object', id: field.object }
  const attributes = {
    name: field.name,
    object: field.object,
    product: field.product,
    domain: field.domain,
    classification: field.classification,
    type: field.type,
    key: field.key,
    readScopes: [...product.readScopes],
    fieldScopes: [...field.readScopes],
    needsAgreement: product.needsAgreement,
  }
  const seen = Object.entries(attributes).map(([name, value]) => seenValue(name, value, reach))
  const named = [uid, object].filter((entity) => reach.entities.has(entityKey(entity.type, entity.id))).map((entity) => entity.id)
  return {
    uid,
    entities: [
      { uid, attrs: attributes, parents: [object, { type: 'Classification', id: field.classification }] },
      { uid: object, attrs: {}, parents: [{ type: 'Product', id: field.product }] },
      { uid: { type: 'Product', id: field.product }, attrs: {}, parents: [{ type: 'Domain', id: field.domain }] },
    ],
    classKey: JSON.stringify([field.product, field.classification, named, seen]),
  }
}

function seenValue(name: string, value: unknown, reach: PolicyReach): unknown {
  if (reach.attributes.has(name)) return value
  const texts = reach.comparedTexts.get(name)
  return typeof value === 'string' && texts?.has(value) === true ? value : null
}
