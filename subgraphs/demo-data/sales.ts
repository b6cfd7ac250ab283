import type { DemoSize } from './demo-size.ts'
import { COUNTRY_SPELLINGS } from './spelling.ts'
import { sqlList } from './sql-text.ts'
import type { Step } from './step.ts'
import { EMPLOYEES, FIRST_NAMES, LAST_NAMES, PRODUCTS, SHARED_MAILBOXES } from './vocabulary.ts'

const DAY = 86_400

/** Columns that begin with `_` tell what a row truly is; they are never written to a domain's files. */
export const SALES_STEPS: readonly Step[] = [
  { what: 'sales: customers', sql: (size) => [customers(size.salesOrganisations)] },
  { what: 'sales: leads', sql: (size) => [wonLeads(size.salesOrganisations, size.upsellLeads), otherLeads(size), leads()] },
  { what: 'sales: orders', sql: (size) => [orders(size.salesOrganisations, size.orders), orderLines(), ordersWithTotals()] },
]

function customers(count: number): string {
  return `CREATE TABLE sales_customers AS
    WITH signed AS (
      SELECT o.*, (row_number() OVER (ORDER BY rnd(o.org_id, 'sales.customer.id'), o.org_id))::INTEGER AS customer_id,
        as_of() - ${DAY} * (10 + floor(3200 * pow(rnd(o.org_id, 'sales.signed'), 1.5))) - dice(o.org_id, 'sales.signedSecond',
          40000) AS signed_sec,
        [12, 60, 240, 900, 4000][1 + floor(5 * pow(rnd(o.org_id, 'sales.size'), 1.6))::INTEGER] AS size_class
      FROM org o WHERE o.org_id <= ${count}
    )
    SELECT o.customer_id, 'SC-' || lpad(o.customer_id::VARCHAR, 6, '0') AS account_number,
      o.name_core || ' ' || o.legal_form AS name, o.region, ${COUNTRY_SPELLINGS.sales('o.org_id')} AS country,
      o.city, o.postal_code, o.address AS street, o.host AS website, o.phone,
      CASE WHEN rnd(o.org_id, 'sales.vat') < 0.65 THEN o.vat_id END AS vat_id,
      o.industry, CASE WHEN size_class >= 900 THEN 'enterprise' WHEN size_class >= 60 THEN 'mid_market'
        ELSE 'small_business' END AS segment,
      CASE WHEN rnd(o.org_id, 'sales.employees') < 0.9 THEN size_class + dice(o.org_id, 'sales.employeesMore',
        size_class) END AS employees,
      CASE WHEN rnd(o.org_id, 'sales.revenue') < 0.8 THEN (size_class * (90000 + dice(o.org_id, 'sales.revenuePer',
        210000)))::DECIMAL(14, 2) END AS annual_revenue,
      CASE WHEN rnd(o.org_id, 'sales.mailbox') < 0.25 THEN pick(${sqlList(SHARED_MAILBOXES)}, rnd(o.org_id, 'sales.mailboxName'))
        ELSE slug(pick(${sqlList(FIRST_NAMES)}, rnd(o.org_id, 'sales.signerFirst'))) || '.'
          || slug(pick(${sqlList(LAST_NAMES)}, rnd(o.org_id, 'sales.signerLast'))) END || '@' || o.host AS contact_email,
      pick(${sqlList(EMPLOYEES)}, rnd(o.org_id, 'sales.manager')) AS account_manager,
      ts(signed_sec) AS signed_at,
      CASE WHEN rnd(o.org_id, 'sales.ends') < 0.6
        THEN day(as_of() + ${DAY} * dice(o.org_id, 'sales.endsOn', 1100)) END AS contract_ends_on,
      ts(greatest(signed_sec, as_of() - floor(300 * ${DAY} * pow(rnd(o.org_id, 'sales.updated'), 3)))) AS updated_at,
      o.org_id AS _org, signed_sec AS _signed_sec, o.currency AS _currency, o.brand AS _brand
    FROM signed o JOIN nation c ON c.iso2 = o.iso2`
}

/** Every customer was a lead once; some bought more later. */
function wonLeads(customerCount: number, upsells: number): string {
  return `CREATE TABLE lead_won AS
    SELECT i AS seq, c._org AS org_id, c.customer_id, 'won' AS stage, i <= ${customerCount} AS first,
      CASE WHEN i <= ${customerCount} THEN c._signed_sec ELSE least(as_of() - 3600,
        c._signed_sec + (as_of() - c._signed_sec) * rnd(i, 'lead.upsell')) END AS closed_sec
    FROM range(1, ${customerCount + upsells + 1}) t(i)
    JOIN sales_customers c ON c.customer_id = CASE WHEN i <= ${customerCount} THEN i
      ELSE 1 + dice(i, 'lead.upsellOf', ${customerCount}) END`
}

function otherLeads(size: DemoSize): string {
  const won = size.salesOrganisations + size.upsellLeads
  const firstProspect = size.salesOrganisations + size.foreignOrganisations + 1
  return `CREATE TABLE lead_other AS
    WITH drawn AS (
      SELECT i AS seq, rnd(i, 'lead.known') < 0.15 AS known, rnd(i, 'lead.lost') < 0.7 AS lost,
        1 + dice(i, 'lead.ofCustomer', ${size.salesOrganisations}) AS of_customer,
          ${firstProspect} + dice(i, 'lead.ofProspect', ${size.prospects}) AS of_prospect,
        as_of() - ${DAY} * CASE WHEN lost THEN 20 + floor(1800 * rnd(i, 'lead.age'))
          ELSE floor(160 * rnd(i, 'lead.age')) END - dice(i, 'lead.second', 40000) AS created_sec
      FROM range(${won + 1}, ${size.salesLeads + 1}) t(i)
    )
    SELECT d.seq, CASE WHEN d.known THEN c._org ELSE d.of_prospect END AS org_id, CASE WHEN d.known THEN c.customer_id END AS customer_id,
      CASE WHEN d.lost THEN 'lost' ELSE pick(['qualified', 'proposal', 'negotiation'], rnd(d.seq, 'lead.stage')) END AS stage,
        false AS first, d.created_sec,
      CASE WHEN d.lost THEN least(as_of() - 1800, d.created_sec + ${DAY} * (5 + dice(d.seq, 'lead.lostAfter', 200))) END AS closed_sec
    FROM drawn d JOIN sales_customers c ON c.customer_id = d.of_customer`
}

function leads(): string {
  return `CREATE TABLE sales_leads AS
    WITH every AS (
      SELECT seq, org_id, customer_id, stage, first, closed_sec,
        closed_sec - ${DAY} * (8 + dice(seq, 'lead.cycle', 170)) - dice(seq, 'lead.second', 40000) AS created_sec FROM lead_won
      UNION ALL SELECT seq, org_id, customer_id, stage, first, closed_sec, created_sec FROM lead_other
    ), named AS (
      SELECT e.*, o.* EXCLUDE (org_id), (row_number() OVER (ORDER BY rnd(e.seq, 'sales.lead.id'), e.seq))::INTEGER AS lead_id,
        pick(${sqlList(FIRST_NAMES)}, rnd(e.seq, 'lead.first')) AS first_name,
          pick(${sqlList(LAST_NAMES)}, rnd(e.seq, 'lead.last')) AS last_name
      FROM every e JOIN org o ON o.org_id = e.org_id
    )
    SELECT l.lead_id, l.customer_id,
      CASE WHEN rnd(l.seq, 'lead.company') < 0.6 THEN l.name_core ELSE l.name_core || ' ' || l.legal_form END AS company_name,
      l.first_name || ' ' || l.last_name AS contact_name,
      CASE WHEN rnd(l.seq, 'lead.mail') < 0.95 THEN slug(l.first_name) || '.' || slug(l.last_name) || '@' || l.host END AS contact_email,
      l.region, ${COUNTRY_SPELLINGS.sales('l.seq')} AS country, l.stage,
      CASE WHEN rnd(l.seq, 'lead.source') < 0.37 THEN 'inbound'
        ELSE pick(['outbound', 'partner', 'referral', 'event'], rnd(l.seq, 'lead.otherSource')) END AS source,
      (500 * (4 + floor(400 * pow(rnd(l.seq, 'lead.value'), 3))))::DECIMAL(14, 2) AS expected_value, l.currency,
      CASE l.stage WHEN 'won' THEN 100 WHEN 'lost' THEN 0 WHEN 'qualified' THEN 20 WHEN 'proposal' THEN 45 ELSE 70 END + CASE
        WHEN l.stage IN ('won', 'lost') THEN 0 ELSE 5 * dice(l.seq, 'lead.chance', 5) END AS probability_percent,
      pick(${sqlList(EMPLOYEES)}, rnd(l.seq, 'lead.owner')) AS owner, ts(l.created_sec) AS created_at, ts(l.closed_sec) AS closed_at,
      CASE WHEN l.stage = 'lost' THEN pick(['price', 'timing', 'competitor', 'no_budget', 'no_answer'],
        rnd(l.seq, 'lead.why')) END AS lost_reason,
      l.seq AS _seq, l.org_id AS _org, l.first AS _first, l.first_name AS _first_name, l.last_name AS _last_name,
        l.created_sec AS _created_sec, l.closed_sec AS _closed_sec,
      l.time_zone AS _time_zone, l.utc_offset AS _utc_offset, l.name_core AS _name_core
    FROM named l JOIN nation c ON c.iso2 = l.iso2`
}

/** Ordered after signing; a few customers order most. */
function orders(customerCount: number, count: number): string {
  return `CREATE TABLE order_base AS
    WITH drawn AS (
      SELECT i, 1 + floor(${customerCount} * pow(rnd(i, 'order.customer'), 1.7))::INTEGER AS nth FROM range(1, ${count + 1}) t(i)
    ), placed AS (
      SELECT d.i, c.customer_id, c.region, c._currency AS currency,
        c._signed_sec + floor((as_of() - c._signed_sec) * rnd(d.i, 'order.when')) AS ordered_sec
      FROM drawn d JOIN (SELECT *, row_number() OVER (ORDER BY rnd(_org, 'order.rank'), _org) AS nth
        FROM sales_customers) c ON c.nth = d.nth
    )
    SELECT *, (row_number() OVER (ORDER BY ordered_sec, i))::INTEGER AS order_id, 1 + dice(i, 'order.lines', 4) AS lines FROM placed`
}

function orderLines(): string {
  return `CREATE TABLE sales_order_lines AS
    WITH line AS (
      SELECT o.order_id, n::INTEGER AS line_number, o.region, dice(o.i * 8 + n, 'line.product', ${PRODUCTS.length}) AS product,
        1 + floor(40 * pow(rnd(o.i * 8 + n, 'line.quantity'), 3))::INTEGER AS quantity,
        [0.0, 0.0, 0.0, 2.5, 5.0, 7.5, 12.5][1 + dice(o.i * 8 + n, 'line.discount', 7)]::DECIMAL(4, 1) AS discount
      FROM order_base o, unnest(range(1, o.lines + 1)) AS u(n)
    ), priced AS (
      SELECT *, (19.9 + 37 * product + 7.3 * (product % 5))::DECIMAL(12, 2) AS unit_price FROM line
    )
    SELECT order_id, line_number, region, 'PX-' || (1000 + product * 21) AS product_code,
      ${sqlList(PRODUCTS)}[1 + product] AS product_name, quantity, unit_price,
      discount::DOUBLE AS discount_percent, round(quantity * unit_price * (100 - discount) / 100, 2)::DECIMAL(14, 2) AS line_amount
    FROM priced`
}

function ordersWithTotals(): string {
  return `CREATE TABLE sales_orders AS
    SELECT o.order_id, 'SO-' || lpad(o.order_id::VARCHAR, 7, '0') AS order_number, o.customer_id, o.region,
      CASE WHEN rnd(o.i, 'order.bad') < 0.03 THEN 'cancelled' WHEN rnd(o.i, 'order.bad') < 0.05 THEN 'returned'
        WHEN o.ordered_sec > as_of() - ${4 * DAY} THEN 'placed' WHEN o.ordered_sec > as_of() - ${14 * DAY} THEN 'shipped'
          ELSE 'delivered' END AS status,
      pick(['edi', 'portal', 'portal', 'email', 'phone'], rnd(o.i, 'order.channel')) AS channel, ts(o.ordered_sec) AS ordered_at,
      CASE WHEN rnd(o.i, 'order.requested') < 0.7 THEN day(o.ordered_sec + ${DAY} * (3 + dice(o.i, 'order.requestedIn',
        25))) END AS requested_on,
      o.currency, t.total_amount
    FROM order_base o JOIN (SELECT order_id, sum(line_amount)::DECIMAL(14, 2) AS total_amount
      FROM sales_order_lines GROUP BY order_id) t USING (order_id)`
}
