import type { Diagnostic } from '@polyseme/kit/errors'
import { parseLexicon, type LexiconContext, type LexiconFile } from '@polyseme/kit/lexicon'

/** A file as a lexicon reads it. */
export function file(path: string, text: string): LexiconFile {
  return { path, text }
}

/** One entity with two senses of the same grain. */
export const CUSTOMER = file(
  'customer.yaml',
  `kind: Concept
id: customer
name: Customer
definition: Someone we deal with.
senses:
  - { sense: sales.Customer, definition: An organisation under contract., key: customerId, grain: organisation }
  - { sense: billing.Customer, definition: Whoever pays., key: customerId, grain: organisation }
`,
)

export const LEAD = file(
  'lead.yaml',
  `kind: Concept
id: lead
name: Lead
definition: Someone who may become a customer.
senses:
  - { sense: marketing.Lead, definition: A form., key: leadId, grain: form }
`,
)

/** A mapping document with some keys replaced. */
export function mapping(keys: Readonly<Record<string, string>> = {}): LexiconFile {
  const all = {
    id: 'sales--billing',
    from: 'sales.Customer',
    to: 'billing.Customer',
    predicate: 'exactMatch',
    cardinality: '1:n',
    rule: '{ table: a.sssom.tsv }',
    justification: 'semapv:ManualMappingCuration',
    ...keys,
  }
  return file(
    `${all.id}.yaml`,
    `kind: Mapping\n${Object.entries(all)
      .map(([key, value]) => `${key}: ${value}`)
      .join('\n')}\n`,
  )
}

/** The findings about some files, errors and warnings. */
export function findings(files: readonly LexiconFile[], context: LexiconContext = {}): readonly Diagnostic[] {
  const result = parseLexicon(files, context)
  return result.kind === 'ok' ? result.warnings : result.diagnostics
}

/** The rules of the findings about some files. */
export function rules(files: readonly LexiconFile[], context: LexiconContext = {}): readonly string[] {
  return findings(files, context).map(({ rule }) => rule)
}
