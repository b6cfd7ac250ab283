import { generateTypes, parseContracts, type DataProduct } from '@polyseme/kit/contract'
import { buildDomainSdl } from '@polyseme/kit/product'
import {
  buildASTSchema,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { GENERATED_TYPE_SUFFIXES } from '../../../shared/contract/generated-names.ts'
import { caseNames, readCase } from './golden.ts'

const DOMAINS: readonly (readonly [string, readonly DataProduct[]])[] = caseNames().flatMap((name) => {
  const result = parseContracts(readCase(name))
  // A domain of several words has a root field that only its subgraph names.
  return result.kind === 'ok' && result.value.some(({ objects }) => objects.length > 0) ? [[name, result.value]] : []
})

function schemaOf(products: readonly DataProduct[]): GraphQLSchema {
  return buildASTSchema(parse(buildDomainSdl(products)), { assumeValidSDL: true })
}

function fieldsOf(schema: GraphQLSchema, typeName: string): ReturnType<GraphQLObjectType['getFields']> {
  const type = schema.getType(typeName)
  if (!isObjectType(type)) throw new Error(`${typeName} is no object type`)
  return type.getFields()
}

describe('types made from contracts', () => {
  it('are what a person would write', () => {
    const result = parseContracts(readCase('sales-orders'))
    expect(result.kind === 'ok' ? generateTypes(result.value) : '')
      .toBe(`// Made from the data contracts by \`polyseme contract types\`. Changes here are lost; change the contract instead.

export type SalesCustomerRegion = 'EMEA' | 'APAC' | 'NORTH_AMERICA'

export interface SalesCustomer {
  readonly customerId: number | string
  readonly region: SalesCustomerRegion | null
  readonly email: string | null
}

export type SalesCustomerKey = Pick<SalesCustomer, 'customerId'>

export interface SalesOrder {
  readonly orderId: string
  readonly customerId: number | string | null
  readonly payerId: number | string | null
  readonly amount: string | null
  readonly placedAt: string | null
  readonly tags: readonly string[] | null
}

export type SalesOrderKey = Pick<SalesOrder, 'orderId'>

export interface SalesOrderLine {
  readonly orderId: string
  readonly lineNo: number
}

export type SalesOrderLineKey = Pick<SalesOrderLine, 'orderId' | 'lineNo'>

/** Every object of the domain by its type name. */
export interface SalesObjects {
  readonly SalesCustomer: SalesCustomer
  readonly SalesOrder: SalesOrder
  readonly SalesOrderLine: SalesOrderLine
}
`)
  })

  it('compile, for every golden contract, under the strictest settings', () => {
    const dir = mkdtempSync(join(tmpdir(), 'polyseme-types-'))
    try {
      const files = DOMAINS.map(([name, products]) => {
        const file = join(dir, `${name}.ts`)
        writeFileSync(file, generateTypes(products))
        return file
      })
      const tsc = join(import.meta.dirname, '../../../node_modules/.bin/tsc')
      expect(() =>
        execFileSync(tsc, ['--noEmit', '--strict', '--ignoreConfig', '--types', '', ...files], { encoding: 'utf8', stdio: 'pipe' }),
      ).not.toThrow()
    } finally {
      rmSync(dir, { recursive: true })
    }
  })

  it.each(DOMAINS)('of %s have the fields, lists and nulls of the subgraph that the contract becomes', (_, products) => {
    const schema = schemaOf(products)
    const text = generateTypes(products)
    for (const { typeName, properties } of products.flatMap((product) => product.objects)) {
      const block = new RegExp(`export interface ${typeName} \\{\\n([^}]*)\\}`).exec(text)?.[1] ?? ''
      const fields = fieldsOf(schema, typeName)
      for (const { field } of properties) {
        const type = new RegExp(`readonly ${field}: (.*)`).exec(block)?.[1]
        const inGraph = fields[field]?.type
        expect(type?.endsWith('| null'), `${typeName}.${field}: ${type}`).toBe(!isNonNullType(inGraph))
        expect(type?.includes('[]'), `${typeName}.${field}`).toBe(isListType(isNonNullType(inGraph) ? inGraph.ofType : inGraph))
      }
    }
  })

  it('keep a description from ending the comment that holds it', () => {
    const text =
      'apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\nstatus: active\ndomain: lab\nschema:\n  - name: T\n    description: "a */ export const x = 1 /* b\\nsecond line"\n    properties: [{ name: a, logicalType: string, description: "*/ }" }]\n'
    const result = parseContracts([{ file: 'c', text }])
    const types = result.kind === 'ok' ? generateTypes(result.value) : ''
    expect(types).toContain('/**\n * a *\\/ export const x = 1 /* b\n * second line\n */')
    expect(types).toContain('  /** *\\/ } */')
  })
})

describe('names that a contract keeps free', () => {
  it.each(DOMAINS)('of %s are those that the subgraph takes', (_, products) => {
    const types = Object.values(schemaOf(products).getTypeMap())
    for (const { typeName, properties } of products.flatMap((product) => product.objects)) {
      const own = types.filter(
        ({ name }) =>
          name.startsWith(typeName) &&
          !products.some((product) =>
            product.objects.some((other) => other.typeName.length > typeName.length && name.startsWith(other.typeName)),
          ),
      )
      const enums = own
        .filter(
          (type) =>
            isEnumType(type) &&
            properties.some(({ field, type: kind }) => kind === 'enum' && type.name.toLowerCase() === (typeName + field).toLowerCase()),
        )
        .map(({ name }) => name)
      const expected = new Set([
        typeName,
        ...GENERATED_TYPE_SUFFIXES.map((suffix) => typeName + suffix),
        ...enums,
        ...enums.map((name) => `${name}Filter`),
      ])
      expect(own.map(({ name }) => name).filter((name) => !expected.has(name))).toEqual([])
    }
  })
})
