import type { DemoSize } from './demo-size.ts'
import { sqlList } from './sql-text.ts'
import type { Step } from './step.ts'
import { BRAND_ENDS, BRAND_MIDDLES, BRAND_STARTS, FIRST_NAMES, INDUSTRIES, LAST_NAMES, PRIVATE_MAIL_HOSTS, STREETS } from './vocabulary.ts'

/** The true things, which no domain ever sees whole: organisations and persons. Domains get their rows from these. */
export const WORLD_STEPS: readonly Step[] = [
  {
    what: 'organisations',
    sql: (size) => [organisations(size.salesOrganisations + size.foreignOrganisations + size.prospects), organisationNames()],
  },
  {
    what: 'persons',
    sql: (size) => [
      personBases(size),
      persons(size.supportPersons, size.shoppers),
    ],
  },
]

function organisations(count: number): string {
  const industries = INDUSTRIES.map((industry) => `{name: '${industry.name}', words: ${sqlList(industry.words)}}`).join(', ')
  // Three in ten carry a family name, of which many share one: decoys for whoever links by name.
  return `CREATE TABLE org_base AS
    WITH drawn AS (
      SELECT i::INTEGER AS org_id, country.*, [${industries}][1 + dice(i, 'org.industry', ${INDUSTRIES.length})] AS industry_of,
        CASE WHEN rnd(i, 'org.family') < 0.3 THEN pick(${sqlList(LAST_NAMES)}, rnd(i, 'org.surname'))
          ELSE pick(${sqlList(BRAND_STARTS)}, rnd(i, 'org.b1')) || pick(${sqlList(BRAND_MIDDLES)}, rnd(i, 'org.b2'))
            || pick(${sqlList(BRAND_ENDS)}, rnd(i, 'org.b3')) END AS brand
      FROM range(1, ${count + 1}) t(i) JOIN country ON country.slot = dice(i, 'org.country', 100)
    )
    SELECT *, industry_of.name AS industry, pick(industry_of.words, rnd(org_id, 'org.word')) AS word,
      pick(cities, rnd(org_id, 'org.city')) AS city,
      lpad((10000 + dice(org_id, 'org.zip', 89999))::VARCHAR, 5, '0') AS postal_code,
      CASE WHEN rnd(org_id, 'org.localStreet') < 0.5 THEN street ELSE pick(${sqlList(STREETS)}, rnd(org_id, 'org.street')) END || ' '
        || (1 + dice(org_id, 'org.house', 180)) AS address,
      '+' || dialling || ' ' || (20 + dice(org_id, 'org.area', 70)) || ' 555'
        || lpad(dice(org_id, 'org.line', 100000)::VARCHAR, 5, '0') AS phone,
      iso2 || (100000000 + dice(org_id, 'org.vat', 899999999)) AS vat_id
    FROM drawn`
}

function organisationNames(): string {
  return `CREATE TABLE org AS
    SELECT * EXCLUDE (slot, industry_of, variants, legal_forms, cities, street),
      brand || ' ' || word AS name_core,
      pick(legal_forms, rnd(org_id, 'org.form')) AS legal_form,
      slug(brand || ' ' || word) || CASE WHEN namesakes > 1 THEN namesakes::VARCHAR ELSE '' END || '.' || tld || '.example' AS host
    FROM (SELECT *, row_number() OVER (PARTITION BY slug(brand || ' ' || word), tld ORDER BY org_id) AS namesakes FROM org_base)`
}

/** Persons 1 … supportPersons work for an organisation, most of them; six in a hundred for two. */
function personBases(size: DemoSize): string {
  const { supportPersons } = size
  const count = supportPersons + size.shoppers + size.visitors
  const organisationsWithContacts = size.salesOrganisations + size.foreignOrganisations
  const contactOf = (which: string): string => `1 + floor(${organisationsWithContacts} * pow(rnd(i, '${which}'), 1.4))::INTEGER`
  return `CREATE TABLE person_base AS
    SELECT i::INTEGER AS person_id,
      pick(${sqlList(FIRST_NAMES)}, rnd(i, 'person.first')) AS first_name,
      pick(${sqlList(LAST_NAMES)}, rnd(i, 'person.last')) AS last_name,
      CASE WHEN i <= ${supportPersons} AND rnd(i, 'person.employed') < 0.88 THEN ${contactOf('person.org1')} END AS org1,
      CASE WHEN i <= ${supportPersons} AND rnd(i, 'person.second') < 0.06
        AND rnd(i, 'person.employed') < 0.88 THEN ${contactOf('person.org2')} END AS org2_drawn
    FROM range(1, ${count + 1}) t(i)`
}

/** Addresses are made unique here, so that equal addresses later always mean one person or a shared mailbox. */
function persons(supportPersons: number, shoppers: number): string {
  return `CREATE TABLE person AS
    WITH placed AS (
      SELECT p.*, nullif(p.org2_drawn, p.org1) AS org2,
        coalesce(o.iso2, c.iso2) AS iso2,
        slug(p.first_name) || '.' || slug(p.last_name) AS local_part,
        coalesce(o.host, pick(${sqlList(PRIVATE_MAIL_HOSTS)}, rnd(p.person_id, 'person.host'))) AS mail_host,
        person_id <= ${supportPersons} AS in_support,
        CASE WHEN person_id <= ${supportPersons} THEN rnd(person_id, 'person.buys') < 0.27
          ELSE person_id <= ${supportPersons + shoppers} END AS in_shop
      FROM person_base p
      JOIN country c ON c.slot = dice(p.person_id, 'person.country', 100)
      LEFT JOIN org o ON o.org_id = p.org1
    )
    SELECT * EXCLUDE (org2_drawn, namesakes, local_part),
      local_part || CASE WHEN namesakes > 1 THEN namesakes::VARCHAR ELSE '' END || '@' || mail_host AS email
    FROM (SELECT *, row_number() OVER (PARTITION BY local_part, mail_host ORDER BY person_id) AS namesakes FROM placed)`
}
