import type { DataProduct, ProductObject } from '../contract/index.ts'
import type { Diagnostic, SourcePosition } from '../errors/index.ts'
import type { Sense, SenseName } from './concept.ts'
import type { Lexicon } from './lexicon.ts'
import type { Mapping } from './mapping.ts'

/** The contracts' objects by the sense name they have: `<domain>.<Object>`. */
export function objectsBySense(products: readonly DataProduct[]): ReadonlyMap<string, ProductObject> {
  return new Map(products.flatMap((product) => product.objects.map((object) => [`${product.domain}.${object.name}`, object] as const)))
}

/** Senses, keys and fields that a lexicon names and no contract has. */
export function checkAgainstContracts(lexicon: Lexicon, products: readonly DataProduct[]): readonly Diagnostic[] {
  const objects = objectsBySense(products)
  const findings: Diagnostic[] = []
  for (const { sense, concept } of lexicon.senses.values()) {
    if (concept.type === 'entity') findings.push(...checkSense(sense, objects))
    else findings.push(...checkMetricProduct(sense, products))
  }
  for (const mapping of lexicon.mappings.values()) findings.push(...checkRuleFields(mapping, objects))
  const used = [
    ...[...lexicon.concepts.values()].flatMap((concept) =>
      concept.fields.flatMap((field) => field.from.map((from) => ({ ...from, position: field.position }))),
    ),
    ...[...lexicon.senses.values()].flatMap(({ sense }) => sense.fields.map((from) => ({ ...from, position: sense.position }))),
    ...[...lexicon.vocabularies.values()].flatMap((vocabulary) =>
      vocabulary.fields.map((from) => ({ ...from, position: vocabulary.position })),
    ),
  ]
  for (const { sense, field, position } of used) findings.push(...checkField({ sense, field, position }, objects))
  return findings
}

function checkSense(sense: Sense, objects: ReadonlyMap<string, ProductObject>): readonly Diagnostic[] {
  const object = objects.get(sense.name)
  if (object === undefined) {
    return [
      {
        rule: 'lexicon-unknown-type',
        severity: 'error',
        what: `no contract has \`${sense.name}\``,
        expected: nearest(sense.name, objects),
        position: sense.position,
      },
    ]
  }
  if (object.keys.some((key) => key.length === sense.key.length && key.every((field, at) => field === sense.key[at]))) return []
  return [
    {
      rule: 'lexicon-unknown-key',
      severity: 'error',
      what: `\`${sense.key.join(', ')}\` is no key of \`${sense.name}\``,
      expected: object.keys.length === 0 ? 'a key; the contract declares none' : object.keys.map((key) => key.join(', ')).join(' | '),
      why: 'Links name records by this key.',
      position: sense.position,
    },
  ]
}

function checkMetricProduct(sense: Sense, products: readonly DataProduct[]): readonly Diagnostic[] {
  const { product } = sense
  const isNamed = ({ domain, name, contract }: DataProduct): boolean =>
    product === `${domain}/${name}` || product === `${domain}/${contract.dataProduct}`
  if (product === undefined || products.some(isNamed)) return []
  return [
    {
      rule: 'lexicon-unknown-product',
      severity: 'error',
      what: `\`${product}\` is no product`,
      expected: products.map(({ domain, name }) => `${domain}/${name}`).join(', '),
      position: sense.position,
    },
  ]
}

function checkRuleFields(mapping: Mapping, objects: ReadonlyMap<string, ProductObject>): readonly Diagnostic[] {
  const { rule, position } = mapping
  if (rule.kind === 'table' || rule.kind === 'lifecycle') return []
  return [
    ...rule.from.flatMap((field) => checkField({ sense: mapping.from, field, position }, objects)),
    ...rule.to.flatMap((field) => checkField({ sense: mapping.to, field, position }, objects)),
  ]
}

function checkField(
  used: { readonly sense: SenseName; readonly field: string; readonly position: SourcePosition },
  objects: ReadonlyMap<string, ProductObject>,
): readonly Diagnostic[] {
  const object = objects.get(used.sense)
  // A sense without a contract is reported where it is declared.
  if (object === undefined || object.properties.some((property) => property.field === used.field)) return []
  return [
    {
      rule: 'lexicon-unknown-field',
      severity: 'error',
      what: `\`${used.sense}\` has no field \`${used.field}\``,
      expected: object.properties.map((property) => property.field).join(', '),
      position: used.position,
    },
  ]
}

function nearest(name: string, objects: ReadonlyMap<string, ProductObject>): string {
  const [domain = ''] = name.split('.')
  const same = [...objects.keys()].filter((candidate) => candidate.startsWith(`${domain}.`))
  return (same.length > 0 ? same : [...objects.keys()]).join(', ')
}
