import { readdirSync, statSync } from 'node:fs'
import { isAbsolute, relative, resolve } from 'node:path'
import type { DataProduct, ProductObject } from '../contract/index.ts'
import { GatewayError } from '../errors/index.ts'
import { chooseServer } from './choose-server.ts'

/** Where one object's rows are: files of one format, or a table of a database file. */
export type DuckDbLocation =
  | { readonly kind: 'files'; readonly format: 'parquet' | 'csv' | 'json'; readonly path: string }
  | { readonly kind: 'database'; readonly path: string; readonly schema: string }

export interface LocateOptions {
  readonly dataDir: string
  /** Takes the server of this environment where a contract names several. */
  readonly environment?: string
}

/**
 * Finds an object's files under the data directory.
 *
 * A contract without a server that DuckDB reads means `data/<domain>/<physicalName>.parquet`.
 *
 * @throws CONFIG_INVALID the files are not there, or the path leaves the data directory.
 */
export function locateObject(product: DataProduct, object: ProductObject, options: LocateOptions): DuckDbLocation {
  const server = chooseServer(product, options.environment)
  if (server?.kind === 'postgres' || server?.kind === 'custom') throw new GatewayError('CONFIG_INVALID', `${product.urn} is not read from files`)
  if (server?.kind === 'duckdb') return { kind: 'database', path: insideDataDir(options.dataDir, server.database, product), schema: server.schema ?? 'main' }
  const format = server?.format ?? 'parquet'
  const pattern = server?.path ?? `data/${product.domain}/{object}.parquet`
  const path = insideDataDir(options.dataDir, pattern.replaceAll('{object}', object.physicalName), product)
  assertFilesExist(path, product, object, options.dataDir)
  return { kind: 'files', format, path }
}

function insideDataDir(dataDir: string, path: string, product: DataProduct): string {
  const root = resolve(dataDir)
  const absolute = resolve(root, path)
  const fromRoot = relative(root, absolute)
  if (fromRoot.startsWith('..') || isAbsolute(fromRoot)) {
    throw new GatewayError('CONFIG_INVALID', `${product.urn}: the server path ${path} leaves the data directory`)
  }
  return absolute
}

function assertFilesExist(path: string, product: DataProduct, object: ProductObject, dataDir: string): void {
  const folder = findPatternFolder(path)
  const found = folder !== undefined ? hasFiles(folder) : statSync(path, { throwIfNoEntry: false })?.isFile() === true
  if (found) return
  throw new GatewayError('CONFIG_INVALID', `${product.urn}: ${object.name} has no data at ${relative(resolve(dataDir), path)} in the data directory`)
}

/** The folder that a path with wildcards begins in, with a slash at its end; undefined for a plain path. */
export function findPatternFolder(path: string): string | undefined {
  const wildcard = path.search(/[*?[{]/)
  return wildcard < 0 ? undefined : path.slice(0, path.lastIndexOf('/', wildcard) + 1)
}

function hasFiles(folder: string): boolean {
  try {
    return readdirSync(folder).length > 0
  } catch {
    return false
  }
}
