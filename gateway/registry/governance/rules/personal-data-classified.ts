import { fieldsOf, type GovernanceRule } from '../governance-rule.ts'

/** Words in a field's name that point to a person, as whole camelCase parts. */
const PERSONAL_WORDS = new Set(['email', 'mail', 'phone', 'mobile', 'fax', 'birth', 'birthday', 'birthdate', 'dob', 'gender', 'ssn', 'passport', 'iban', 'salary', 'surname', 'firstname', 'lastname', 'street', 'ip', 'nationality', 'religion', 'health', 'diagnosis'])
const PERSONAL_PAIRS = new Set(['first name', 'last name', 'given name', 'family name', 'full name', 'person name', 'contact name', 'date birth', 'address line', 'tax id', 'social security', 'bank account', 'card number', 'user agent'])

const EMAIL = /^[^\s@]{1,64}@[^\s@]{1,255}\.[a-z]{2,}$/i
const PHONE = /^\+?[\d\s().-]{7,20}$/
const IBAN = /^[A-Z]{2}\d{2}[A-Z0-9]{10,30}$/
const SHARE_THAT_LOOKS_PERSONAL = 0.5

const OPEN = new Set([undefined, 'public', 'internal'])

export const personalDataClassified: GovernanceRule = {
  name: 'personal-data-classified',
  why: 'What is not classified is not masked; personal data that nobody marked is the usual way it leaks.',
  check: (subject) => fieldsOf(subject)
    .filter(({ property }) => OPEN.has(property.classification))
    .flatMap(({ coordinate, property }) => {
      const reason = nameLooksPersonal(property.field) ? 'its name' : valuesLookPersonal(subject.sampleValues?.get(coordinate) ?? []) ? 'its values' : undefined
      if (reason === undefined) return []
      return [{ subject: coordinate, what: `${coordinate} looks like personal data by ${reason} and is ${property.classification ?? 'not classified'}`, how: 'set `classification: confidential` (or restricted), or have the field exempted with a reason' }]
    }),
}

function nameLooksPersonal(field: string): boolean {
  const words = field.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase().split(/[\s_]+/)
  return words.some((word) => PERSONAL_WORDS.has(word)) || words.some((word, index) => PERSONAL_PAIRS.has(`${word} ${words[index + 1] ?? ''}`))
}

function valuesLookPersonal(values: readonly string[]): boolean {
  if (values.length === 0) return false
  const hits = values.filter((value) => EMAIL.test(value) || IBAN.test(value) || (PHONE.test(value) && /[\s().+-]/.test(value) && !/^\d{4}-\d{2}-\d{2}/.test(value)))
  return hits.length / values.length >= SHARE_THAT_LOOKS_PERSONAL
}
