import type { DataProduct, ProductObject, ProductProperty } from '@polyseme/kit/contract'
import { fieldsOf, type GovernanceRule } from '../governance-rule.ts'

/** Words in a field's name that point to a person, as whole camelCase parts. */
const PERSONAL_WORDS = new Set(['email', 'mail', 'phone', 'mobile', 'fax', 'birth', 'birthday', 'birthdate', 'dob', 'gender', 'ssn', 'passport', 'iban', 'salary', 'surname', 'firstname', 'lastname', 'street', 'ip', 'nationality', 'religion', 'health', 'diagnosis'])
const PERSONAL_PAIRS = new Set(['first name', 'last name', 'given name', 'family name', 'full name', 'person name', 'contact name', 'date birth', 'address line', 'tax id', 'social security', 'bank account', 'card number', 'user agent'])

/** Formats and column types that are made for what belongs to a person. */
const PERSONAL_FORMATS = new Set(['email', 'idn-email', 'phone', 'ipv4', 'ipv6'])
const PERSONAL_COLUMNS = new Set(['inet', 'cidr'])

const OPEN = new Set([undefined, 'public', 'internal'])

export const personalDataClassified: GovernanceRule = {
  name: 'personal-data-classified',
  why: 'What is not classified is not masked; personal data that nobody marked is the usual way it leaks.',
  check: (subject) => fieldsOf(subject)
    .filter(({ property }) => OPEN.has(property.classification))
    .flatMap(({ coordinate, product, object, property }) => {
      const reason = nameLooksPersonal(property.field) ? 'its name' : typeLooksPersonal(product, object, property) ? 'its type' : subject.personalFields?.has(coordinate) === true ? 'its values' : undefined
      if (reason === undefined) return []
      return [{ subject: coordinate, what: `${coordinate} looks like personal data by ${reason} and is ${property.classification ?? 'not classified'}`, how: 'set `classification: confidential` (or restricted), or have the field exempted with a reason' }]
    }),
}

function nameLooksPersonal(field: string): boolean {
  const words = field.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase().split(/[\s_]+/)
  return words.some((word) => PERSONAL_WORDS.has(word)) || words.some((word, index) => PERSONAL_PAIRS.has(`${word} ${words[index + 1] ?? ''}`))
}

function typeLooksPersonal(product: DataProduct, object: ProductObject, property: ProductProperty): boolean {
  const source = product.contract.schema?.find(({ name }) => name === object.name)?.properties?.find(({ name }) => name === property.name)
  return PERSONAL_FORMATS.has(source?.logicalTypeOptions?.format?.toLowerCase() ?? '') || PERSONAL_COLUMNS.has(source?.physicalType?.toLowerCase() ?? '')
}
