import type { DataProduct, ProductObject } from '@polyseme/kit/contract'
import { formatDiagnostic, GatewayError, type Diagnostic, type Severity } from '@polyseme/kit/errors'
import type { Command, CommandIo } from '../command.ts'
import { readContractFiles } from '../contract-files.ts'

/** Says what is wrong with contracts, and what the graph will call what is right. */
export const contractCheckCommand: Command = {
  name: 'contract check',
  summary: 'check data contracts and show what they become in the graph',
  usage: `polyseme contract check FILE… [--strict] [--json]

  FILE       a contract (Open Data Contract Standard v3.x, YAML), or a folder of *.odcs.yaml;
             contracts that refer to each other are checked together
  --domain   domain of contracts that name none
  --strict   warnings count as errors
  --json     one JSON document: { ok, products, diagnostics }`,
  options: { domain: { type: 'string' }, strict: { type: 'boolean' }, json: { type: 'boolean' } },
  run: async ({ options, positionals }, io) => {
    if (positionals.length === 0) throw new GatewayError('COMMAND_INVALID', '`polyseme contract check` needs at least one FILE')
    const files = await readContractFiles(positionals, io.cwd)
    const { parseContracts } = await import('@polyseme/kit/contract')
    const domain = options['domain']
    const result = parseContracts(files, typeof domain === 'string' ? { domain } : {})
    const diagnostics = result.kind === 'ok' ? result.warnings : result.diagnostics
    const products = result.kind === 'ok' ? result.value : []
    const isAccepted = result.kind === 'ok' && !(options['strict'] === true && diagnostics.some(({ severity }) => severity === 'warning'))
    if (options['json'] === true) io.out(JSON.stringify({ ok: isAccepted, products: products.map(withoutContract), diagnostics }, null, 2))
    else report({ products, diagnostics, isAccepted }, io)
    return isAccepted ? 0 : 1
  },
}

/** The contract itself is what the reader of the output already has. */
function withoutContract({ contract: _contract, ...product }: DataProduct): Omit<DataProduct, 'contract'> {
  return product
}

function report(
  outcome: { products: readonly DataProduct[]; diagnostics: readonly Diagnostic[]; isAccepted: boolean },
  io: CommandIo,
): void {
  for (const diagnostic of outcome.diagnostics) {
    io.out(formatDiagnostic(diagnostic))
    io.out('')
  }
  for (const product of outcome.products) {
    for (const line of describeProduct(product)) io.out(line)
    io.out('')
  }
  const count = (severity: Severity): number => outcome.diagnostics.filter((one) => one.severity === severity).length
  const counts = `${plural(count('error'), 'error')}, ${plural(count('warning'), 'warning')}, ${plural(count('info'), 'note')}`
  io.out(outcome.isAccepted ? `accepted: ${counts}` : `not accepted: ${counts}`)
}

function describeProduct(product: DataProduct): readonly string[] {
  const access = product.readScopes.length === 0 ? 'everyone with a token' : `any of ${product.readScopes.join(', ')}`
  return [
    product.urn,
    `  owner: ${[product.owner?.name ?? 'nobody named', product.owner?.email].filter((part) => part !== undefined).join(', ')}`,
    `  may read: ${access}`,
    `  data: ${product.servers.map(({ name, kind }) => `${name} (${kind})`).join(', ') || 'the data directory'}`,
    ...product.objects.flatMap(describeObject),
  ]
}

function describeObject(object: ProductObject): readonly string[] {
  const key = object.keys[0]
  const { list, byKey, aggregate } = object.fields
  return [
    `  ${object.name} → type ${object.typeName}${object.sense === undefined ? '' : `, sense ${object.sense}`}`,
    `    ${[list, ...(key === undefined ? [] : [`${byKey}(${key.join(', ')})`]), aggregate].join(', ')}`,
    `    ${object.properties.map((property) => `${property.field}: ${property.list ? `[${property.type}]` : property.type}`).join(', ')}`,
    ...object.relationships.map(({ field, cardinality, toType, on }) => {
      const pairs = on.map(({ from, to }) => `${from} = ${to}`).join(' and ')
      return `    ${field} → ${cardinality === 'one' ? toType : `[${toType}]`} (${pairs})`
    }),
    ...object.rowFilters.map(({ field, claim, unlessScopes }) => {
      const exempt = unlessScopes.length === 0 ? '' : `, unless the caller has ${unlessScopes.join(' or ')}`
      return `    only rows whose ${field} is in the caller's claim ${claim}${exempt}`
    }),
  ]
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
