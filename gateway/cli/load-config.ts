import { formatDiagnostic, GatewayError } from '@polyseme/kit/errors'
import { readFile } from 'node:fs/promises'
import { dirname, relative, resolve } from 'node:path'
import type { GatewayConfig } from '../main.ts'
import type { CommandIo } from './command.ts'

/** Reads a mesh file. Undefined when there are findings, which are printed. */
export async function loadConfig(file: string, io: CommandIo): Promise<GatewayConfig | undefined> {
  const path = resolve(io.cwd, file)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw new GatewayError('CONFIG_INVALID', `there is no configuration file ${file}`, { cause: error })
  }
  const { parseMeshConfig } = await import('./mesh-config.ts')
  const result = parseMeshConfig(text, { file: relative(io.cwd, path), dir: dirname(path), env: io.env })
  if (result.kind === 'ok') return result.value
  for (const diagnostic of result.diagnostics) io.err(formatDiagnostic(diagnostic))
  io.err(`error CONFIG_INVALID: ${file} has ${result.diagnostics.length} finding${result.diagnostics.length === 1 ? '' : 's'}`)
  return undefined
}
