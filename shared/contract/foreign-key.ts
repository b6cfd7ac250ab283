import { checkCustomKeys, readCustomText } from './custom-properties.ts'
import type { PropertyType } from './data-product.ts'
import type { ContractDocument, DraftObject, DraftProperty } from './draft.ts'
import type { OdcsRelationship } from './odcs-schema.ts'
import { resolveReference } from './reference.ts'

/** A relationship of the contract with both ends found: `from` holds the key of `to`. */
export interface ForeignKey {
  readonly document: ContractDocument
  readonly relationship: OdcsRelationship
  readonly from: DraftObject
  readonly to: DraftObject
  readonly pairs: readonly { readonly from: DraftProperty; readonly to: DraftProperty }[]
  readonly description?: string
}

/** Every foreign key of a domain's objects, in the order of the contracts; what can't be one is reported. */
export function findForeignKeys(objects: readonly DraftObject[]): readonly ForeignKey[] {
  const found: ForeignKey[] = []
  const seen = new Set<string>()
  for (const owner of objects) {
    const atProperties = owner.properties.flatMap((implicit) =>
      (implicit.source.relationships ?? []).map((relationship) => ({ relationship, implicit })),
    )
    const atObject = (owner.source.relationships ?? []).map((relationship) => ({ relationship, implicit: undefined }))
    for (const { relationship, implicit } of [...atProperties, ...atObject]) {
      const key = resolveRelationship({ relationship, implicit, owner }, objects)
      if (key === undefined) continue
      // The same key written at the property and at the object is one relation.
      const identity = [key.from, key.to]
        .map(({ object }) => object.typeName)
        .concat(key.pairs.map((pair) => `${pair.from.source.name}=${pair.to.source.name}`).toSorted())
        .join(' ')
      if (seen.has(identity)) continue
      seen.add(identity)
      found.push(key)
    }
  }
  return found
}

interface Written {
  readonly relationship: OdcsRelationship
  /** The property under which it stands; undefined at the object. */
  readonly implicit: DraftProperty | undefined
  readonly owner: DraftObject
}

function resolveRelationship({ relationship, implicit, owner }: Written, objects: readonly DraftObject[]): ForeignKey | undefined {
  const { document } = owner
  checkCustomKeys(relationship.customProperties, 'relationship', document)
  const report = reporter(relationship, owner)
  if (relationship.type !== undefined && relationship.type !== 'foreignKey') {
    return report('type', {
      severity: 'warning',
      what: `has the type '${relationship.type}' and is not followed`,
      expected: '`foreignKey`, the one type of the standard',
      how: 'write `type: foreignKey`, or leave `type` out',
    })
  }
  const ends = pairEnds(relationship, implicit, report)
  if (ends === undefined) return undefined
  const pairs: { from: DraftProperty; to: DraftProperty }[] = []
  const targets = new Set<DraftObject>()
  const sources = new Set<DraftObject>()
  for (const end of ends) {
    const from =
      end.from === undefined && implicit !== undefined
        ? { kind: 'found' as const, object: owner, property: implicit }
        : resolveReference(end.from ?? '', document, objects)
    const to = resolveReference(end.to, document, objects)
    for (const [key, written, resolved] of [
      ['from', end.from, from],
      ['to', end.to, to],
    ] as const) {
      if (resolved.kind === 'found') continue
      report(key, {
        severity: 'warning',
        what: `leads to \`${written?.slice(0, 120)}\`, which is not found: ${resolved.reason}`,
        expected: 'a property of an object of the domain',
        why: 'without both ends there is no field to follow',
        how:
          resolved.nearest === undefined
            ? 'correct the reference, or load the contract that has the other end too'
            : `did you mean \`${resolved.nearest}\`?`,
      })
    }
    if (from.kind !== 'found' || to.kind !== 'found') return undefined
    if (!areComparable(from.property, to.property)) {
      return report('to', {
        severity: 'warning',
        what: `compares ${describe(from.property)} with ${describe(to.property)} and is not followed`,
        expected: 'two properties of one type',
        why: 'a database refuses the comparison, or makes one that nobody meant',
        how: 'correct `logicalType` of one of the two',
      })
    }
    pairs.push({ from: from.property, to: to.property })
    sources.add(from.object)
    targets.add(to.object)
  }
  const [from, otherSource] = sources
  const [to, otherTarget] = targets
  if (from === undefined || to === undefined) return undefined
  if (otherSource !== undefined || otherTarget !== undefined) {
    return report('to', {
      what: 'has ends in several objects',
      expected: 'all properties of one side in one object',
      why: 'a key belongs to one table',
      how: 'write one relationship for each object',
    })
  }
  const description = relationship.description ?? readCustomText(relationship.customProperties, 'description', document)?.value
  return { document, relationship, from, to, pairs, ...(description === undefined ? {} : { description }) }
}

/** References as written; `from` is undefined where the property itself is meant. */
interface End {
  readonly from: string | undefined
  readonly to: string
}

type Report = (key: string, finding: { severity?: 'warning'; what: string; expected: string; why?: string; how: string }) => undefined

function reporter(relationship: OdcsRelationship, owner: DraftObject): Report {
  const { findings, places } = owner.document
  return (key, { what, why = 'the standard defines relationships so', ...rest }) => {
    const rule = rest.severity === 'warning' ? 'contract-relationship-not-followed' : 'contract-relationship'
    findings.report({ rule, at: places.of(relationship, key), what: `a relationship of \`${owner.source.name}\` ${what}`, why, ...rest })
  }
}

function pairEnds(relationship: OdcsRelationship, implicit: DraftProperty | undefined, report: Report): readonly End[] | undefined {
  const { from, to } = relationship
  if (implicit !== undefined) {
    if (from !== undefined) {
      return report('from', {
        what: 'stands at a property and has `from`',
        expected: 'only `to`: the property itself is the other end',
        how: 'remove `from`, or move the relationship to the object',
      })
    }
    const [target, second] = typeof to === 'string' ? [to] : to
    if (target === undefined || second !== undefined) {
      return report('to', {
        what: 'stands at a property and leads to several',
        expected: 'one property',
        how: 'write it at the object, with `from` and `to` as lists',
      })
    }
    return [{ from: undefined, to: target }]
  }
  if (from === undefined) {
    return report('to', {
      what: 'stands at the object and has no `from`',
      expected: '`from` and `to`',
      how: 'add `from`, or move the relationship to its property',
    })
  }
  if ((typeof from === 'string') !== (typeof to === 'string')) {
    return report('from', {
      what: 'has a list on one side and one property on the other',
      expected: 'two properties, or two lists of the same length',
      how: 'make both sides lists',
    })
  }
  const fromList = typeof from === 'string' ? [from] : from
  const toList = typeof to === 'string' ? [to] : to
  if (fromList.length === 0 || fromList.length !== toList.length) {
    return report('to', {
      what: `pairs ${fromList.length} with ${toList.length} properties`,
      expected: 'two lists of the same length',
      how: 'name both sides of each pair',
    })
  }
  return fromList.map((one, index) => ({ from: one, to: toList[index] ?? '' }))
}

function describe({ property }: DraftProperty): string {
  return `\`${property.name}\` (${property.list ? `list of ${property.type}` : property.type})`
}

const COMPARABLE: Readonly<Record<PropertyType, string>> = {
  string: 'text',
  id: 'text',
  enum: 'text',
  integer: 'number',
  bigint: 'number',
  number: 'number',
  decimal: 'number',
  boolean: 'boolean',
  date: 'date',
  timestamp: 'timestamp',
  time: 'time',
  json: 'nothing',
}

function areComparable(a: DraftProperty, b: DraftProperty): boolean {
  if (a.property.list || b.property.list) return false
  const kind = COMPARABLE[a.property.type]
  return kind !== 'nothing' && kind === COMPARABLE[b.property.type]
}
