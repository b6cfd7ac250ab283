import { createHash } from 'node:crypto'
import { buildQualityPlan, type DataProduct, type NotRunPromise, type QualityCheck } from '../contract/index.ts'
import { describeExpectation, describeMeasure, kindOf, unitOf } from './describe-promise.ts'
import type { ProductPromise } from './promise.ts'

const listed = new WeakMap<DataProduct, readonly ProductPromise[]>()

/** Everything that a product promises, in the order of its contract; what is not evaluated here says why. */
export function listPromises(product: DataProduct): readonly ProductPromise[] {
  const known = listed.get(product)
  if (known !== undefined) return known
  const { checks, notRun } = buildQualityPlan(product)
  const promises = [...checks.map((check) => measuredPromise(product, check)), ...notRun.map((promise) => unmeasuredPromise(product, promise))]
  listed.set(product, promises)
  return promises
}

function measuredPromise(product: DataProduct, check: QualityCheck): ProductPromise {
  const object = product.objects.find(({ typeName }) => typeName === check.typeName)
  const nameOf = (field: string): string => object?.properties.find((property) => property.field === field)?.name ?? field
  const unit = unitOf(check.measure)
  return {
    product,
    id: check.id,
    kind: kindOf(check.measure),
    name: check.name ?? describeMeasure(check.measure, nameOf),
    ...(check.description === undefined ? {} : { description: check.description }),
    target: describeExpectation(check.expectation, unit),
    severity: check.severity,
    ...(unit === undefined ? {} : { unit }),
    typeName: check.typeName,
    evaluation: { kind: 'check', check, fingerprint: fingerprintOf(check) },
  }
}

function unmeasuredPromise(product: DataProduct, promise: NotRunPromise): ProductPromise {
  const { id, name, description, typeName, reason } = promise
  return {
    product,
    id,
    kind: promise.origin === 'sla' ? 'SERVICE_LEVEL' : 'RULE',
    name: name ?? id.slice(id.lastIndexOf('/') + 1),
    ...(description === undefined ? {} : { description }),
    target: description ?? 'see the contract',
    severity: 'error',
    ...(typeName === undefined ? {} : { typeName }),
    evaluation: { kind: 'not-run', reason },
  }
}

function fingerprintOf({ typeName, measure, expectation }: QualityCheck): string {
  return createHash('sha256').update(JSON.stringify([typeName, measure, expectation])).digest('base64url').slice(0, 22)
}
