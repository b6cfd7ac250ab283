import type { DataProduct, OdcsQuality, ProductObject, ProductProperty, RowFilter } from '@polyseme/kit/contract'
import type { GraphChange } from './graph-change.ts'

/** From least to most protected; a classification that is not in the list ranks with the most protected. */
const CLASSIFICATION_RANKS = ['public', 'internal', 'confidential', 'restricted']

/**
 * Differences between two states of a domain's contracts that the schema does not show: classification, row filters,
 * keys, senses, promises, ownership, limits.
 */
export function compareProducts(before: readonly DataProduct[], after: readonly DataProduct[]): readonly GraphChange[] {
  const changes: GraphChange[] = []
  const afterByName = new Map(after.map((product) => [product.name, product]))
  for (const old of before) {
    const now = afterByName.get(old.name)
    if (now !== undefined) changes.push(...compareProduct(old, now))
    else changes.push({ kind: 'product-removed', severity: 'breaking', weakensProtection: false, coordinate: old.urn, message: `the data product "${old.name}" is gone`, how: 'deprecate the product with a date, and retire it when nobody asks for it any more' })
  }
  const objects = new Map(after.flatMap((product) => product.objects).map((object) => [object.typeName, object]))
  for (const old of before.flatMap((product) => product.objects)) {
    const now = objects.get(old.typeName)
    if (now !== undefined) changes.push(...compareObject(old, now))
  }
  return changes
}

function compareProduct(before: DataProduct, after: DataProduct): GraphChange[] {
  const changes: GraphChange[] = []
  const { urn } = after
  if (before.owner !== undefined && after.owner === undefined) changes.push(dangerous('owner-removed', urn, `"${after.name}" has no owner any more; it was ${before.owner.name}`, 'name a team or a person under `team`'))
  if (before.urn !== after.urn) changes.push(dangerous('major-version-changed', urn, `the address of "${after.name}" was ${before.urn} and is now ${after.urn}`, 'keep the old major version beside the new one until its consumers have moved'))
  if (isActive(before) && !isActive(after)) changes.push(dangerous('status-lowered', urn, `the status of "${after.name}" was ${before.status} and is now ${after.status}`, 'tell the consumers'))
  if (before.agreementRequired === true && after.agreementRequired !== true) changes.push({ kind: 'agreement-dropped', severity: 'safe', weakensProtection: true, coordinate: urn, message: `"${after.name}" needed an access agreement and no longer does`, how: 'keep `agreement: required`, or have the change approved by somebody who may' })
  if (before.agreementRequired !== true && after.agreementRequired === true) changes.push({ kind: 'agreement-required', severity: 'breaking', weakensProtection: false, coordinate: urn, message: `"${after.name}" needs an access agreement from now on`, how: 'have the agreements of today\'s consumers approved first' })
  changes.push(...comparePromises(before, after), ...compareQuality(before, after))
  return changes
}

/** Rules of `quality`, by the element that they are about; with an element that is gone the schema tells what went. */
function compareQuality(before: DataProduct, after: DataProduct): GraphChange[] {
  const elements = new Map(qualityElements(after))
  return qualityElements(before).flatMap(([element, rules]): GraphChange[] => {
    const now = elements.get(element)
    if (now === undefined) return []
    return [...rules].flatMap(([name, text]): GraphChange[] => {
      const current = now.get(name)
      if (current === undefined) return [dangerous('quality-rule-removed', after.urn, `"${after.name}" no longer promises ${name} of ${element}`, 'keep the rule, or tell the consumers')]
      return current === text ? [] : [dangerous('quality-rule-changed', after.urn, `"${after.name}" promises another ${name} of ${element}`, 'tell the consumers what changes for them')]
    })
  })
}

function qualityElements({ contract }: DataProduct): readonly (readonly [string, ReadonlyMap<string, string>])[] {
  return (contract.schema ?? []).flatMap((object) => [
    [object.name, rulesOf(object)] as const,
    ...(object.properties ?? []).map((property) => [`${object.name}.${property.name}`, rulesOf(property)] as const),
  ])
}

function rulesOf({ quality = [] }: { readonly quality?: readonly OdcsQuality[] }): ReadonlyMap<string, string> {
  // Words of description are no promise.
  return new Map(quality.map(({ description: _description, ...rule }, index) => [rule.name ?? rule.metric ?? rule.rule ?? `${rule.type ?? 'rule'} ${index + 1}`, JSON.stringify(rule)]))
}

function isActive(product: DataProduct): boolean {
  return product.status.toLowerCase() === 'active'
}

/** A promise that is gone or changed; which direction is better only its owner knows, so a change is dangerous, not breaking. */
function comparePromises(before: DataProduct, after: DataProduct): GraphChange[] {
  const now = new Map(promises(after))
  return promises(before).flatMap(([key, value]): GraphChange[] => {
    const current = now.get(key)
    if (current === undefined) return [dangerous('promise-removed', after.urn, `"${after.name}" no longer promises ${key} = ${value}`, 'keep the promise, or tell the consumers')]
    return current === value ? [] : [dangerous('promise-changed', after.urn, `"${after.name}" promised ${key} = ${value} and now promises ${current}`, 'tell the consumers')]
  })
}

function promises(product: DataProduct): readonly (readonly [string, string])[] {
  return (product.contract.slaProperties ?? []).map((promise) => [
    promise.element === undefined ? promise.property : `${promise.property} of ${promise.element}`,
    [promise.value, promise.unit].filter((part) => part !== undefined && part !== null).map(String).join(' '),
  ])
}

function compareObject(before: ProductObject, after: ProductObject): GraphChange[] {
  return [
    ...compareKeys(before, after),
    ...compareSense(before, after),
    ...compareRowFilters(before, after),
    ...compareLimits(before, after),
    ...before.properties.flatMap((old) => {
      const now = after.properties.find((property) => property.field === old.field)
      return now === undefined ? [] : compareProperty(after.typeName, old, now)
    }),
  ]
}

function compareKeys(before: ProductObject, after: ProductObject): GraphChange[] {
  const now = new Set(after.keys.map((key) => key.join(' ')))
  const lost = before.keys.map((key) => key.join(' ')).filter((key) => !now.has(key))
  const known = new Set(before.keys.map((key) => key.join(' ')))
  const gained = [...now].filter((key) => !known.has(key))
  return [
    ...lost.map((key) => ({ kind: 'key-removed', severity: 'breaking' as const, weakensProtection: false, coordinate: after.typeName, message: `${after.typeName} can no longer be looked up by (${key})`, how: 'keep the key: other domains and the crosswalk refer to records by it' })),
    ...gained.map((key) => ({ kind: 'key-added', severity: 'safe' as const, weakensProtection: false, coordinate: after.typeName, message: `${after.typeName} can be looked up by (${key})` })),
  ]
}

function compareSense(before: ProductObject, after: ProductObject): GraphChange[] {
  if (before.sense === after.sense) return []
  if (before.sense === undefined) return [{ kind: 'sense-declared', severity: 'safe', weakensProtection: false, coordinate: after.typeName, message: `${after.typeName} is declared to mean ${after.sense}` }]
  const message = after.sense === undefined ? `${after.typeName} meant ${before.sense} and no longer says what it means` : `${after.typeName} meant ${before.sense} and now means ${after.sense}`
  return [{ kind: 'sense-changed', severity: 'breaking', weakensProtection: false, coordinate: after.typeName, message, how: 'a type that means something else gets another name' }]
}

function compareRowFilters(before: ProductObject, after: ProductObject): GraphChange[] {
  const text = (filter: RowFilter): string => `${filter.field} in claim "${filter.claim}"${filter.unlessScopes.length === 0 ? '' : ` unless ${[...filter.unlessScopes].sort().join(' or ')}`}`
  const old = before.rowFilters.map(text)
  const now = after.rowFilters.map(text)
  return [
    ...old.filter((filter) => !now.includes(filter)).map((filter) => ({ kind: 'row-filter-removed', severity: 'dangerous' as const, weakensProtection: true, coordinate: after.typeName, message: `rows of ${after.typeName} are no longer limited to ${filter}`, how: 'keep the filter, or have the change approved by somebody who may' })),
    ...now.filter((filter) => !old.includes(filter)).map((filter) => ({ kind: 'row-filter-added', severity: 'breaking' as const, weakensProtection: false, coordinate: after.typeName, message: `rows of ${after.typeName} are now limited to ${filter}`, how: 'tell the consumers first: callers without the claim see no rows' })),
  ]
}

function compareLimits(before: ProductObject, after: ProductObject): GraphChange[] {
  const changes: GraphChange[] = []
  const { typeName } = after
  if (after.page.maxRows < before.page.maxRows) changes.push({ kind: 'page-cap-lowered', severity: 'breaking', weakensProtection: false, coordinate: typeName, message: `a page of ${typeName} had at most ${before.page.maxRows} rows and now has ${after.page.maxRows}`, how: 'keep the cap: a client that asks for more than it gets an error' })
  if (after.page.defaultRows !== before.page.defaultRows) changes.push(dangerous('page-default-changed', typeName, `a page of ${typeName} without \`first\` had ${before.page.defaultRows} rows and now has ${after.page.defaultRows}`, 'keep the default'))
  const oldGroup = before.minGroupRows ?? 1
  const newGroup = after.minGroupRows ?? 1
  if (newGroup < oldGroup) changes.push({ kind: 'group-threshold-lowered', severity: 'dangerous', weakensProtection: true, coordinate: typeName, message: `aggregates of ${typeName} hid groups of fewer than ${oldGroup} rows and now hide those of fewer than ${newGroup}`, how: 'keep the threshold, or have the change approved by somebody who may' })
  if (newGroup > oldGroup) changes.push({ kind: 'group-threshold-raised', severity: 'breaking', weakensProtection: false, coordinate: typeName, message: `aggregates of ${typeName} now hide groups of fewer than ${newGroup} rows; it was ${oldGroup}`, how: 'tell the consumers: small groups disappear from their reports' })
  const [oldCells, newCells] = [before.aggregateDimensions, after.aggregateDimensions]
  const added = newCells?.filter((field) => oldCells?.includes(field) === false) ?? []
  const removed = oldCells?.filter((field) => newCells?.includes(field) === false) ?? []
  if (oldCells !== undefined && newCells === undefined) changes.push({ kind: 'aggregate-guard-removed', severity: 'dangerous', weakensProtection: true, coordinate: typeName, message: `differences of aggregates of ${typeName} are no longer guarded`, how: 'keep `aggregateDimensions`, or have the change approved by somebody who may' })
  if (oldCells === undefined && newCells !== undefined) changes.push({ kind: 'aggregate-guard-added', severity: 'breaking', weakensProtection: false, coordinate: typeName, message: `aggregates of ${typeName} are now filtered and grouped only by ${newCells.join(', ') || 'nothing'}`, how: 'tell the consumers first' })
  if (added.length > 0) changes.push(dangerous('aggregate-dimension-added', typeName, `aggregates of ${typeName} are made of smaller cells, by ${added.join(', ')} as well`, 'tell the consumers: small cells disappear from their reports'))
  if (removed.length > 0) changes.push({ kind: 'aggregate-dimension-removed', severity: 'breaking', weakensProtection: false, coordinate: typeName, message: `aggregates of ${typeName} are no longer filtered or grouped by ${removed.join(', ')}`, how: 'tell the consumers first' })
  return changes
}

function compareProperty(typeName: string, before: ProductProperty, after: ProductProperty): GraphChange[] {
  const changes: GraphChange[] = []
  const coordinate = `${typeName}.${after.field}`
  const [old, now] = [rankOf(before.classification), rankOf(after.classification)]
  const words = `${coordinate} was ${before.classification ?? 'not classified'} and is now ${after.classification ?? 'not classified'}`
  if (now < old) changes.push({ kind: 'classification-lowered', severity: 'safe', weakensProtection: true, coordinate, message: words, how: 'keep the classification, or have the change approved by somebody who may' })
  else if (now > old) changes.push({ kind: 'classification-raised', severity: 'breaking', weakensProtection: false, coordinate, message: words, how: 'tell the consumers first: those who may not see it in clear get it masked' })
  else if (before.classification !== after.classification) changes.push(dangerous('classification-changed', coordinate, words, 'use one of public, internal, confidential, restricted'))
  if (before.unique && !after.unique) changes.push(dangerous('uniqueness-dropped', coordinate, `${coordinate} is no longer promised to be unique`, 'tell those who join on it'))
  return changes
}

function rankOf(classification: string | undefined): number {
  if (classification === undefined) return 0
  const rank = CLASSIFICATION_RANKS.indexOf(classification)
  return rank === -1 ? CLASSIFICATION_RANKS.length - 1 : rank
}

function dangerous(kind: string, coordinate: string, message: string, how: string): GraphChange {
  return { kind, severity: 'dangerous', weakensProtection: false, coordinate, message, how }
}
