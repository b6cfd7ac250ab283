import type { DataProduct, ProductObject, ProductProperty } from './data-product.ts'
import type { OdcsProperty, OdcsQuality, OdcsSchemaObject } from './odcs-schema.ts'
import type { NotRunPromise, QualityCheck, QualityPlan } from './quality-check.ts'
import { planRule, type RulePlace } from './quality-rule.ts'
import { planSchemaChecks } from './quality-schema.ts'
import { planServiceLevels } from './quality-sla.ts'

/**
 * Everything a product promises of its rows: its quality rules, its service levels, and what its schema says
 * (required, unique, keys, patterns and bounds) where no rule says it already.
 */
export function buildQualityPlan(product: DataProduct): QualityPlan {
  const checks: QualityCheck[] = []
  const notRun: NotRunPromise[] = []
  for (const object of product.objects) {
    const source = product.contract.schema?.find(({ name }) => name === object.name)
    if (source === undefined) continue
    for (const place of rulesOf(source, object)) {
      const planned = planRule(place)
      if (planned.kind === 'check') checks.push(planned.check)
      else notRun.push(planned.promise)
    }
    const said = new Set(checks.map(identityOf))
    checks.push(...planSchemaChecks(object, source).filter((check) => !said.has(identityOf(check))))
  }
  const levels = planServiceLevels(product)
  return withUniqueIds({ checks: [...checks, ...levels.checks], notRun: [...notRun, ...levels.notRun] })
}

function rulesOf(source: OdcsSchemaObject, object: ProductObject): readonly RulePlace[] {
  const ofObject = (source.quality ?? []).map((rule): RulePlace => ({ rule, object }))
  const ofProperties = (source.properties ?? []).flatMap((property) => rulesOfProperty(property, object))
  return [...ofObject, ...ofProperties]
}

function rulesOfProperty(source: OdcsProperty, object: ProductObject): readonly RulePlace[] {
  const property: ProductProperty | undefined = object.properties.find(({ name }) => name === source.name)
  return (source.quality ?? []).map((rule: OdcsQuality) => ({
    rule,
    object,
    written: source.name,
    ...(property === undefined ? {} : { property }),
  }))
}

/** The same measure with the same expectation is one promise, however it is written. */
function identityOf({ typeName, measure, expectation }: QualityCheck): string {
  return JSON.stringify([typeName, measure, expectation])
}

/** A second rule of the same kind at the same place gets `-2`. */
function withUniqueIds(plan: QualityPlan): QualityPlan {
  const seen = new Map<string, number>()
  const unique = <T extends { readonly id: string }>(one: T): T => {
    const count = (seen.get(one.id) ?? 0) + 1
    seen.set(one.id, count)
    return count === 1 ? one : { ...one, id: `${one.id}-${count}` }
  }
  return { checks: plan.checks.map(unique), notRun: plan.notRun.map(unique) }
}
