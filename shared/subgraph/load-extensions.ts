import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { DataProduct } from '../contract/index.ts'
import { invalid, ok, type Diagnostic, type Result } from '../errors/index.ts'
import { bindExtensions, parseExtensions, type BoundExtensions, type DomainExtensions } from '../product/index.ts'

/** The schema of a domain's own fields; text alone, so whoever builds the domain's graph reads it without running code. */
export const EXTENSIONS_SCHEMA = 'extensions.graphql'
/** The code that answers them, in the order in which it is looked for. */
const EXTENSIONS_CODE = ['extensions.ts', 'extensions.mjs', 'extensions.js']

const MAX_SCHEMA_BYTES = 1024 * 1024

/** Reads what a domain's folder adds to the graph of its contracts; undefined where it adds nothing. */
export async function loadExtensions(dir: string, products: readonly DataProduct[]): Promise<Result<DomainExtensions | undefined>> {
  const file = join(dir, EXTENSIONS_SCHEMA)
  const size = await sizeOf(file)
  if (size === undefined) {
    const code = await findCode(dir)
    return code === undefined ? ok(undefined) : invalid([finding(code, 'extension-schema-missing', `the domain has resolvers and no ${EXTENSIONS_SCHEMA}`, `declare their fields there, with \`extend type\``)])
  }
  if (size > MAX_SCHEMA_BYTES) return invalid([finding(file, 'extension-schema-size', `the file is larger than ${MAX_SCHEMA_BYTES} bytes`, 'add fewer fields')])
  return parseExtensions(await readFile(file, 'utf8'), { file, products })
}

/** Loads the code of a domain's own fields and joins it with their schema. Runs the domain's code. */
export async function loadExtensionCode(dir: string, extensions: DomainExtensions): Promise<Result<BoundExtensions>> {
  const file = await findCode(dir)
  if (file === undefined) return invalid([finding(join(dir, EXTENSIONS_SCHEMA), 'extension-code-missing', 'nothing answers the fields of this file', `export \`extensions\` from extensions.ts: \`export const extensions = defineExtensions({ … })\``)])
  try {
    const code: unknown = await import(pathToFileURL(file).href)
    const exported: unknown = typeof code === 'object' && code !== null && 'extensions' in code ? code.extensions : undefined
    return bindExtensions(extensions, exported, file)
  } catch (error) {
    return invalid([finding(file, 'extension-code-fails', `the file cannot be loaded: ${error instanceof Error ? error.message : 'unknown error'}`, 'correct it; Node runs TypeScript whose types can be erased')])
  }
}

async function findCode(dir: string): Promise<string | undefined> {
  for (const name of EXTENSIONS_CODE) if ((await sizeOf(join(dir, name))) !== undefined) return join(dir, name)
  return undefined
}

async function sizeOf(file: string): Promise<number | undefined> {
  const found = await stat(file).catch(() => undefined)
  return found?.isFile() === true ? found.size : undefined
}

function finding(file: string, rule: string, what: string, how: string): Diagnostic {
  return { rule, severity: 'error', what, how, position: { file, line: 1, column: 1 } }
}
