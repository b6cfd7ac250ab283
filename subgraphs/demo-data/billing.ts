import { COUNTRY_SPELLINGS, phoneHabit, swappedLetters } from './spelling.ts'
import { sqlList } from './sql-text.ts'
import type { Step } from './step.ts'
import { LAST_NAMES, PAYABLE_MAILBOXES, STREETS } from './vocabulary.ts'

const DAY = 86_400

/** Whoever pays: an organisation pays through several legal entities, some of which do not bear its name. */
export const BILLING_STEPS: readonly Step[] = [
  { what: 'billing: payers', sql: (size) => [payers(size.salesOrganisations, size.foreignOrganisations), payerFaces()] },
  { what: 'billing: invoices', sql: (size) => [invoices(size.invoices)] },
  { what: 'billing: payments', sql: () => [payments()] },
  { what: 'billing: balances', sql: () => [customers()] },
]

/** One in ten customers has no payer yet; a third of the organisations that sales does not know are payers. */
function payers(salesOrganisations: number, foreignOrganisations: number): string {
  return `CREATE TABLE payer_base AS
    WITH counted AS (
      SELECT o.*, CASE WHEN o.org_id <= ${salesOrganisations}
          THEN CASE WHEN rnd(o.org_id, 'payer.none') < 0.1 THEN 0 WHEN rnd(o.org_id, 'payer.count') < 0.72 THEN 1
            WHEN rnd(o.org_id, 'payer.count') < 0.92 THEN 2 WHEN rnd(o.org_id, 'payer.count') < 0.98 THEN 3 ELSE 5 END
          ELSE CASE WHEN rnd(o.org_id, 'payer.foreign') < 0.33 THEN 1 ELSE 0 END END AS payers
      FROM org o WHERE o.org_id <= ${salesOrganisations + foreignOrganisations}
    ), each_one AS (
      SELECT c.*, k::INTEGER AS k, (c.org_id * 8 + k)::INTEGER AS payer, k > 1 AND rnd(c.org_id * 8 + k, 'payer.abroad') < 0.5 AS abroad,
        dice(c.org_id * 8 + k, 'payer.country', 100) AS abroad_slot
      FROM counted c, unnest(range(1, c.payers + 1)) AS u(k)
    )
    SELECT e.payer, e.k, e.org_id, e.name_core, e.brand, e.word, e.host, e.phone, e.legal_form, e.vat_id, e.city AS org_city,
      e.postal_code AS org_postal_code, e.address AS org_address,
      CASE WHEN e.abroad THEN c.iso2 ELSE e.iso2 END AS iso2, e.abroad AND c.iso2 <> e.iso2 AS abroad,
        s.customer_id AS sales_customer_id, s.account_number, s._signed_sec AS signed_sec,
      (row_number() OVER (ORDER BY rnd(e.payer, 'billing.customer.id'), e.payer))::INTEGER AS customer_id
    FROM each_one e JOIN country c ON c.slot = e.abroad_slot LEFT JOIN sales_customers s ON s._org = e.org_id`
}

function payerFaces(): string {
  return `CREATE TABLE payer AS
    WITH named AS (
      SELECT p.*, c.currency, c.local, pick(c.legal_forms, rnd(p.payer, 'payer.form')) AS own_form,
        pick(c.cities, rnd(p.payer, 'payer.city')) AS own_city, c.dialling,
        ${COUNTRY_SPELLINGS.billing('p.payer')} AS country,
        rnd(p.payer, 'payer.kind') AS kind,
        p.k = 1 AND rnd(p.payer, 'payer.sameAddress') < 0.85 AS same_address,
        CASE WHEN p.abroad THEN p.name_core || ' ' || c.local ELSE p.name_core END || ' ' || CASE WHEN p.k = 1 THEN p.legal_form
          ELSE pick(c.legal_forms, rnd(p.payer, 'payer.form')) END AS full_name
      FROM payer_base p JOIN nation c ON c.iso2 = p.iso2
    )
    SELECT *, CASE
        WHEN kind < 0.05 THEN pick(${sqlList(LAST_NAMES)}, rnd(payer, 'payer.holding')) || ' '
          || pick(['Holding', 'Beteiligungen', 'Group Services', 'Participations'], rnd(payer, 'payer.holdingWord')) || ' ' || own_form
        WHEN kind < 0.10 THEN upper(full_name)
        WHEN kind < 0.14 THEN ${swappedLetters('full_name', 'payer')}
        WHEN kind < 0.20 THEN name_core
        WHEN kind < 0.24 THEN brand || ' ' || left(word, 4) || '. ' || own_form
        ELSE full_name END AS legal_name,
      CASE WHEN same_address THEN CASE WHEN rnd(payer, 'payer.street') < 0.4 THEN replace(replace(org_address, 'Street', 'St.'),
        'straße', 'str.') ELSE org_address END
        ELSE pick(${sqlList(STREETS)}, rnd(payer, 'payer.ownStreet')) || ' ' || (1 + dice(payer, 'payer.house', 180)) END AS street,
      CASE WHEN same_address THEN CASE WHEN rnd(payer, 'payer.cityCase') < 0.15 THEN upper(org_city) ELSE org_city END
        ELSE own_city END AS city,
      CASE WHEN same_address THEN org_postal_code ELSE (10000 + dice(payer, 'payer.zip', 89999))::VARCHAR END AS postal_code,
      CASE WHEN k = 1 AND rnd(payer, 'payer.samePhone') < 0.8 THEN phone ELSE '+' || dialling || ' '
        || (20 + dice(payer, 'payer.area', 70)) || ' 555' || lpad(dice(payer, 'payer.line', 100000)::VARCHAR, 5, '0') END AS own_phone
    FROM named`
}

/** What is paid is decided with the invoice, so that payments and balances agree to the cent. */
function invoices(count: number): string {
  return `CREATE TABLE invoice_base AS
    WITH drawn AS (
      SELECT i, 1 + floor((SELECT count(*) FROM payer) * pow(rnd(i, 'invoice.payer'), 1.6))::INTEGER AS nth
        FROM range(1, ${count + 1}) t(i)
    ), issued AS (
      SELECT d.i, p.customer_id, p.currency, [14, 30, 30, 45, 60][1 + dice(p.payer, 'payer.terms', 5)] AS terms,
        coalesce(p.signed_sec, as_of() - 700 * ${DAY}) AS since_sec,
        since_sec + ${2 * DAY} + floor((as_of() - since_sec - ${2 * DAY}) * rnd(d.i, 'invoice.when')) AS issued_sec,
        (20 + floor(90000 * pow(rnd(d.i, 'invoice.amount'), 4)) / 10 + dice(d.i, 'invoice.cents', 100) / 100)::DECIMAL(14, 2) AS amount
      FROM drawn d JOIN (SELECT *, row_number() OVER (ORDER BY rnd(payer, 'invoice.rank'), payer) AS nth FROM payer) p ON p.nth = d.nth
    ), aged AS (
      SELECT *, as_of() - issued_sec - terms * ${DAY} AS overdue_sec, rnd(i, 'invoice.fate') AS fate FROM issued
    ), decided AS (
      SELECT *, CASE WHEN fate < 0.02 THEN 'cancelled'
          WHEN overdue_sec < 0 THEN CASE WHEN fate < 0.3 THEN 'paid' WHEN fate < 0.34 THEN 'partly_paid' ELSE 'open' END
          WHEN overdue_sec < ${60 * DAY} THEN CASE WHEN fate < 0.82 THEN 'paid' WHEN fate < 0.86 THEN 'partly_paid' ELSE 'open' END
          ELSE CASE WHEN fate < 0.972 THEN 'paid' WHEN fate < 0.98 THEN 'partly_paid' ELSE 'open' END END AS status
      FROM aged
    )
    SELECT i, (row_number() OVER (ORDER BY issued_sec, i))::INTEGER AS invoice_id, customer_id, currency, terms, issued_sec, overdue_sec,
      amount, status,
      CASE status WHEN 'paid' THEN CASE WHEN rnd(i, 'payment.split') < 0.08 THEN round(amount * 0.4, 2) ELSE amount END
        WHEN 'partly_paid' THEN round(amount * (30 + dice(i, 'payment.part', 50)) / 100, 2) ELSE 0 END::DECIMAL(14, 2) AS first_payment,
      CASE WHEN status = 'paid' THEN amount - first_payment ELSE 0 END::DECIMAL(14, 2) AS second_payment
    FROM decided;
    CREATE TABLE billing_invoices AS
    SELECT invoice_id, 'INV-' || lpad(invoice_id::VARCHAR, 8, '0') AS invoice_number, customer_id, day(issued_sec) AS issued_on,
      (day(issued_sec) + terms)::DATE AS due_on, status, currency, amount,
      (first_payment + second_payment)::DECIMAL(14, 2) AS paid_amount
    FROM invoice_base`
}

function payments(): string {
  const received = (nth: number): string =>
    `least(as_of() - 600, issued_sec + ${DAY} * (${4 * nth} + dice(i * 2 + ${nth}, 'payment.after', 40)) + dice(i, 'payment.second', 30000))`
  return `CREATE TABLE billing_payments AS
    WITH paid AS (
      SELECT i, 1 AS nth, invoice_id, customer_id, first_payment AS amount, currency, ${received(1)} AS received_sec FROM invoice_base
        WHERE first_payment > 0
      UNION ALL SELECT i, 2, invoice_id, customer_id, second_payment, currency, ${received(2)} FROM invoice_base WHERE second_payment > 0
    )
    SELECT (row_number() OVER (ORDER BY received_sec, i, nth))::INTEGER AS payment_id, invoice_id, customer_id,
      ts(received_sec) AS received_at, amount, currency,
      pick(['bank_transfer', 'bank_transfer', 'bank_transfer', 'direct_debit', 'card', 'cheque'],
        rnd(i * 2 + nth, 'payment.method')) AS method
    FROM paid`
}

function customers(): string {
  return `CREATE TABLE billing_customers AS
    WITH balance AS (
      SELECT customer_id, sum(amount - first_payment - second_payment) FILTER (status <> 'cancelled') AS open_balance,
        max(overdue_sec) FILTER (status IN ('open', 'partly_paid')) AS worst_sec
      FROM invoice_base GROUP BY customer_id
    )
    SELECT p.customer_id, 'P' || lpad(p.customer_id::VARCHAR, 7, '0') AS payer_number, p.legal_name,
      CASE WHEN rnd(p.payer, 'payer.mail') < 0.88 THEN pick(${sqlList(PAYABLE_MAILBOXES)}, rnd(p.payer, 'payer.mailbox')) || '@' || p.host
        WHEN rnd(p.payer, 'payer.mail') < 0.91 THEN 'clients@ledgerpoint.example' END AS email,
      CASE WHEN rnd(p.payer, 'payer.hasPhone') < 0.93 THEN ${phoneHabit('p.own_phone', 'p.payer')} END AS phone,
      p.street, p.city, p.postal_code, p.country,
      CASE WHEN rnd(p.payer, 'payer.vat') < 0.9 THEN CASE WHEN p.k = 1 THEN p.vat_id ELSE p.iso2
        || (100000000 + dice(p.payer, 'payer.ownVat', 899999999)) END END AS vat_id,
      CASE WHEN rnd(p.payer, 'payer.crm') < 0.6 THEN p.account_number END AS crm_account,
      p.iso2 || lpad((2 + dice(p.payer, 'payer.check', 97))::VARCHAR, 2, '0')
        || lpad(dice(p.payer, 'payer.bank', 100000000)::VARCHAR, 8, '0')
        || lpad(dice(p.payer, 'payer.account', 1000000000)::VARCHAR, 10, '0') AS iban,
      p.currency, [14, 30, 30, 45, 60][1 + dice(p.payer, 'payer.terms', 5)] AS payment_terms_days,
      (1000 * (5 + floor(200 * pow(rnd(p.payer, 'payer.limit'), 3))))::DECIMAL(14, 2) AS credit_limit,
      coalesce(b.open_balance, 0)::DECIMAL(14, 2) AS open_balance,
      CASE WHEN b.worst_sec > ${90 * DAY} THEN 3 WHEN b.worst_sec > ${45 * DAY} THEN 2 WHEN b.worst_sec > ${14 * DAY} THEN 1
        ELSE 0 END AS dunning_level,
      CASE WHEN rnd(p.payer, 'payer.status') < 0.93 THEN 'active' WHEN rnd(p.payer, 'payer.status') < 0.97 THEN 'on_hold'
        ELSE 'closed' END AS status,
      ts(coalesce(p.signed_sec, as_of() - 700 * ${DAY}) + ${DAY} * rnd(p.payer, 'payer.created')) AS created_at,
      ts(as_of() - floor(60 * ${DAY} * pow(rnd(p.payer, 'payer.updated'), 3))) AS updated_at,
      p.org_id AS _org, p.sales_customer_id AS _sales_customer_id, p.brand AS _brand,
        floor(coalesce(p.signed_sec, as_of() - 700 * ${DAY}) + ${DAY} * rnd(p.payer, 'payer.created')) AS _created_sec
    FROM payer p LEFT JOIN balance b USING (customer_id)`
}
