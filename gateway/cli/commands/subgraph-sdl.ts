import { formatDiagnostic, GatewayError } from '@polyseme/kit/errors'
import { resolve } from 'node:path'
import type { Command } from '../command.ts'

/** Prints the schema that a domain's contracts become; needs no data. */
export const subgraphSdlCommand: Command = {
  name: 'subgraph sdl',
  summary: 'print the schema that a domain\'s contracts become',
  usage: `polyseme subgraph sdl DIR [--json]

  DIR     folder with the domain's *.odcs.yaml, and extensions.graphql if it has fields of its own
  --json  one JSON document: { ok, domain, sdl, diagnostics }`,
  options: { json: { type: 'boolean' } },
  run: async ({ options, positionals }, io) => {
    const [dir] = positionals
    if (dir === undefined || positionals.length > 1) throw new GatewayError('COMMAND_INVALID', '`polyseme subgraph sdl` needs one DIR')
    const { loadDomain } = await import('@polyseme/kit/subgraph')
    const { buildDomainSdl } = await import('@polyseme/kit/product')
    const loaded = await loadDomain(resolve(io.cwd, dir))
    const diagnostics = loaded.kind === 'ok' ? loaded.warnings : loaded.diagnostics
    const sdl = loaded.kind === 'ok' ? buildDomainSdl(loaded.value.products, loaded.value.extensions) : undefined
    const domain = loaded.kind === 'ok' ? loaded.value.domain : undefined
    if (options['json'] === true) {
      io.out(JSON.stringify({ ok: sdl !== undefined, domain, sdl, diagnostics }, null, 2))
    } else {
      for (const diagnostic of diagnostics) io.err(formatDiagnostic(diagnostic))
      if (sdl !== undefined) io.out(sdl.trimEnd())
    }
    return sdl === undefined ? 1 : 0
  },
}
