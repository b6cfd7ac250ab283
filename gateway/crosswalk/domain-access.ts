import { Kind, type ConstDirectiveNode, type ConstValueNode, type DocumentNode } from 'graphql'

/** What a domain asks of whoever reads a type or a field: alternatives (outer) of names that are all needed (inner). */
export interface DeclaredAccess {
  readonly authenticated: boolean
  readonly scopes: readonly (readonly string[])[]
  readonly policies: readonly (readonly string[])[]
}

export const OPEN: DeclaredAccess = { authenticated: false, scopes: [], policies: [] }

const ARGUMENTS = { requiresScopes: 'scopes', policy: 'policies' } as const

/** Reads access directives, under whatever names a subgraph imports them. */
export class AccessReader {
  readonly #names: ReadonlyMap<string, 'authenticated' | 'requiresScopes' | 'policy'>

  constructor(document: DocumentNode) {
    const names = new Map<string, 'authenticated' | 'requiresScopes' | 'policy'>()
    for (const name of ['authenticated', 'requiresScopes', 'policy'] as const) names.set(`federation__${name}`, name)
    for (const [name, as] of importedNames(document)) {
      if (name === 'authenticated' || name === 'requiresScopes' || name === 'policy') names.set(as, name)
    }
    this.#names = names
  }

  read(directives: readonly ConstDirectiveNode[]): DeclaredAccess {
    const all = directives.map((directive): DeclaredAccess => {
      const kind = this.#names.get(directive.name.value)
      if (kind === undefined) return OPEN
      if (kind === 'authenticated') return { ...OPEN, authenticated: true }
      const value = directive.arguments?.find(({ name }) => name.value === ARGUMENTS[kind])?.value
      return kind === 'requiresScopes' ? { ...OPEN, scopes: alternatives(value) } : { ...OPEN, policies: alternatives(value) }
    })
    return joinAccess(all)
  }
}

/** What is asked when all of them are. */
export function joinAccess(all: readonly DeclaredAccess[]): DeclaredAccess {
  return {
    authenticated: all.some(({ authenticated }) => authenticated),
    scopes: conjunction(all.map(({ scopes }) => scopes)),
    policies: conjunction(all.map(({ policies }) => policies)),
  }
}

/** The directives that ask for it, by their own names. */
export function accessDirectives({ authenticated, scopes, policies }: DeclaredAccess): string {
  return [
    ...(authenticated ? ['@authenticated'] : []),
    ...(scopes.length > 0 ? [`@requiresScopes(scopes: ${JSON.stringify(scopes)})`] : []),
    ...(policies.length > 0 ? [`@policy(policies: ${JSON.stringify(policies)})`] : []),
  ]
    .map((text) => ` ${text}`)
    .join('')
}

function conjunction(requirements: readonly (readonly (readonly string[])[])[]): readonly (readonly string[])[] {
  const known = new Map<string, readonly string[]>([['', []]])
  let all: readonly (readonly string[])[] = [...known.values()]
  for (const requirement of requirements) {
    if (requirement.length === 0) continue
    const sets = all.flatMap((left) => requirement.map((right) => [...new Set([...left, ...right])].sort()))
    all = [...new Map(sets.map((set) => [set.join('\t'), set])).values()]
  }
  return all.every((set) => set.length === 0) ? [] : all
}

function importedNames(document: DocumentNode): readonly (readonly [name: string, as: string])[] {
  return document.definitions.flatMap((definition) => {
    if (definition.kind !== Kind.SCHEMA_DEFINITION && definition.kind !== Kind.SCHEMA_EXTENSION) return []
    return (definition.directives ?? [])
      .filter(({ name }) => name.value === 'link')
      .flatMap((link) => {
        const imports = link.arguments?.find(({ name }) => name.value === 'import')?.value
        return imports?.kind === Kind.LIST ? imports.values.flatMap(importedName) : []
      })
  })
}

function importedName(value: ConstValueNode): readonly (readonly [string, string])[] {
  if (value.kind === Kind.STRING) return [[bare(value.value), bare(value.value)]]
  if (value.kind !== Kind.OBJECT) return []
  const text = (key: string): string | undefined => {
    const field = value.fields.find(({ name }) => name.value === key)?.value
    return field?.kind === Kind.STRING ? field.value : undefined
  }
  const name = text('name')
  return name === undefined ? [] : [[bare(name), bare(text('as') ?? name)]]
}

function bare(name: string): string {
  return name.startsWith('@') ? name.slice(1) : name
}

function alternatives(value: ConstValueNode | undefined): readonly (readonly string[])[] {
  if (value?.kind !== Kind.LIST) return []
  return value.values.map((set) =>
    set.kind === Kind.LIST ? set.values.flatMap((name) => (name.kind === Kind.STRING ? [name.value] : [])) : [],
  )
}
