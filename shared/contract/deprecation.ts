import { findCustomValues, type CustomContext } from './custom-properties.ts'
import type { OdcsCustomProperty } from './odcs-common.ts'

/** A part of a contract that is going away; a consumer can plan with a day and a replacement. */
export interface ProductDeprecation {
  /** Last day, YYYY-MM-DD; absent: the contract names none. */
  readonly until?: string
  /** What to use instead, as the contract names it: `Order.remark`, `remark`; absent: nothing replaces it. */
  readonly replacedBy?: string
}

/** What a contract may say of an element that goes away. */
export interface DeprecableElement {
  readonly deprecated?: boolean
  readonly customProperties?: readonly OdcsCustomProperty[]
}

const DAY = /^\d{4}-\d{2}-\d{2}$/

/** The deprecation of an element, with what `removalDate` and `replacedBy` say; undefined where it is not deprecated. */
export function readDeprecation({ deprecated, customProperties }: DeprecableElement, { places }: Pick<CustomContext, 'places'>): ProductDeprecation | undefined {
  if (deprecated !== true) return undefined
  const read = (key: string): string | undefined => {
    const value = findCustomValues(customProperties, key, places)[0]?.value
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
  }
  const until = read('removalDate')
  const replacedBy = read('replacedBy')
  return {
    ...(until !== undefined && DAY.test(until) ? { until } : {}),
    ...(replacedBy === undefined || replacedBy === 'none' ? {} : { replacedBy }),
  }
}
