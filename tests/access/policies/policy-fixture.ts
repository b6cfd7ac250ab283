import { globSync, readFileSync } from 'node:fs'
import { parseContracts, type DataProduct } from '@polyseme/kit/contract'
import { formatDiagnostic, type Diagnostic } from '@polyseme/kit/errors'
import type { Principal } from '@polyseme/kit/identity'
import { buildPolicyMesh, compilePolicies, createPolicyDecider, type PolicyDecider, type PolicyDeciderOptions, type PolicyFile } from '../../../gateway/access/policies/index.ts'

const CONTRACT_HEAD = (domain: string): string => `
apiVersion: v3.1.0
kind: DataContract
id: urn:dataproduct:${domain}:people:1
name: people
version: 1.0.0
status: active
domain: ${domain}
dataProduct: people
roles:
  - { role: '${domain}:read', access: read }
`

const PEOPLE = `
schema:
  - name: Person
    physicalName: people
    logicalType: object
    properties:
      - { name: person_id, logicalType: integer, primaryKey: true, required: true }
      - { name: name, logicalType: string, required: true, classification: internal }
      - { name: email, logicalType: string, classification: confidential }
      - { name: phone, logicalType: string, classification: confidential }
      - { name: iban, logicalType: string, classification: restricted }
      - { name: born_on, logicalType: date, classification: confidential }
      - { name: income, logicalType: integer, classification: confidential }
      - { name: tags, logicalType: array, items: { logicalType: string }, classification: confidential }
      - { name: active, logicalType: boolean, required: true, classification: internal }
`

/** Two domains with one product of people each; `closed` needs an agreement. */
export const PRODUCTS: readonly DataProduct[] = ['hr', 'shop'].flatMap((domain) => products(CONTRACT_HEAD(domain) + PEOPLE))
export const WITH_AGREEMENT: readonly DataProduct[] = [...PRODUCTS, ...products(`${CONTRACT_HEAD('closed')}customProperties: [{ property: agreement, value: required }]\n${PEOPLE}`)]

function products(text: string): readonly DataProduct[] {
  const result = parseContracts([{ file: 'people.odcs.yaml', text }])
  if (result.kind === 'invalid') throw new Error(result.diagnostics.map(formatDiagnostic).join('\n'))
  return result.value
}

export const VOCABULARY = { roles: ['analyst', 'steward'], purposes: ['fraud', 'marketing'], regions: ['EMEA', 'APAC'] }

export interface CallerParts {
  readonly subject?: string
  readonly scopes?: readonly string[]
  readonly roles?: readonly string[]
  readonly claims?: Readonly<Record<string, unknown>>
  readonly purpose?: string
  readonly clientId?: string
}

/** A caller that may read hr and shop. */
export function caller({ scopes = ['hr:read', 'shop:read'], roles = [], claims = {}, subject = 'ana', ...rest }: CallerParts = {}): Principal {
  return { issuer: 'https://issuer.test', subject, scopes: new Set(scopes), roles, claims, expiresAtSec: 4_000_000_000, ...rest }
}

export function meshFile(text: string): PolicyFile {
  return { path: 'policies/mesh.cedar', text }
}

export function domainFile(domain: string, text: string): PolicyFile {
  return { path: `${domain}/policies/own.cedar`, text, domain }
}

/** A decider over these files; throws with every finding. */
export function deciderOf(files: readonly PolicyFile[], options: PolicyDeciderOptions = {}, contracts: readonly DataProduct[] = PRODUCTS): PolicyDecider {
  const result = compilePolicies(files, buildPolicyMesh(contracts, VOCABULARY))
  if (result.kind === 'invalid') throw new Error(result.diagnostics.map(formatDiagnostic).join('\n'))
  return createPolicyDecider(result.value, options)
}

/** What is wrong with these files. */
export function findingsOf(files: readonly PolicyFile[]): readonly Diagnostic[] {
  const result = compilePolicies(files, buildPolicyMesh(PRODUCTS, VOCABULARY))
  return result.kind === 'invalid' ? result.diagnostics : result.warnings
}

/** The contracts of the demo's domains. */
export function demoProducts(): readonly DataProduct[] {
  const result = parseContracts(globSync('subgraphs/*/*.odcs.yaml').sort().map((file) => ({ file, text: readFileSync(file, 'utf8') })))
  if (result.kind === 'invalid') throw new Error(result.diagnostics.map(formatDiagnostic).join('\n'))
  return result.value
}
