import { NORMALIZERS } from '@polyseme/kit/lexicon'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeDemoFixture, type DemoFixture } from './demo-fixture.ts'

let demo: DemoFixture

beforeAll(async () => {
  demo = await makeDemoFixture({ scale: 0.05 })
})

afterAll(() => demo[Symbol.asyncDispose]())

const count = async (sql: string): Promise<number> => Number(await demo.value(sql))

describe('the domains agree with themselves', () => {
  test('the open balance of a payer is what its invoices demand and its payments left', async () => {
    expect(await count('SELECT count(*) FROM billing.customers WHERE open_balance > 0')).toBeGreaterThan(100)
    expect(await demo.rows(`
      SELECT c.customer_id, c.open_balance, i.demanded - p.paid AS expected FROM billing.customers c
      JOIN (SELECT c.customer_id, coalesce(sum(i.amount), 0) AS demanded FROM billing.customers c LEFT JOIN billing.invoices i ON i.customer_id = c.customer_id AND i.status <> 'cancelled' GROUP BY 1) i USING (customer_id)
      JOIN (SELECT c.customer_id, coalesce(sum(p.amount), 0) AS paid FROM billing.customers c LEFT JOIN billing.payments p USING (customer_id) GROUP BY 1) p USING (customer_id)
      WHERE c.open_balance <> i.demanded - p.paid`)).toEqual([])
  })

  test('an invoice is paid by its payments, and its status says how far', async () => {
    expect(await demo.rows(`
      SELECT i.invoice_id, i.status FROM billing.invoices i LEFT JOIN (SELECT invoice_id, sum(amount) AS paid FROM billing.payments GROUP BY 1) p USING (invoice_id)
      WHERE coalesce(p.paid, 0) <> i.paid_amount OR i.status <> CASE WHEN i.status = 'cancelled' THEN 'cancelled' WHEN i.paid_amount = i.amount THEN 'paid' WHEN i.paid_amount > 0 THEN 'partly_paid' ELSE 'open' END`)).toEqual([])
  })

  test('the total of an order is the sum of its lines', async () => {
    expect(await count('SELECT count(*) FROM sales.orders o WHERE total_amount <> (SELECT sum(line_amount) FROM sales.order_lines l WHERE l.order_id = o.order_id)')).toBe(0)
  })

  test('an order and its lines stand in the region of their customer', async () => {
    expect(await count('SELECT count(*) FROM sales.orders o JOIN sales.customers c USING (customer_id) WHERE o.region <> c.region')).toBe(0)
    expect(await count('SELECT count(*) FROM sales.order_lines l JOIN sales.orders o USING (order_id) WHERE o.region <> l.region')).toBe(0)
  })

  test('a chat that ended in a ticket is of the same person and came before it', async () => {
    expect(await count('SELECT count(*) FROM support.sessions s JOIN support.tickets t USING (ticket_id) WHERE s.customer_id <> t.customer_id OR s.started_at > t.opened_at')).toBe(0)
  })

  test('marketing counts an active user by visits within 30 days, support by tickets and chats within 90', async () => {
    const asOf = `TIMESTAMPTZ '${demo.summary.asOf}'`
    expect(await count(`SELECT count(*) FROM marketing.customers c WHERE active_user <> EXISTS (SELECT 1 FROM marketing.sessions s WHERE s.customer_id = c.customer_id AND s.started_at >= ${asOf} - INTERVAL 30 DAY)`)).toBe(0)
    expect(await count(`SELECT count(*) FROM support.customers c WHERE active_user <> (EXISTS (SELECT 1 FROM support.tickets t WHERE t.customer_id = c.customer_id AND t.opened_at >= ${asOf} - INTERVAL 90 DAY)
      OR EXISTS (SELECT 1 FROM support.sessions s WHERE s.customer_id = c.customer_id AND s.started_at >= ${asOf} - INTERVAL 90 DAY))`)).toBe(0)
    expect(await count('SELECT count(*) FROM support.customers s JOIN gold."support-customer--marketing-customer" g ON g.subject_key = s.customer_id::VARCHAR JOIN marketing.customers m ON g.object_key = m.customer_id::VARCHAR WHERE s.active_user <> m.active_user')).toBeGreaterThan(0)
  })

  test('nothing happens before its cause or after the snapshot', async () => {
    const asOf = `TIMESTAMPTZ '${demo.summary.asOf}'`
    expect(await count(`SELECT count(*) FROM sales.leads WHERE closed_at < created_at OR coalesce(closed_at, created_at) > ${asOf}`)).toBe(0)
    expect(await count('SELECT count(*) FROM sales.orders o JOIN sales.customers c USING (customer_id) WHERE o.ordered_at < c.signed_at')).toBe(0)
    expect(await count('SELECT count(*) FROM support.tickets WHERE first_response_at < opened_at OR solved_at < first_response_at')).toBe(0)
    expect(await count(`SELECT count(*) FROM billing.payments WHERE received_at > ${asOf}`)).toBe(0)
  })
})

describe('the data are dirty the way real data are', () => {
  test('equal numbers in two domains are mostly not one thing', async () => {
    expect(await count('SELECT count(*) FROM sales.customers s JOIN billing.customers b USING (customer_id)')).toBe(demo.summary.files['data/sales/customers.parquet']?.rows)
    expect(await count('SELECT count(*) FROM gold."sales-customer--billing-customer" WHERE subject_key = object_key')).toBeLessThan(5)
  })

  test('an organisation has several payers, and some have none', async () => {
    const payers = await demo.rows('SELECT n, count(*)::INTEGER AS organisations FROM (SELECT c.customer_id, count(g.object_key) AS n FROM sales.customers c LEFT JOIN gold."sales-customer--billing-customer" g ON g.subject_key = c.customer_id::VARCHAR GROUP BY 1) GROUP BY n ORDER BY n')
    expect(payers.map((row) => Number(row['n']))).toEqual([0, 1, 2, 3, 5])
  })

  test('every payer belongs to one organisation at most; some to none that sales knows', async () => {
    expect(await count('SELECT count(*) - count(DISTINCT object_key) FROM gold."sales-customer--billing-customer"')).toBe(0)
    expect(await count('SELECT count(*) FROM billing.customers WHERE customer_id::VARCHAR NOT IN (SELECT object_key FROM gold."sales-customer--billing-customer")')).toBeGreaterThan(10)
  })

  test('some persons are contacts of two organisations, some are registered twice', async () => {
    expect(await count('SELECT count(*) FROM (SELECT object_key FROM gold."sales-customer--support-customer" GROUP BY 1 HAVING count(*) = 2)')).toBeGreaterThan(50)
    expect(await count(`SELECT count(*) FROM (SELECT entity_id FROM gold.entities WHERE sense = 'support.Customer' GROUP BY 1 HAVING count(*) = 2)`)).toBeGreaterThan(20)
  })

  test('most forms never become an opportunity; some opportunities had two', async () => {
    expect(await count('SELECT count(*) FROM marketing.leads')).toBeGreaterThan(2 * (await count('SELECT count(*) FROM gold."marketing-lead--sales-lead"')))
    expect(await count('SELECT count(*) FROM (SELECT object_key FROM gold."marketing-lead--sales-lead" GROUP BY 1 HAVING count(*) = 2)')).toBeGreaterThan(100)
  })

  test('mailboxes are shared within a domain; the few that marketing knows too are shared by too many to mean one person', async () => {
    expect(await count(`SELECT count(*) FROM (SELECT lower(trim(email)) AS e FROM support.customers WHERE e LIKE 'info@%' GROUP BY 1 HAVING count(*) > 1)`)).toBeGreaterThan(0)
    const desks = await demo.rows(`SELECT m.email, count(*)::INTEGER AS persons FROM marketing.customers m JOIN support.customers s USING (email) WHERE m.email LIKE 'frontdesk%' GROUP BY 1`)
    expect(desks.length).toBe(3)
    expect(desks.map((row) => row['persons'])).toEqual([5, 5, 5])
    expect(await count(`SELECT count(*) FROM marketing.customers WHERE regexp_matches(lower(trim(email)), '^(info|office|contact|service)@')`)).toBe(0)
  })

  test.each(['sales', 'marketing', 'billing', 'support'])('%s spells one country in several ways, all of them known to the normaliser', async (domain) => {
    const spellings = (await demo.rows(`SELECT DISTINCT country FROM ${domain}.customers WHERE country IS NOT NULL`)).map((row) => String(row['country']))
    const codes = spellings.map((spelling) => NORMALIZERS.country(spelling))
    expect(spellings.filter((_, at) => codes[at] === undefined)).toEqual([])
    expect(new Set(codes).size).toBeLessThan(spellings.length)
  })
})

describe('normalised addresses link exactly the true persons', () => {
  /** Of the mapping `support-customer--marketing-customer`: an address that more share is nobody's. */
  const MAX_SHARING = 3

  test('support and marketing agree on an address where and only where they mean one person', async () => {
    const support = await demo.rows('SELECT customer_id, email FROM support.customers WHERE email IS NOT NULL')
    const marketing = await demo.rows('SELECT customer_id, email FROM marketing.customers')
    const byAddress = new Map(marketing.map((row) => [NORMALIZERS.email(String(row['email'])), String(row['customer_id'])]))
    expect(byAddress.size).toBe(marketing.length)
    const registered = Map.groupBy(support, (row) => NORMALIZERS.email(String(row['email'])))
    const linked = [...registered].flatMap(([address, rows]) => {
      const to = address === undefined || rows.length > MAX_SHARING ? undefined : byAddress.get(address)
      return to === undefined ? [] : rows.map((row) => `${String(row['customer_id'])}→${to}`)
    })
    const gold = await demo.rows('SELECT subject_key, object_key FROM gold."support-customer--marketing-customer"')
    expect(linked.toSorted()).toEqual(gold.map((row) => `${String(row['subject_key'])}→${String(row['object_key'])}`).toSorted())
    expect(support.some((row) => /[A-Z]|\s|＠/.test(String(row['email'])))).toBe(true)
  })
})
