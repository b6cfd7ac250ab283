import { findNearestName, type Diagnostic } from '@polyseme/kit/errors'
import { positionAt } from './policy-file.ts'
import { headOf, type NamedEntity } from './policy-head.ts'
import type { PolicyMesh } from './policy-mesh.ts'
import { buildPolicyReach } from './policy-reach.ts'
import type { PolicyRecord } from './policy-record.ts'

/**
 * A domain's policy must say in its head that it is about the domain's own data, so that it holds by its form and not by
 * what its conditions happen to come to.
 */
export function checkScope(policy: PolicyRecord, mesh: PolicyMesh): readonly Diagnostic[] {
  const { domain } = policy.file
  if (domain === undefined) return []
  const entity = headOf(policy.json)
  if (entity !== undefined && domainOf(entity, mesh) === domain) return []
  // What the mesh does not have is nobody else's either; `checkEntities` reports it.
  if (entity !== undefined && knownIds(entity.type, mesh)?.includes(entity.id) === false && entity.type !== 'Domain') return []
  const what = entity === undefined ? 'is about resources of any domain' : `is about ${entity.type}::${JSON.stringify(entity.id)}, which is not ${domain}'s`
  return [
    {
      rule: 'policy-foreign',
      severity: 'error',
      position: positionAt(policy.file, policy.offset),
      what: `a policy of the domain ${domain} ${what}`,
      expected: `\`resource in Domain::"${domain}"\`, or one of its products, objects or fields, in the policy's head`,
      why: 'a domain decides about its own data; what holds for all domains stands in the mesh\'s policy folder',
      how: `write \`${policy.json.effect} (principal, action …, resource in Domain::"${domain}")\``,
    },
  ]
}

/** Every entity that a policy names must exist; Cedar does not check ids. */
export function checkEntities(policy: PolicyRecord, mesh: PolicyMesh, severity: 'error' | 'warning'): readonly Diagnostic[] {
  const findings: Diagnostic[] = []
  for (const key of buildPolicyReach([policy.json]).entities) {
    const [type = '', ...rest] = key.split('::')
    const id = JSON.parse(rest.join('::')) as string
    const known = knownIds(type, mesh)
    if (known === undefined || known.includes(id)) continue
    const nearest = findNearestName(id, known)
    findings.push({
      rule: 'policy-unknown-name',
      severity,
      position: positionAt(policy.file, policy.offset + Math.max(0, policy.text.indexOf(JSON.stringify(id)))),
      what: `there is no ${type}::${JSON.stringify(id)} in this mesh`,
      ...(known.length <= 12 ? { expected: known.map((name) => JSON.stringify(name)).join(', ') } : {}),
      why: 'the policy would never apply, and nobody would notice',
      ...(nearest === undefined ? {} : { how: `did you mean ${type}::${JSON.stringify(nearest)}?` }),
    })
  }
  return findings
}

function domainOf({ type, id }: NamedEntity, mesh: PolicyMesh): string | undefined {
  switch (type) {
    case 'Domain':
      return id
    case 'Product':
      return mesh.products.get(id)?.domain
    case 'Object':
      return mesh.fields.get(mesh.objects.get(id)?.[0] ?? '')?.domain
    case 'Field':
      return mesh.fields.get(id)?.domain
    default:
      return undefined
  }
}

function knownIds(type: string, { domains, products, objects, fields, classifications, vocabulary }: PolicyMesh): readonly string[] | undefined {
  switch (type) {
    case 'Domain':
      return domains
    case 'Product':
      return [...products.keys()]
    case 'Object':
      return [...objects.keys()]
    case 'Field':
      return [...fields.keys()]
    case 'Classification':
      return classifications
    case 'Role':
      return vocabulary.roles
    case 'Purpose':
      return vocabulary.purposes
    case 'Region':
      return vocabulary.regions
    default:
      return undefined
  }
}
