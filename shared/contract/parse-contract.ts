import { invalid, ok, type Diagnostic, type Result } from '../errors/index.ts'
import { buildProducts } from './build-product.ts'
import type { DataProduct } from './data-product.ts'
import type { ContractDocument } from './draft.ts'
import { Findings } from './findings.ts'
import { toKebabCase } from './names.ts'
import type { OdcsContract } from './odcs.ts'
import { contractReader } from './read-contract.ts'
import { Places } from './places.ts'
import { readYamlTree } from './yaml-tree.ts'

/** A contract as text; `file` is used in findings, and for references between contracts. */
export interface ContractFile {
  readonly file: string
  readonly text: string
}

export interface ParseOptions {
  /** Domain of contracts that name none. Default: `default`, with a warning. */
  readonly domain?: string
}

/** One contract as a data product; all findings at once. Never throws, whatever the text is. */
export function parseContract(text: string, { file, ...options }: { readonly file: string } & ParseOptions): Result<DataProduct> {
  const result = parseContracts([{ file, text }], options)
  if (result.kind === 'invalid') return result
  const [product] = result.value
  if (product === undefined) throw new TypeError('one contract gives one product')
  return ok(product, result.warnings)
}

/**
 * Contracts that belong together, in the given order: relationships may lead from one to another of the same domain, and
 * no two objects may become one type or root field.
 */
export function parseContracts(files: readonly ContractFile[], options: ParseOptions = {}): Result<readonly DataProduct[]> {
  const diagnostics: Diagnostic[] = []
  const documents: ContractDocument[] = []
  for (const file of files) {
    const read = readDocument(file, options)
    if (read.kind === 'ok') documents.push(read.value)
    else diagnostics.push(...read.diagnostics)
  }
  const products = buildProducts(documents)
  for (const { findings } of documents) diagnostics.push(...findings.inOrder())
  return diagnostics.some(({ severity }) => severity === 'error') ? invalid(diagnostics) : ok(products, diagnostics)
}

function readDocument({ file, text }: ContractFile, options: ParseOptions): Result<ContractDocument> {
  const tree = readYamlTree(text, file)
  if (tree.kind === 'invalid') return tree
  const findings = new Findings(tree.value.positionAt)
  const places = new Places()
  const contract = contractReader.read(tree.value.root, '', { findings, places })
  if (contract === undefined) return invalid(findings.inOrder())
  const document = { file, contract, findings, places, domain: domainOf(contract, options, { findings, places }) }
  checkVersions(document)
  return ok(document)
}

function domainOf(
  contract: OdcsContract,
  options: ParseOptions,
  { findings, places }: Pick<ContractDocument, 'findings' | 'places'>,
): string {
  const domain = contract.domain === undefined ? undefined : toKebabCase(contract.domain)
  if (domain !== undefined && /^[a-z]/.test(domain)) return domain
  const fallback = toKebabCase(options.domain ?? '') ?? 'default'
  const found =
    contract.domain === undefined ? 'the contract names no domain' : `no name can be made of the domain '${contract.domain.slice(0, 60)}'`
  findings.report({
    rule: 'contract-domain',
    severity: contract.domain === undefined ? 'warning' : 'error',
    at: places.of(contract, 'domain'),
    what: `${found}; it counts to \`${fallback}\``,
    expected: '`domain`: a name that begins with a letter a-z',
    why: "the domain is part of every type's name",
    how: 'add `domain: …`',
  })
  return fallback
}

/** Versions of the standard whose documents this parser reads in full; v3.2.0 in so far as it extends v3.1.0. */
const READABLE = new Set(['v3.1.0', 'v3.0.2', 'v3.0.1', 'v3.0.0', 'v3.2.0'])

const STATUSES = new Set(['proposed', 'draft', 'active', 'deprecated', 'retired'])

function checkVersions({ contract, findings, places }: ContractDocument): void {
  if (!READABLE.has(contract.apiVersion)) {
    const isOld = /^v?[012](?:\.|$)/.test(contract.apiVersion)
    findings.report({
      rule: 'contract-api-version',
      severity: isOld ? 'error' : 'warning',
      at: places.of(contract, 'apiVersion'),
      what: `\`apiVersion\` is '${contract.apiVersion.slice(0, 40)}'`,
      expected: `one of ${[...READABLE].join(', ')}`,
      why: isOld ? 'before v3.0.0 the schema stood in another form' : 'what that version changed is not known here',
      how: isOld ? 'convert the contract to v3.1.0' : 'write `apiVersion: v3.1.0` if the contract keeps to it',
    })
  }
  if (!/^v?\d+(?:\.\d+){0,2}(?:[-+].*)?$/i.test(contract.version.trim())) {
    findings.report({
      rule: 'contract-version',
      severity: 'warning',
      at: places.of(contract, 'version'),
      what: `\`version\` is '${contract.version.slice(0, 40)}'`,
      expected: 'a semantic version, for example 1.0.0',
      why: "its first number is part of the product's address",
      how: 'write `version: 1.0.0`',
    })
  }
  if (!STATUSES.has(contract.status.toLowerCase())) {
    findings.report({
      rule: 'contract-status',
      severity: 'info',
      at: places.of(contract, 'status'),
      what: `\`status\` is '${contract.status.slice(0, 40)}'`,
      expected: `usually one of ${[...STATUSES].join(', ')}`,
      how: 'nothing, if readers know what it means',
    })
  }
}
