import type { Step } from './step.ts'

const DAY = 86_400

/** A link table that a steward publishes. */
export interface LinkTable {
  /** Id of the lexicon's mapping; names the files. */
  readonly id: string
  /** Table in the maker's database. */
  readonly table: string
  readonly from: string
  readonly to: string
  readonly predicate: string
  readonly title: string
  /** SQL over a true link `t` and a stranger `o` for a link that somebody might believe wrongly. */
  readonly mistaken: { readonly subject: string; readonly object: string; readonly strangerOf: string }
  /** SQL for the records that were looked for in vain: id and second since when. */
  readonly nothingFound?: string
}

/** Every link table; the mapping by e-mail has none, since equal addresses are its rule. */
export const LINK_TABLES: readonly LinkTable[] = [
  {
    id: 'sales-customer--billing-customer',
    table: 'link_sales_billing',
    from: 'sales.Customer',
    to: 'billing.Customer',
    predicate: 'narrowMatch',
    title: 'Payers of an organisation under contract.',
    mistaken: { subject: 'o.other', object: 't.object', strangerOf: 't.subject' },
    nothingFound: `SELECT 'sales.Customer:' || s.customer_id, greatest(s._signed_sec, as_of() - ${60 * DAY}) FROM sales_customers s
      WHERE rnd(s._org, 'link.none') < 0.4 AND NOT EXISTS (
        SELECT 1 FROM truth t WHERE t.mapping = 'sales-customer--billing-customer' AND t.subject = s.customer_id)`,
  },
  {
    id: 'sales-customer--support-customer',
    table: 'link_sales_support',
    from: 'sales.Customer',
    to: 'support.Customer',
    predicate: 'relatedMatch',
    title: 'Persons who may open tickets for an organisation under contract.',
    mistaken: { subject: 'o.other', object: 't.object', strangerOf: 't.subject' },
  },
  {
    id: 'marketing-lead--sales-customer',
    table: 'link_lead_customer',
    from: 'marketing.Lead',
    to: 'sales.Customer',
    predicate: 'relatedMatch',
    title: "Forms whose sender's organisation signed; valid_from is the moment of signing.",
    mistaken: { subject: 't.subject', object: 'o.other', strangerOf: 't.object' },
  },
  {
    id: 'marketing-lead--sales-lead',
    table: 'link_lead_lead',
    from: 'marketing.Lead',
    to: 'sales.Lead',
    predicate: 'relatedMatch',
    title: 'Forms that sales qualified; valid_from is the moment of qualification.',
    mistaken: { subject: 't.subject', object: '1 + t.object % (SELECT count(*) FROM sales_leads)', strangerOf: '1' },
    nothingFound: `SELECT 'marketing.Lead:' || lead_id, as_of() - ${DAY} FROM marketing_leads
      WHERE _sales_lead_id IS NULL AND status = 'discarded' AND rnd(lead_id, 'link.none') < 0.02`,
  },
]

/**
 * True links become approved rows; a few wrong ones stand beside them as proposals, refusals, former beliefs and known
 * differences. Approved rows without a modifier are exactly the true links, which is what tests hold them to.
 */
export const LINK_STEPS: readonly Step[] = [{ what: 'links', sql: () => [truth(), strangers(), ...LINK_TABLES.map(linkRows)] }]

/** What is really so, by mapping; gold files are copies of it. */
function truth(): string {
  return `CREATE TABLE truth AS
    SELECT 'sales-customer--billing-customer' AS mapping, _sales_customer_id::BIGINT AS subject, customer_id::BIGINT AS object,
      _created_sec AS since_sec,
      CASE WHEN crm_account IS NOT NULL THEN 1.0 WHEN vat_id IS NOT NULL THEN 0.97
        ELSE 0.8 + floor(150 * rnd(customer_id, 'link.confidence')) / 1000 END AS confidence,
      CASE WHEN crm_account IS NOT NULL THEN 'semapv:ManualMappingCuration' ELSE 'semapv:CompositeMatching' END AS justification
    FROM billing_customers WHERE _sales_customer_id IS NOT NULL
    UNION ALL
    SELECT 'sales-customer--support-customer', s.customer_id, c.customer_id, greatest(c._created_sec, s._signed_sec), CASE
      WHEN c.nth = 1 THEN 1.0 ELSE 0.92 END, 'semapv:ManualMappingCuration'
    FROM (SELECT customer_id, _created_sec, _org1 AS org, 1 AS nth FROM support_customers UNION ALL SELECT customer_id, _created_sec,
      _org2, 2 FROM support_customers) c JOIN sales_customers s ON s._org = c.org
    UNION ALL
    SELECT 'marketing-lead--sales-customer', lead_id, _became_customer_id, _closed_sec, 1.0, 'semapv:ManualMappingCuration'
      FROM marketing_leads WHERE _became_customer_id IS NOT NULL
    UNION ALL
    SELECT 'marketing-lead--sales-lead', lead_id, _sales_lead_id, _qualified_sec, CASE WHEN rnd(lead_id, 'link.by') < 0.7 THEN 1.0
      ELSE 0.9 END, CASE WHEN rnd(lead_id, 'link.by') < 0.7 THEN 'semapv:ManualMappingCuration' ELSE 'semapv:LexicalMatching' END
    FROM marketing_leads WHERE _sales_lead_id IS NOT NULL
    UNION ALL
    SELECT 'support-customer--marketing-customer', s.customer_id, m.customer_id, NULL, 1.0, 'semapv:LexicalMatching'
      FROM support_customers s JOIN marketing_customers m USING (_person)`
}

/** For each sales customer another one, of the same brand where there is one: whom somebody could mistake for it. */
function strangers(): string {
  return `CREATE TABLE stranger AS
    SELECT customer_id::BIGINT AS customer_id, coalesce(lead(customer_id) OVER brand, lag(customer_id) OVER brand,
      1 + customer_id % (SELECT count(*) FROM sales_customers))::BIGINT AS other
    FROM sales_customers WINDOW brand AS (PARTITION BY _brand ORDER BY _org)`
}

function linkRows(link: LinkTable): string {
  return `CREATE TABLE ${link.table} AS
    WITH true_link AS (SELECT *, object * 1000003 + subject AS draw FROM truth WHERE mapping = '${link.id}'
    ), mistaken AS (
      SELECT ${link.mistaken.subject} AS subject, ${link.mistaken.object} AS object, t.since_sec,
        rnd(t.draw, 'link.mistaken.${link.id}') AS u
      FROM true_link t JOIN stranger o ON o.customer_id = ${link.mistaken.strangerOf}
      QUALIFY row_number() OVER (PARTITION BY subject, object ORDER BY u) = 1
    ), wrong AS (
      SELECT * FROM mistaken w WHERE u < 0.06 AND NOT EXISTS (SELECT 1 FROM true_link t WHERE t.subject = w.subject
        AND t.object = w.object)
    ), link_row(subject_id, predicate_modifier, object_id, mapping_justification, confidence, since_sec, until_sec, recorded_sec,
      status) AS (
      SELECT '${link.from}:' || subject, '', '${link.to}:' || object, justification, confidence, since_sec, NULL,
        least(as_of(), since_sec + dice(draw, 'link.recorded', ${20 * DAY})), 'approved' FROM true_link
      UNION ALL
      SELECT '${link.from}:' || subject, CASE WHEN u >= 0.046 THEN 'Not' ELSE '' END, '${link.to}:' || object,
        CASE WHEN u < 0.032 THEN 'semapv:LexicalSimilarityThresholdMatching' ELSE 'semapv:ManualMappingCuration' END,
        CASE WHEN u < 0.032 THEN 0.55 + floor(u * 10000) / 1000 ELSE 1.0 END,
        since_sec, CASE WHEN u >= 0.032 AND u < 0.046 THEN greatest(since_sec + 3600,
          least(as_of() - ${DAY}, since_sec + ${120 * DAY})) END, least(as_of(), since_sec + ${30 * DAY}),
        CASE WHEN u < 0.02 THEN 'proposed' WHEN u < 0.032 THEN 'rejected' WHEN u < 0.046 THEN 'superseded' ELSE 'approved' END
      FROM wrong
      ${link.nothingFound === undefined ? '' : nothingFoundRows(link.nothingFound)}
    )
    SELECT subject_id, 'skos:${link.predicate}' AS predicate_id, predicate_modifier, object_id, mapping_justification,
      round(confidence, 3)::DECIMAL(4, 3) AS confidence,
      strftime(day(recorded_sec), '%Y-%m-%d') AS mapping_date, 'person:dana.steward' AS author_id, CASE WHEN status = 'proposed' THEN ''
        ELSE 'person:rob.reviewer' END AS reviewer_id,
      iso(since_sec) AS valid_from, coalesce(iso(until_sec), '') AS valid_to, iso(recorded_sec) AS recorded_at, status
    FROM link_row`
}

function nothingFoundRows(records: string): string {
  return `UNION ALL
      SELECT id, '', 'sssom:NoTermFound', 'semapv:ManualMappingCuration', 1.0, sec, NULL, sec, 'approved' FROM (${records}) n(id, sec)`
}
