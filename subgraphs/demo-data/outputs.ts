import { LINK_TABLES } from './links.ts'
import { sqlText } from './sql-text.ts'

/** A Parquet file of the demo data, relative to the data directory, and the query whose rows it holds. */
export interface ParquetOutput {
  readonly path: string
  readonly query: string
}

const DOMAIN_TABLES: Readonly<Record<string, string>> = {
  'sales/customers': 'customer_id',
  'sales/leads': 'lead_id',
  'sales/orders': 'order_id',
  'sales/order_lines': 'order_id, line_number',
  'marketing/customers': 'customer_id',
  'marketing/leads': 'lead_id',
  'marketing/sessions': 'session_id',
  'marketing/campaigns': 'campaign_id',
  'billing/customers': 'customer_id',
  'billing/invoices': 'invoice_id',
  'billing/payments': 'payment_id',
  'support/customers': 'customer_id',
  'support/tickets': 'ticket_id',
  'support/sessions': 'session_id',
}

/** What the domains own, in the order of their keys; columns that begin with `_` stay behind. */
export const DOMAIN_OUTPUTS: readonly ParquetOutput[] = Object.entries(DOMAIN_TABLES).map(([name, key]) => ({
  path: `data/${name}.parquet`,
  query: `SELECT COLUMNS('^[^_].*$') FROM ${name.replace('/', '_')} ORDER BY ${key}`,
}))

/** What only tests read: the true links by mapping, and which records of all domains are one true thing. */
export const GOLD_OUTPUTS: readonly ParquetOutput[] = [
  ...[...LINK_TABLES.map((link) => link.id), 'support-customer--marketing-customer'].map((id) => ({
    path: `gold/${id}.parquet`,
    query: `SELECT subject::VARCHAR AS subject_key, object::VARCHAR AS object_key, ts(since_sec) AS valid_from
      FROM truth WHERE mapping = ${sqlText(id)} ORDER BY subject, object`,
  })),
  {
    path: 'gold/entities.parquet',
    query: `SELECT entity_id, kind, sense, key FROM (
        SELECT 'organisation:' || _org AS entity_id, 'organisation' AS kind, 'sales.Customer' AS sense, customer_id AS key
          FROM sales_customers
        UNION ALL SELECT 'organisation:' || _org, 'organisation', 'billing.Customer', customer_id FROM billing_customers
        UNION ALL SELECT 'person:' || _person, 'person', 'support.Customer', customer_id FROM support_customers
        UNION ALL SELECT 'person:' || _person, 'person', 'marketing.Customer', customer_id FROM marketing_customers
        UNION ALL SELECT 'person:' || _person, 'person', 'marketing.Lead', lead_id FROM marketing_leads WHERE _person IS NOT NULL
        UNION ALL SELECT 'opportunity:' || _seq, 'opportunity', 'sales.Lead', lead_id FROM sales_leads
        UNION ALL SELECT 'opportunity:' || l._seq, 'opportunity', 'marketing.Lead', m.lead_id FROM marketing_leads m
          JOIN sales_leads l ON l.lead_id = m._sales_lead_id
      ) e ORDER BY sense, key, kind`,
  },
]
