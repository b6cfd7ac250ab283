import { fieldsOf, type GovernanceRule } from '../governance-rule.ts'

/** Fields that the crosswalk adds to types; `concept` and `mappings` the contract room already keeps free. */
const RESERVED_FIELDS = new Set(['explain'])
const COUNTERPART = /^as[A-Z]/

export const reservedNames: GovernanceRule = {
  name: 'reserved-names',
  why: 'Some names mean the same everywhere in the graph; a domain that used them for something else would be misread.',
  check: (subject) => fieldsOf(subject).filter(({ property }) => RESERVED_FIELDS.has(property.field) || COUNTERPART.test(property.field)).map(({ coordinate, property }) => ({
    subject: coordinate, what: `the name "${property.field}" is reserved`, how: 'set `graphqlName` of the property to another name',
  })),
}
