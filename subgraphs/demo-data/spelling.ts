const VARIANT = "pick(c.variants, rnd(ID, 'spell.variant'))"

/**
 * How a domain spells a country: SQL over the columns of `country` aliased as `c`.
 * Every domain has one habit and people who don't keep to it.
 */
export const COUNTRY_SPELLINGS = {
  sales: (id: string) => spell(id, [[0.9, 'c.english'], [0.945, VARIANT], [0.97, 'c.local'], [0.985, 'c.iso2']]),
  marketing: (id: string) => spell(id, [[0.35, 'c.english'], [0.55, 'c.local'], [0.75, VARIANT], [0.85, 'lower(c.english)'], [0.95, 'c.iso2']]),
  billing: (id: string) => spell(id, [[0.95, 'c.iso3'], [0.98, 'c.iso2'], [0.992, 'upper(c.english)']]),
  support: (id: string) => spell(id, [[0.9, 'c.iso2'], [0.96, 'lower(c.iso2)'], [0.98, 'c.iso3']]),
} as const

function spell(id: string, habits: readonly (readonly [number, string])[]): string {
  const cases = habits.map(([below, sql]) => `WHEN rnd(${id}, 'spell.country') < ${below} THEN ${sql.replaceAll('ID', id)}`)
  return `CASE ${cases.join(' ')} END`
}

/** An address with the dirt that trimming, NFKC and lower case undo, and no other. */
export function harmlessEmailDirt(email: string, id: string): string {
  return `CASE
    WHEN rnd(${id}, 'mail.dirt') < 0.78 THEN ${email}
    WHEN rnd(${id}, 'mail.dirt') < 0.88 THEN upper(left(${email}, 1)) || substr(${email}, 2)
    WHEN rnd(${id}, 'mail.dirt') < 0.92 THEN upper(${email})
    WHEN rnd(${id}, 'mail.dirt') < 0.95 THEN ' ' || ${email}
    WHEN rnd(${id}, 'mail.dirt') < 0.98 THEN ${email} || '  '
    ELSE replace(${email}, '@', '＠') END`
}

/** A slip of the finger that makes it another address, of a host that nobody has. */
export function mistypedEmail(email: string): string {
  return `regexp_replace(replace(${email}, '.example', '.exmaple'), '@(.)', '@\\1\\1')`
}

/** The address of a desk that many use: support registers it for several persons, and one order on the web came from it. */
export function sharedDesk(nth: string): string {
  return `'frontdesk' || ${nth} || '@postbox.example'`
}

/** A telephone number (`+49 40 55500123`) as somebody else would write it. */
export function phoneHabit(phone: string, id: string): string {
  return `CASE dice(${id}, 'phone.habit', 5)
    WHEN 0 THEN replace(${phone}, ' ', '')
    WHEN 1 THEN replace(replace(${phone}, '+', '00'), ' ', '-')
    WHEN 2 THEN '0' || split_part(${phone}, ' ', 2) || ' / ' || split_part(${phone}, ' ', 3)
    WHEN 3 THEN regexp_replace(${phone}, '^(\\+\\d+) (\\d+)', '\\1 (0)\\2')
    ELSE ${phone} END`
}

/** A person's name as a form or an import leaves it. */
export function nameHabit(first: string, last: string, id: string): string {
  return `CASE
    WHEN rnd(${id}, 'name.habit') < 0.85 THEN ${first} || ' ' || ${last}
    WHEN rnd(${id}, 'name.habit') < 0.91 THEN ${last} || ', ' || ${first}
    WHEN rnd(${id}, 'name.habit') < 0.94 THEN upper(${first} || ' ' || ${last})
    WHEN rnd(${id}, 'name.habit') < 0.97 THEN lower(${first} || ' ' || ${last})
    ELSE left(${first}, 1) || '. ' || ${last} END`
}

/** Two neighbouring letters swapped somewhere in the middle. */
export function swappedLetters(text: string, id: string): string {
  const at = `(2 + dice(${id}, 'typo.at', greatest(len(${text}) - 3, 1)))`
  return `substr(${text}, 1, ${at} - 1) || substr(${text}, ${at} + 1, 1) || substr(${text}, ${at}, 1) || substr(${text}, ${at} + 2)`
}
