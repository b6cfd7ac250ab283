import type { ColumnProfile, ValueForm } from './data-profile.ts'
import { splitWords } from './names.ts'

/** Why a column is likely to hold personal data, and how closely it should be kept until somebody has looked. */
export interface PersonalDataGuess {
  /** For the reader: `e-mail addresses, by its name and 98 % of its values`. */
  readonly reason: string
  readonly classification: 'confidential' | 'restricted'
}

interface Kind {
  readonly noun: string
  readonly classification: PersonalDataGuess['classification']
  /** Matched against the words of the name, joined by blanks. */
  readonly name?: RegExp
  readonly form?: ValueForm
}

/** The first that fits counts. Restricted: what the law keeps closer, or what opens an account. */
const KINDS: readonly Kind[] = [
  { noun: 'e-mail addresses', classification: 'confidential', name: /\be ?mail\b|\bmail address\b/, form: 'email' },
  {
    noun: 'social security numbers',
    classification: 'restricted',
    name: /\bssn\b|\b(?:social|national) (?:security|insurance|id)\b|\bpersonal (?:id|number|code)\b|\bpassport\b|\btax (?:id|number)\b/,
    form: 'socialSecurity',
  },
  {
    noun: 'bank or card numbers',
    classification: 'restricted',
    name: /\biban\b|\bbank account\b|\b(?:credit )?card (?:no|num|number)\b|\bcvv\b/,
    form: 'iban',
  },
  { noun: 'secrets', classification: 'restricted', name: /\bpassw(?:or)?d\b|\bsecret\b|\bapi key\b|\bprivate key\b|\btoken\b/ },
  {
    noun: 'data on health, belief or origin',
    classification: 'restricted',
    name: /\bhealth\b|\bdiagnos\w+|\breligio\w+|\bethnic\w*|\bdisabilit\w+|\bsexual\b/,
  },
  { noun: 'dates of birth', classification: 'confidential', name: /\b(?:birth ?(?:date|day|year)?|date of birth|dob|birthdate)\b/ },
  { noun: 'data on gender or family', classification: 'confidential', name: /\bgender\b|\bsex\b|\bmarital\b|\bchildren\b|\bnationality\b/ },
  { noun: 'pay or income', classification: 'confidential', name: /\bsalary\b|\bwage\b|\b(?:yearly |annual )?income\b|\bpay rate\b/ },
  {
    noun: 'names of persons',
    classification: 'confidential',
    name: /\b(?:first|last|middle|full|given|family|maiden|nick|contact|sur|fore) ?name\b/,
  },
  { noun: 'telephone numbers', classification: 'confidential', name: /\bphone\b|\btelephone\b|\bmobile\b|\bcell\b|\bfax\b/, form: 'phone' },
  {
    noun: 'postal addresses',
    classification: 'confidential',
    name: /\b(?:street|address line|address ?\d|home address|postal address|mailing address)\b|^address$/,
  },
  { noun: 'places of persons', classification: 'confidential', name: /\b(?:latitude|longitude|geo ?location)\b/ },
  { noun: 'IP addresses', classification: 'confidential', name: /\bip ?(?:address)?\b/, form: 'ipAddress' },
  { noun: 'user names', classification: 'confidential', name: /\blogin(?: id| name)?\b|\buser ?name\b/ },
]

/** Values that must have a form before the values alone say what they are. */
const SHARE_BY_VALUES = 0.5

/** Likely personal data by the column's name, its values' form, or both; undefined says nothing about what the column holds. */
export function guessPersonalData(column: ColumnProfile): PersonalDataGuess | undefined {
  const words = splitWords(column.name)
    .map((word) => word.toLowerCase())
    .join(' ')
  const filled = column.rows - column.nulls
  for (const { noun, classification, name, form } of KINDS) {
    const share = form === undefined || filled === 0 ? 0 : (column.forms?.[form] ?? 0) / filled
    const byName = name?.test(words) === true
    // Numbers of many kinds look like telephone numbers, so that form counts only beside the name.
    const byValues = share >= SHARE_BY_VALUES && form !== 'phone'
    if (!byName && !byValues) continue
    const values = `${Math.round(share * 100)} % of its values`
    const evidence = byName && byValues ? `its name and ${values}` : byName ? 'its name' : values
    return { reason: `${noun}, by ${evidence}`, classification }
  }
  return undefined
}
