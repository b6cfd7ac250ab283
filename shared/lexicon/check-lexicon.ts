import type { DataProduct } from '../contract/index.ts'
import type { Diagnostic } from '../errors/index.ts'
import { checkAgainstContracts } from './check-contracts.ts'
import type { Concept } from './concept.ts'
import type { Lexicon } from './lexicon.ts'
import { invertPredicate, type Mapping, type Predicate } from './mapping.ts'
import { NORMALIZERS } from './normalizers/index.ts'
import type { Vocabulary } from './vocabulary.ts'

/** What a lexicon is compared with beside itself. */
export interface LexiconContext {
  /** The data products of the mesh; absent: senses, keys and fields are not looked up. */
  readonly products?: readonly DataProduct[]
  /** ISO date; absent: nothing is out of date. */
  readonly today?: string
}

/** Everything in a lexicon that does not fit together; empty when it does. */
export function checkLexicon(lexicon: Lexicon, context: LexiconContext): readonly Diagnostic[] {
  return [
    ...checkNames(lexicon),
    ...[...lexicon.concepts.values()].flatMap((concept) => [
      ...checkRelations(concept, lexicon),
      ...checkGroup(concept, context.today),
      ...checkFields(concept),
    ]),
    ...checkBroaderCycles(lexicon),
    ...[...lexicon.mappings.values()].flatMap((mapping) => checkMapping(mapping, lexicon)),
    ...checkMappingContradictions(lexicon),
    ...[...lexicon.vocabularies.values()].flatMap(checkVocabulary),
    ...(context.products === undefined ? [] : checkAgainstContracts(lexicon, context.products)),
  ]
}

function checkNames(lexicon: Lexicon): readonly Diagnostic[] {
  const owners = new Map<string, string>()
  const findings: Diagnostic[] = []
  for (const item of [...lexicon.concepts.values(), ...lexicon.vocabularies.values()]) {
    const owner = owners.get(item.name)
    if (owner === undefined) owners.set(item.name, item.id)
    else
      findings.push({
        rule: 'lexicon-duplicate-name',
        severity: 'error',
        what: `\`${item.name}\` names both \`${owner}\` and \`${item.id}\``,
        expected: 'one word, one meaning',
        position: item.position,
      })
  }
  return findings
}

function checkRelations(concept: Concept, lexicon: Lexicon): readonly Diagnostic[] {
  const findings: Diagnostic[] = []
  const { position } = concept
  const named = [...concept.broader, ...concept.related, ...concept.notToBeConfusedWith.map((other) => other.concept)]
  for (const id of new Set(named)) {
    if (id === concept.id)
      findings.push({
        rule: 'lexicon-relation-self',
        severity: 'error',
        what: `concept \`${id}\` is related to itself`,
        expected: 'another concept',
        position,
      })
    else if (!lexicon.concepts.has(id))
      findings.push({
        rule: 'lexicon-unknown-concept',
        severity: 'error',
        what: `\`${id}\` is no concept`,
        expected: [...lexicon.concepts.keys()].join(', '),
        position,
      })
  }
  for (const id of concept.related) {
    if (isBroader(concept, id, lexicon) || reachable(lexicon.concepts.get(id), lexicon).has(concept.id)) {
      findings.push({
        rule: 'lexicon-relation-contradiction',
        severity: 'error',
        what: `\`${concept.id}\` is both related to \`${id}\` and below or above it`,
        expected: 'one of the two',
        why: 'SKOS: related and broader exclude each other.',
        position,
      })
    }
  }
  return findings
}

function isBroader(concept: Concept, id: string, lexicon: Lexicon): boolean {
  return reachable(concept, lexicon).has(id)
}

/** Ids of all concepts above one, over any number of steps; cycles end. */
function reachable(concept: Concept | undefined, lexicon: Lexicon): ReadonlySet<string> {
  const found = new Set<string>()
  const open = [...(concept?.broader ?? [])]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue
    found.add(id)
    open.push(...(lexicon.concepts.get(id)?.broader ?? []))
  }
  return found
}

function checkBroaderCycles(lexicon: Lexicon): readonly Diagnostic[] {
  const inCycle = [...lexicon.concepts.values()].filter(
    (concept) => !concept.broader.includes(concept.id) && isBroader(concept, concept.id, lexicon),
  )
  const [first] = inCycle
  if (first === undefined) return []
  return [
    {
      rule: 'lexicon-broader-cycle',
      severity: 'error',
      what: `\`broader\` runs in a circle: ${inCycle.map(({ id }) => id).join(', ')}`,
      expected: 'every chain of `broader` ends',
      position: first.position,
    },
  ]
}

function checkGroup(concept: Concept, today: string | undefined): readonly Diagnostic[] {
  const group = concept.workingGroup
  if (group === undefined || today === undefined || group.until >= today) return []
  return [
    {
      rule: 'lexicon-group-expired',
      severity: 'warning',
      what: `the working group \`${group.name}\` of \`${concept.id}\` ended on ${group.until}`,
      expected: 'a settled word without a group, or a later date',
      how: 'Remove `workingGroup`, or set a new `until`.',
      position: concept.position,
    },
  ]
}

function checkFields(concept: Concept): readonly Diagnostic[] {
  const own = new Set<string>(concept.senses.map(({ name }) => name))
  return concept.fields.flatMap((field) => {
    const findings: Diagnostic[] = field.from
      .filter(({ sense }) => !own.has(sense))
      .map(({ sense }) => ({
        rule: 'lexicon-unknown-sense',
        severity: 'error' as const,
        what: `field \`${field.name}\` takes a value from \`${sense}\`, which is no sense of \`${concept.id}\``,
        expected: [...own].join(', '),
        position: field.position,
      }))
    if (['id', 'mappings', 'members', 'aliases', 'explain', 'conflicts', 'history'].includes(field.name) || /^as[A-Z]/u.test(field.name)) {
      findings.push({
        rule: 'lexicon-field-reserved',
        severity: 'error',
        what: `field \`${field.name}\``,
        expected: 'another name',
        why: 'The concept type has a field of this name already.',
        position: field.position,
      })
    }
    return findings
  })
}

function checkMapping(mapping: Mapping, lexicon: Lexicon): readonly Diagnostic[] {
  const { position } = mapping
  const findings: Diagnostic[] = []
  const from = lexicon.senses.get(mapping.from)
  const to = lexicon.senses.get(mapping.to)
  for (const [name, found] of [
    [mapping.from, from],
    [mapping.to, to],
  ] as const) {
    if (found === undefined || found.concept.type !== 'entity') {
      findings.push({
        rule: 'lexicon-unknown-sense',
        severity: 'error',
        what: `mapping \`${mapping.id}\`: \`${name}\` is no sense of an entity`,
        expected: 'a sense that a concept declares',
        position,
        how: `Add to a concept:\n  senses:\n    - sense: ${name}\n      definition: …\n      key: …\n      grain: …`,
      })
    }
  }
  if (mapping.from === mapping.to)
    findings.push({
      rule: 'lexicon-mapping-self',
      severity: 'error',
      what: `mapping \`${mapping.id}\` maps \`${mapping.from}\` to itself`,
      expected: 'two senses',
      position,
    })
  if (mapping.validFrom !== undefined && mapping.validTo !== undefined && Date.parse(mapping.validFrom) >= Date.parse(mapping.validTo)) {
    findings.push({
      rule: 'lexicon-validity',
      severity: 'error',
      what: `mapping \`${mapping.id}\` ends before it begins`,
      expected: '`validFrom` before `validTo`',
      position,
    })
  }
  if (mapping.predicate !== 'exactMatch' || from === undefined || to === undefined) return findings
  if (comparableGrain(from.sense.grain) !== comparableGrain(to.sense.grain)) {
    findings.push({
      rule: 'lexicon-exact-match-grain',
      severity: 'error',
      what: `mapping \`${mapping.id}\`: \`${mapping.from}\` is one ${from.sense.grain}, \`${mapping.to}\` one ${to.sense.grain}`,
      expected: 'equal grains under exactMatch',
      why: 'exactMatch makes the two records one thing; a thing cannot be of two sizes.',
      how: 'Use `closeMatch`, `broadMatch`, `narrowMatch` or `relatedMatch`, or correct the grain.',
      position,
    })
  }
  if (from.concept.id !== to.concept.id) {
    findings.push({
      rule: 'lexicon-exact-match-concepts',
      severity: 'error',
      what: `mapping \`${mapping.id}\` makes a ${from.concept.name} and a ${to.concept.name} one thing`,
      expected: 'senses of one concept under exactMatch',
      how: 'Use another predicate, or put both senses under one concept.',
      position,
    })
  }
  return findings
}

function comparableGrain(grain: string): string {
  return NORMALIZERS.text(grain) ?? ''
}

/** SKOS: exactMatch excludes broadMatch, narrowMatch and relatedMatch; what is broader cannot be narrower as well. */
const EXCLUDES: Readonly<Record<Predicate, readonly Predicate[]>> = {
  exactMatch: ['broadMatch', 'narrowMatch', 'relatedMatch'],
  closeMatch: [],
  broadMatch: ['exactMatch', 'narrowMatch', 'relatedMatch'],
  narrowMatch: ['exactMatch', 'broadMatch', 'relatedMatch'],
  relatedMatch: ['exactMatch', 'broadMatch', 'narrowMatch'],
}

function checkMappingContradictions(lexicon: Lexicon): readonly Diagnostic[] {
  const findings: Diagnostic[] = []
  const live = [...lexicon.mappings.values()].filter(({ status }) => status === 'approved' || status === 'proposed')
  for (const [at, mapping] of live.entries()) {
    for (const other of live.slice(0, at)) {
      const same = other.from === mapping.from && other.to === mapping.to
      if (!same && !(other.from === mapping.to && other.to === mapping.from)) continue
      const predicate = same ? other.predicate : invertPredicate(other.predicate)
      if (!EXCLUDES[mapping.predicate].includes(predicate)) continue
      findings.push({
        rule: 'lexicon-mapping-contradiction',
        severity: 'error',
        what: `\`${mapping.id}\` says ${mapping.predicate}, \`${other.id}\` says ${predicate} of the same two senses`,
        expected: 'predicates that can both hold',
        position: mapping.position,
      })
    }
  }
  return findings
}

function checkVocabulary(vocabulary: Vocabulary): readonly Diagnostic[] {
  const findings: Diagnostic[] = []
  const owners = new Map<string, string>()
  const codes = new Set<string>()
  const normalize = NORMALIZERS[vocabulary.normalizer]
  for (const value of vocabulary.values) {
    if (codes.has(value.code))
      findings.push({
        rule: 'lexicon-duplicate-code',
        severity: 'error',
        what: `code \`${value.code}\` of \`${vocabulary.id}\` is listed twice`,
        expected: 'once',
        position: vocabulary.position,
      })
    codes.add(value.code)
    for (const spelling of [value.code, value.label, ...value.spellings]) {
      const form = normalize(spelling) ?? NORMALIZERS.text(spelling) ?? spelling
      const owner = owners.get(form)
      if (owner !== undefined && owner !== value.code)
        findings.push({
          rule: 'lexicon-ambiguous-spelling',
          severity: 'error',
          what: `\`${spelling}\` is a spelling of both \`${owner}\` and \`${value.code}\` in \`${vocabulary.id}\``,
          expected: 'one code for each spelling',
          position: vocabulary.position,
        })
      owners.set(form, value.code)
    }
  }
  return findings
}
