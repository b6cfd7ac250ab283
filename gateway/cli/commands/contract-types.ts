import { formatDiagnostic, GatewayError } from '@polyseme/kit/errors'
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from '../command.ts'
import { readContractFiles } from '../contract-files.ts'

/** Writes the TypeScript types of a domain's rows, for the resolvers that it adds beside its contracts. */
export const contractTypesCommand: Command = {
  name: 'contract types',
  summary: "write TypeScript types of a domain's rows from its contracts",
  usage: `polyseme contract types FILE… [--out FILE]

  FILE         the domain's contracts, or the folder that holds them; with a folder that has extensions.graphql,
               also the types of the resolvers that it asks for
  --out FILE   write there instead of printing`,
  options: { out: { type: 'string' } },
  run: async ({ options, positionals }, io) => {
    if (positionals.length === 0) throw new GatewayError('COMMAND_INVALID', '`polyseme contract types` needs at least one FILE')
    const { generateTypes, parseContracts } = await import('@polyseme/kit/contract')
    const result = parseContracts(await readContractFiles(positionals, io.cwd))
    if (result.kind === 'invalid') {
      for (const diagnostic of result.diagnostics) io.err(formatDiagnostic(diagnostic))
      return 1
    }
    const [first = ''] = positionals
    const { loadExtensions } = await import('@polyseme/kit/subgraph')
    const extensions = await loadExtensions(resolve(io.cwd, first), result.value)
    if (extensions.kind === 'invalid') {
      for (const diagnostic of extensions.diagnostics) io.err(formatDiagnostic(diagnostic))
      return 1
    }
    const out = options['out']
    const text = extensions.value === undefined ? generateTypes(result.value) : (await import('@polyseme/kit/product')).generateResolverTypes(result.value, extensions.value)
    if (typeof out === 'string') await writeFile(resolve(io.cwd, out), text)
    else io.out(text.trimEnd())
    return 0
  },
}
