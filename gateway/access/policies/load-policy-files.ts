import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { GatewayError } from '@polyseme/kit/errors'
import { parse as parseYaml } from 'yaml'
import { MAX_POLICY_FILE_CHARACTERS, type PolicyFile } from './policy-file.ts'
import type { PolicyVocabulary } from './policy-mesh.ts'

/** Where policies lie. A folder that does not exist holds none. */
export interface PolicyFolders {
  /** The mesh's own policies: `*.cedar`, and `vocabulary.yaml` with the roles, purposes and regions in use. */
  readonly mesh?: string
  /** Folder of each domain's policies, by domain. */
  readonly domains: Readonly<Record<string, string>>
}

/** What a set of policy folders holds at one moment. */
export interface PolicySources {
  readonly files: readonly PolicyFile[]
  readonly vocabulary: PolicyVocabulary
  /** Equal as long as no file has changed. */
  readonly signature: string
}

const VOCABULARY_FILE = 'vocabulary.yaml'
const VOCABULARY_KEYS = ['roles', 'purposes', 'regions'] as const

/** Reads all policy files, in the order of their paths. @throws CONFIG_INVALID when the vocabulary is none */
export async function loadPolicySources(folders: PolicyFolders): Promise<PolicySources> {
  const signature = await signPolicyFolders(folders)
  const files: PolicyFile[] = []
  for (const { dir, domain } of listFolders(folders)) {
    for (const name of await namesIn(dir)) {
      if (!name.endsWith('.cedar')) continue
      const path = join(dir, name)
      files.push({ path, name: domain === undefined ? name : `${domain}/${name}`, text: (await readFile(path, 'utf8')).slice(0, MAX_POLICY_FILE_CHARACTERS + 1), ...(domain === undefined ? {} : { domain }) })
    }
  }
  return { files, vocabulary: await loadVocabulary(folders.mesh), signature }
}

/** A text that changes when a policy file is added, changed or removed; reads no file. */
export async function signPolicyFolders(folders: PolicyFolders): Promise<string> {
  const parts: string[] = []
  for (const { dir } of listFolders(folders)) {
    for (const name of await namesIn(dir)) {
      const path = join(dir, name)
      const { mtimeMs, size, ino } = await stat(path)
      parts.push(`${path} ${mtimeMs} ${size} ${ino}`)
    }
  }
  return parts.join('\n')
}

function listFolders({ mesh, domains }: PolicyFolders): readonly { readonly dir: string; readonly domain?: string }[] {
  const own = Object.entries(domains).map(([domain, dir]) => ({ dir, domain }))
  return mesh === undefined ? own : [{ dir: mesh }, ...own]
}

async function namesIn(dir: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(dir, { withFileTypes: true })
    return entries.filter((entry) => entry.isFile() && (entry.name.endsWith('.cedar') || entry.name === VOCABULARY_FILE)).map((entry) => entry.name).sort()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

async function loadVocabulary(dir: string | undefined): Promise<PolicyVocabulary> {
  if (dir === undefined || !(await namesIn(dir)).includes(VOCABULARY_FILE)) return {}
  const path = join(dir, VOCABULARY_FILE)
  const value: unknown = parseYaml(await readFile(path, 'utf8'), { maxAliasCount: 0 })
  if (typeof value !== 'object' || value === null || !Object.entries(value).every(([key, names]) => isKey(key) && isNames(names))) {
    throw new GatewayError('CONFIG_INVALID', `${path} must hold lists of names under ${VOCABULARY_KEYS.join(', ')}, and nothing else.`)
  }
  return value
}

function isKey(key: string): boolean {
  return VOCABULARY_KEYS.some((known) => known === key)
}

function isNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === 'string')
}
