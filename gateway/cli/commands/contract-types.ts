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

  FILE         the domain's contracts, or the folder that holds them
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
    const out = options['out']
    const text = generateTypes(result.value)
    if (typeof out === 'string') await writeFile(resolve(io.cwd, out), text)
    else io.out(text.trimEnd())
    return 0
  },
}
