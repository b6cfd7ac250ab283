import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse as parseYaml } from 'yaml'
import type { Supergraph } from '../../gateway/supergraph/index.ts'
import { composeTestSupergraph } from '../testkit/test-mesh.ts'
import type { CaseObject } from './case-data.ts'

/** One theme: a mesh and what is asked of it. */
export interface Theme {
  readonly about: string
  readonly subgraphs: Readonly<Record<string, string>>
  readonly data: Readonly<Record<string, CaseObject | readonly CaseObject[]>>
  readonly cases: readonly {
    readonly name: string
    readonly operation: string
    readonly variables?: Readonly<Record<string, unknown>>
    /** How many requests may be made; the fewest that are possible. */
    readonly calls?: number
    /** Why the answer is not that of one schema over the same data. */
    readonly differs?: string
  }[]
}

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires", "@provides", "@shareable", "@override", "@interfaceObject", "@inaccessible", "@tag", "@context", "@fromContext", "@extends"])\n`

export const CASES_FOLDER = join(import.meta.dirname, 'cases')
export const THEMES = readdirSync(CASES_FOLDER).filter((file) => file.endsWith('.yaml')).sort()

/** A theme's mesh, composed. */
export interface LoadedTheme {
  readonly theme: Theme
  readonly sdl: Readonly<Record<string, string>>
  readonly supergraph: Supergraph
}

export function loadTheme(file: string): LoadedTheme {
  const theme = parseYaml(readFileSync(join(CASES_FOLDER, file), 'utf8'), { maxAliasCount: -1 }) as Theme
  const sdl = Object.fromEntries(Object.entries(theme.subgraphs).map(([name, text]) => [name, text.includes('@link') ? text : LINK + text]))
  return { theme, sdl, supergraph: composeTestSupergraph(sdl) }
}

/** Where the expected plan and answer of a case stand. */
export function goldenOf(file: string, name: string): string {
  return join(CASES_FOLDER, file.replace('.yaml', ''), name.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase())
}
