import { buildObject } from './build-object.ts'
import { buildRelationships } from './build-relationships.ts'
import { buildServers } from './build-server.ts'
import { checkCustomKeys, findCustomValues, readCustomText } from './custom-properties.ts'
import type { DataProduct, ProductObject, ProductProperty, ProductRelationship, ProductUrn } from './data-product.ts'
import { readDeprecation } from './deprecation.ts'
import type { ContractDocument, DraftObject } from './draft.ts'
import { findForeignKeys } from './foreign-key.ts'
import { checkNames, withoutClashingEnums } from './generated-names.ts'
import { toKebabCase } from './names.ts'
import { findOwner, readScopesOf } from './people.ts'
import { readResponseCache } from './response-cache-rule.ts'
import { readSafeArguments } from './safe-arguments.ts'
import type { OdcsContract } from './odcs.ts'

/** The products of the documents, in their order; whatever is inconsistent is reported at its document. */
export function buildProducts(documents: readonly ContractDocument[]): readonly DataProduct[] {
  const drafts = documents.flatMap((document) => (document.contract.schema ?? []).flatMap((source) => buildObject(source, document) ?? []))
  checkNames(drafts)
  const objects = shareKeyTypes(withoutClashingEnums(drafts))
  const relationships = buildRelationships(objects)
  const products = documents.map((document) =>
    buildProduct(
      document,
      objects.filter((draft) => draft.document === document),
      relationships,
    ),
  )
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
  // After an error the objects may be missing because of it.
  if (objects.length === 0 && !document.findings.hasErrors) reportWithoutObjects(document)
  const name = toKebabCase(contract.name ?? contract.dataProduct ?? contract.id) ?? 'product'
  const title = readCustomText(contract.customProperties, 'title', document)?.value ?? contract.name ?? contract.dataProduct
  const { purpose, usage } = contract.description ?? {}
  const description = purpose ?? usage
  const owner = findOwner(contract)
  const safeArguments = readSafeArguments(document)
  const { customProperties } = contract
  const deprecation = readDeprecation({ deprecated: contract.status.toLowerCase() === 'deprecated', ...(customProperties === undefined ? {} : { customProperties }) }, document)
  const responseCache = readResponseCache(document)
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
    ...(isAgreementRequired(document) ? { agreementRequired: true as const } : {}),
    ...(deprecation === undefined ? {} : { deprecation }),
    ...(responseCache === undefined ? {} : { responseCache }),
    ...(safeArguments.length === 0 ? {} : { safeArguments }),
    objects: objects.map((draft): ProductObject => ({ ...draft.object, relationships: relationships.get(draft) ?? [] })),
    servers: buildServers(document),
    contract,
  }
}

/** Whatever stands there closes the product: what was meant to be closed must not be open for a slip of the pen. */
function isAgreementRequired({ contract, findings, places }: ContractDocument): boolean {
  const found = findCustomValues(contract.customProperties, 'agreement', places)
  for (const { value, at } of found) {
    if (value === 'required') continue
    findings.report({
      rule: 'contract-custom-value', at, what: `\`agreement\` is ${JSON.stringify(value)}`, expected: '`required`',
      why: 'it decides whether a scope alone opens the product', how: 'write `value: required`, or remove the entry',
    })
  }
  return found.length > 0
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
  for (let before = -1; before !== ids.size;) {
    before = ids.size
    for (const { from, to } of referring) {
      if (from.property.type === 'string' && (to.property.type === 'id' || ids.has(to.property))) ids.add(from.property)
    }
  }
  if (ids.size === 0) return drafts
  return drafts.map((draft) => {
    const properties = draft.properties.map((one) =>
      ids.has(one.property) ? { ...one, property: { ...one.property, type: 'id' as const } } : one,
    )
    return { ...draft, properties, object: { ...draft.object, properties: properties.map(({ property }) => property) } }
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
