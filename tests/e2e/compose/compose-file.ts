import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

export const ROOT = join(import.meta.dirname, '../../..')

/** A service of docker-compose.yml, as far as these tests read it. */
export interface ComposeService {
  readonly image?: string
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly ports?: readonly string[]
  readonly profiles?: readonly string[]
  /** `volume:/path`. */
  readonly volumes?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: 'service_healthy' | 'service_completed_successfully' }>>
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly restart?: string
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly volumes: Readonly<Record<string, unknown>>
}

export function readComposeFile(): ComposeFile {
  return parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true }) as ComposeFile
}

/** One instruction of a Dockerfile: `COPY`, and what follows it. */
export interface Instruction {
  readonly name: string
  readonly text: string
}

/** The stages of the Dockerfile by name, instructions in order; comments and line ends joined away. */
export function readDockerfile(): ReadonlyMap<string, readonly Instruction[]> {
  const text = readFileSync(join(ROOT, 'Dockerfile'), 'utf8').replace(/\\\n/g, ' ')
  const stages = new Map<string, Instruction[]>()
  let stage: Instruction[] = []
  for (const line of text.split('\n')) {
    const [, name, rest] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? []
    if (name === undefined || rest === undefined) continue
    if (name === 'FROM') stages.set(/ AS (\S+)$/.exec(rest)?.[1] ?? '', (stage = []))
    stage.push({ name, text: rest })
  }
  return stages
}

/** `${NAME:-default}` and `${NAME}` of a compose file, for an environment without any of them. */
export function withDefaults(text: string): string {
  return text.replace(/\$\{\w+(?::-([^}]*))?\}/g, (_, fallback: string | undefined) => fallback ?? '')
}
