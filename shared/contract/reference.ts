import { findNearestName } from '../errors/index.ts'
import type { ContractDocument, DraftObject, DraftProperty } from './draft.ts'

/** Where a reference leads, or why it leads nowhere. */
export type ResolvedReference =
  | { readonly kind: 'found'; readonly object: DraftObject; readonly property: DraftProperty }
  | { readonly kind: 'nowhere'; readonly reason: string; readonly nearest?: string | undefined }

/**
 * Finds the property that a relationship names, in either notation of the standard:
 * `schema/<object id>/properties/<property id>` or `<object>.<property>`, both also after `<file>#`.
 *
 * The contract itself comes first, then the others of its domain.
 */
export function resolveReference(reference: string, from: ContractDocument, objects: readonly DraftObject[]): ResolvedReference {
  const hash = reference.indexOf('#')
  const file = hash === -1 ? undefined : reference.slice(0, hash)
  const path = reference.slice(hash + 1).replace(/^\//, '')
  const ofDomain = objects.filter(({ document }) => document.domain === from.domain)
  const inFile =
    file === undefined || file === '' ? ofDomain : ofDomain.filter(({ document }) => baseName(document.file) === baseName(file))
  if (file !== undefined && inFile.length === 0) return { kind: 'nowhere', reason: `the contract \`${file}\` is not among the domain's` }
  const own = inFile.filter(({ document }) => document === from)
  const steps = path.includes('/') ? splitQualified(path) : splitShorthand(path, inFile)
  if (steps === undefined) return { kind: 'nowhere', reason: 'it is in neither notation of the standard' }
  const [objectName, ...propertyNames] = steps
  const ownMatches = findNamed(own, objectName)
  const [object, other] = ownMatches.length > 0 ? ownMatches : findNamed(inFile, objectName)
  if (object === undefined) {
    return {
      kind: 'nowhere',
      reason: `the domain has no object \`${objectName}\``,
      nearest: findNearestName(
        objectName,
        inFile.map(({ source }) => source.name),
      ),
    }
  }
  if (other !== undefined)
    return { kind: 'nowhere', reason: `several contracts of the domain have an object \`${objectName}\`; name the file before \`#\`` }
  if (propertyNames.length > 1) return { kind: 'nowhere', reason: 'it leads into a nested property, which is not a column' }
  const [propertyName = ''] = propertyNames
  const [property] = findNamed(object.properties, propertyName)
  if (property === undefined) {
    const known = object.properties.map(({ source }) => source.name)
    return {
      kind: 'nowhere',
      reason: `\`${object.source.name}\` has no property \`${propertyName}\``,
      nearest: findNearestName(propertyName, known),
    }
  }
  return { kind: 'found', object, property }
}

type Steps = readonly [object: string, ...properties: string[]]

/** `schema/orders/properties/id(/properties/…)`. */
function splitQualified(path: string): Steps | undefined {
  const [section, object, ...rest] = path.split('/')
  if (section !== 'schema' || object === undefined || rest.length === 0 || rest.length % 2 !== 0) return undefined
  if (rest.some((step, index) => index % 2 === 0 && step !== 'properties')) return undefined
  return [object, ...rest.filter((_, index) => index % 2 === 1)]
}

/** `orders.id`; an object's own name may have dots in it (`public.orders.id`). */
function splitShorthand(path: string, objects: readonly DraftObject[]): Steps | undefined {
  const parts = path.split('.')
  if (parts.length < 2 || parts.includes('')) return undefined
  for (let count = Math.min(parts.length - 1, 4); count > 1; count -= 1) {
    const name = parts.slice(0, count).join('.')
    if (findNamed(objects, name).length > 0) return [name, ...parts.slice(count)]
  }
  const [object = '', ...properties] = parts
  return [object, ...properties]
}

interface Named {
  readonly source: { readonly id?: string; readonly name: string; readonly physicalName?: string }
}

/** The qualified notation means ids, the short one names; people mix them, so id, name and physical name count in this order. */
function findNamed<T extends Named>(list: readonly T[], name: string): readonly T[] {
  for (const key of ['id', 'name', 'physicalName'] as const) {
    const matches = list.filter(({ source }) => source[key] === name)
    if (matches.length > 0) return matches
  }
  return []
}

function baseName(file: string): string {
  return file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1)
}
