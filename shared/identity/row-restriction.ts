/** One way in which a row may be shown: the value of `field` is among those of the caller's `claim`. */
export interface RowCondition {
  readonly field: string
  /** A caller without it meets no condition about it. */
  readonly claim: string
}

/** What a policy leaves of an object's rows: those that meet any of the conditions. Several restrictions hold together. */
export interface RowRestriction {
  readonly anyOf: readonly RowCondition[]
}

/** Restrictions by type, for example of `SalesCustomer`; a type that is not named has none. */
export type RowRestrictions = Readonly<Record<string, readonly RowRestriction[]>>

export const NO_ROW_RESTRICTIONS: RowRestrictions = Object.freeze({})

export function isRowRestrictions(value: unknown): value is RowRestrictions {
  return isRecord(value) && Object.values(value).every((restrictions) => Array.isArray(restrictions) && restrictions.every(isRowRestriction))
}

function isRowRestriction(value: unknown): value is RowRestriction {
  return isRecord(value) && Array.isArray(value['anyOf']) && value['anyOf'].every((condition) => isRecord(condition) && typeof condition['field'] === 'string' && typeof condition['claim'] === 'string')
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
