import type { CedarPolicy } from './cedar-engine.ts'

/** What a set of policies looks at; two requests that agree in all of it get the same decision. */
export interface PolicyReach {
  /** Attributes that a decision depends on with their whole value, whoever has them. */
  readonly attributes: ReadonlySet<string>
  /** Attributes that are only compared with these texts: every other value counts the same. */
  readonly comparedTexts: ReadonlyMap<string, ReadonlySet<string>>
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
  return { attributes, comparedTexts, entities, namesCallers }
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

function resourceAttribute(node: Json | undefined): string | undefined {
  const access = isObject(node) ? node['.'] : undefined
  if (!isObject(access) || !isObject(access['left']) || access['left']['Var'] !== 'resource') return undefined
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
