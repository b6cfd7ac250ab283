import { buildObject } from './build-object.ts'
import { buildRelationships } from './build-relationships.ts'
import { buildServers } from './build-server.ts'
import { checkCustomKeys, readCustomText } from './custom-properties.ts'
import type { DataProduct, ProductObject, ProductProperty, ProductRelationship, ProductUrn } from './data-product.ts'
import type { ContractDocument, DraftObject } from './draft.ts'
import { findForeignKeys } from './foreign-key.ts'
import { rootTypeOf, toKebabCase } from './names.ts'
import { findOwner, readScopesOf } from './people.ts'
import type { OdcsContract } from './odcs.ts'

/** The products of the documents, in their order; whatever is inconsistent is reported at its document. */
export function buildProducts(documents: readonly ContractDocument[]): readonly DataProduct[] {
  const drafts = documents.flatMap((document) => (document.contract.schema ?? []).flatMap((source) => buildObject(source, document) ?? []))
  checkNames(drafts)
  const objects = shareKeyTypes(drafts)
  const relationships = buildRelationships(objects)
  const products = documents.map((document) => buildProduct(document, objects.filter((draft) => draft.document === document), relationships))
  checkUrns(products, documents)
  return products
}

function buildProduct(
  document: ContractDocument,
  objects: readonly DraftObject[],
  relationships: ReadonlyMap<DraftObject, readonly ProductRelationship[]>,
): DataProduct {
  const { contract, domain } = document
  checkCustomKeys(contract.customProperties, 'contract', document)
  if (objects.length === 0) reportWithoutObjects(document)
  const name = toKebabCase(contract.name ?? contract.dataProduct ?? contract.id) ?? 'product'
  const title = readCustomText(contract.customProperties, 'title', document)?.value ?? contract.name ?? contract.dataProduct
  const { purpose, usage } = contract.description ?? {}
  const description = purpose ?? usage
  const owner = findOwner(contract)
  return {
    urn: urnOf(domain, name, contract.version),
    domain,
    name,
    version: contract.version,
    status: contract.status,
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(owner === undefined ? {} : { owner }),
    readScopes: readScopesOf(document),
    objects: objects.map((draft): ProductObject => ({ ...draft.object, relationships: relationships.get(draft) ?? [] })),
    servers: buildServers(document),
    contract,
  }
}

/** `1.4.2` and `v1` are major 1; a version without a number is major 0. */
export function majorOf(version: string): number {
  return Number(/^v?(\d{1,9})(?:\.|$|[-+])/i.exec(version.trim())?.[1] ?? 0)
}

function urnOf(domain: string, name: string, version: string): ProductUrn {
  return `urn:dataproduct:${domain}:${name}:${majorOf(version)}`
}

/** A foreign key to an ID is an ID itself, so that one variable serves both. */
function shareKeyTypes(drafts: readonly DraftObject[]): readonly DraftObject[] {
  const ids = new Set<ProductProperty>()
  const keys = findForeignKeys(drafts)
  const referring = keys.flatMap((key) => key.pairs)
  // Chains of keys (line → order → customer) settle after as many rounds as they are long.
  for (let before = -1; before !== ids.size; ) {
    before = ids.size
    for (const { from, to } of referring) {
      if (from.property.type === 'string' && (to.property.type === 'id' || ids.has(to.property))) ids.add(from.property)
    }
  }
  if (ids.size === 0) return drafts
  return drafts.map((draft) => {
    const properties = draft.properties.map((one) => (ids.has(one.property) ? { ...one, property: { ...one.property, type: 'id' as const } } : one))
    return { ...draft, properties, object: { ...draft.object, properties: properties.map(({ property }) => property) } }
  })
}

/** Two objects of a domain can't share a type or a root field, and no object the type of the domain's root. */
function checkNames(drafts: readonly DraftObject[]): void {
  const types = new Map<string, DraftObject>()
  const fields = new Map<string, DraftObject>()
  for (const draft of drafts) {
    const { typeName, fields: own } = draft.object
    const { domain } = draft.document
    const root = rootTypeOf(domain) === typeName
    const other = types.get(typeName)
    if (other !== undefined || root) reportTaken(draft, `the type \`${typeName}\``, root ? 'the domain\'s root field has that type' : `${describePlace(other)} has that type`)
    types.set(typeName, other ?? draft)
    for (const field of [own.list, own.byKey, own.aggregate]) {
      const holder = fields.get(`${domain} ${field}`)
      // A second finding about the same pair would say nothing more.
      if (holder !== undefined && holder !== draft && other === undefined) reportTaken(draft, `the root field \`${field}\``, `${describePlace(holder)} has that field`)
      fields.set(`${domain} ${field}`, holder ?? draft)
    }
  }
}

function describePlace(draft: DraftObject | undefined): string {
  return draft === undefined ? 'another object' : `\`${draft.source.name}\` (${draft.document.file})`
}

function reportTaken({ document, source }: DraftObject, what: string, why: string): void {
  document.findings.report({
    rule: 'contract-duplicate-type',
    at: document.places.of(source, 'name'),
    what: `\`${source.name}\` would be ${what}, which is taken`,
    expected: 'names that differ in more than case, separators or number',
    why,
    how: 'rename one, or add `customProperties: [{ property: graphqlName, value: … }, { property: graphqlPlural, value: … }]` to it',
  })
}

function checkUrns(products: readonly DataProduct[], documents: readonly ContractDocument[]): void {
  const seen = new Map<string, string>()
  products.forEach((product, index) => {
    const document = documents[index]
    const first = seen.get(product.urn)
    if (document === undefined) return
    if (first === undefined) seen.set(product.urn, document.file)
    else {
      document.findings.report({
        rule: 'contract-duplicate-product',
        at: document.places.of(document.contract, nameKey(document.contract)),
        what: `the product \`${product.urn}\` is also in ${first}`,
        expected: 'one contract for each product and major version',
        why: 'the address of a product leads to one contract',
        how: 'rename the product, or remove one of the two files',
      })
    }
  })
}

function nameKey(contract: OdcsContract): string {
  return contract.name !== undefined ? 'name' : contract.dataProduct !== undefined ? 'dataProduct' : 'id'
}

function reportWithoutObjects({ contract, findings, places }: ContractDocument): void {
  findings.report({
    rule: 'contract-without-objects',
    severity: 'warning',
    at: places.of(contract, 'schema'),
    what: 'the contract has no object that the graph can serve',
    expected: '`schema` with at least one object that has properties',
    why: 'the product is known by name and serves no data',
    how: 'list the tables under `schema`',
  })
}
