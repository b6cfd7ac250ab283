import type { CedarPolicy } from './cedar-engine.ts'

/** What a set of policies looks at; two requests that agree in all of it get the same decision. */
export interface PolicyReach {
  /** Attributes that a decision depends on with their whole value, whoever has them. */
  readonly attributes: ReadonlySet<string>
  /** Attributes that are only compared with these texts: every other value counts the same. */
  readonly comparedTexts: ReadonlyMap<string, ReadonlySet<string>>
  /** Scopes that policies name, beside those that contracts ask for; `all` where the whole set is looked at. */
  readonly scopes: 'all' | ReadonlySet<string>
  /** Entities that policies name, as `Type::"id"`. */
  readonly entities: ReadonlySet<string>
  /** Some policy is about the caller as such (`principal == Caller::"…"`), not only about roles and attributes. */
  readonly namesCallers: boolean
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [member: string]: Json }
type JsonObject = { readonly [member: string]: Json }

/** Key of an entity in `PolicyReach.entities`. */
export function entityKey(type: string, id: string): string {
  return `${type}::${JSON.stringify(id)}`
}

/** Finds what policies look at. Errs on the side of too much: what it does not understand counts as looked at. */
export function buildPolicyReach(policies: Iterable<CedarPolicy>): PolicyReach {
  const attributes = new Set<string>()
  const comparedTexts = new Map<string, Set<string>>()
  const entities = new Set<string>()
  const scopes = new Set<string>()
  let looksAtAllScopes = false
  let namesCallers = false

  const compare = (attribute: string, texts: readonly string[]): void => {
    const known = comparedTexts.get(attribute) ?? new Set()
    for (const text of texts) known.add(text)
    comparedTexts.set(attribute, known)
  }

  const visit = (value: Json | undefined): void => {
    if (isList(value)) {
      for (const element of value) visit(element)
      return
    }
    if (!isObject(value)) return
    const entity = entityOf(value)
    if (entity !== undefined) entities.add(entityKey(entity.type, entity.id))
    if (entity?.type === 'Caller') namesCallers = true
    const tested = scopeTest(value)
    if (tested !== undefined) {
      for (const scope of tested) scopes.add(scope)
      return
    }
    if (isPrincipalScopes(value)) looksAtAllScopes = true
    const comparison = textComparison(value)
    if (comparison !== undefined) {
      compare(comparison.attribute, comparison.texts)
      return
    }
    for (const [member, below] of Object.entries(value)) {
      if (member === 'attr') for (const attribute of isList(below) ? below : [below]) if (typeof attribute === 'string') attributes.add(attribute)
      // `principal` by itself, where it is not only the owner of an attribute or a member of a role.
      if (member === 'Var' && below === 'principal') namesCallers = true
      visit(withoutPlainPrincipal(member, below))
    }
  }

  for (const policy of policies) {
    const { principal, action: _, resource, conditions } = policy
    for (const part of [principal, resource, conditions]) visit(part as unknown as Json)
  }
  return { attributes, comparedTexts, scopes: looksAtAllScopes ? 'all' : scopes, entities, namesCallers }
}

/** `resource.name == "email"` or `["email", "phone"].contains(resource.name)`: nothing else of the value matters. */
function textComparison(node: JsonObject): { readonly attribute: string; readonly texts: readonly string[] } | undefined {
  const equality = node['=='] ?? node['!=']
  const containment = node['contains']
  if (isObject(equality)) {
    for (const [one, other] of [[equality['left'], equality['right']], [equality['right'], equality['left']]]) {
      const attribute = resourceAttribute(one)
      const texts = textValues(other)
      if (attribute !== undefined && texts?.length === 1) return { attribute, texts }
    }
  }
  if (isObject(containment)) {
    const attribute = resourceAttribute(containment['right'])
    const texts = textValues(containment['left'])
    if (attribute !== undefined && texts !== undefined) return { attribute, texts }
  }
  return undefined
}

/**
 * `principal.scopes.contains("a")`, `.containsAny(["a", "b"])`, or either with what a contract or action asks for: nothing else of the
 * scopes matters. The scopes that it names.
 */
function scopeTest(node: JsonObject): readonly string[] | undefined {
  for (const method of ['contains', 'containsAny', 'containsAll']) {
    const test = node[method]
    if (!isObject(test) || !isPrincipalScopes(test['left'])) continue
    const asked = resourceAttribute(test['right']) ?? contextAttribute(test['right'])
    if (asked === 'readScopes' || asked === 'fieldScopes' || asked === 'neededScope') return []
    return textValues(test['right'])
  }
  return undefined
}

function isPrincipalScopes(node: Json | undefined): boolean {
  return attributeOf(node, 'principal') === 'scopes'
}

function contextAttribute(node: Json | undefined): string | undefined {
  return attributeOf(node, 'context')
}

function resourceAttribute(node: Json | undefined): string | undefined {
  return attributeOf(node, 'resource')
}

function attributeOf(node: Json | undefined, variable: string): string | undefined {
  const access = isObject(node) ? node['.'] : undefined
  if (!isObject(access) || !isObject(access['left']) || access['left']['Var'] !== variable) return undefined
  return typeof access['attr'] === 'string' ? access['attr'] : undefined
}

function textValues(node: Json | undefined): readonly string[] | undefined {
  if (!isObject(node)) return undefined
  const value = node['Value']
  if (typeof value === 'string') return [value]
  const elements = node['Set']
  if (!isList(elements)) return undefined
  const texts = elements.map((element) => textValues(element)?.[0])
  return texts.every((text) => text !== undefined) ? texts : undefined
}

const MEMBER_TESTS: ReadonlySet<string> = new Set(['.', 'has', 'in', 'is'])

function withoutPlainPrincipal(member: string, below: Json): Json {
  if (!MEMBER_TESTS.has(member) || !isObject(below) || !isObject(below['left']) || below['left']['Var'] !== 'principal') return below
  const { left: _, ...rest } = below
  return rest
}

function entityOf(node: JsonObject): { readonly type: string; readonly id: string } | undefined {
  const entity = isObject(node['__entity']) ? node['__entity'] : node
  const { type, id } = entity
  return typeof type === 'string' && typeof id === 'string' ? { type, id } : undefined
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value)
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}
