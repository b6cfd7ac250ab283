import { COUNTRY_SPELLINGS, harmlessEmailDirt, mistypedEmail, nameHabit, phoneHabit, sharedDesk } from './spelling.ts'
import { sqlList } from './sql-text.ts'
import type { Step } from './step.ts'
import { EMPLOYEES, SHARED_MAILBOXES, SUBJECTS } from './vocabulary.ts'

const DAY = 86_400
/** A person's own number, as nobody writes it. */
const OWN_PHONE = "('+' || c.dialling || ' ' || (20 + dice(n.person_id, 'person.area', 70)) || ' 555' "
  + "|| lpad(dice(n.person_id, 'person.line', 100000)::VARCHAR, 5, '0'))"

/** Persons who ask for help: registered by hand, some of them twice. */
export const SUPPORT_STEPS: readonly Step[] = [
  { what: 'support: persons', sql: (size) => [registrations(size.sharedDesks)] },
  { what: 'support: tickets', sql: (size) => [tickets(size.tickets)] },
  { what: 'support: chats', sql: (size) => [chats(size.chats), customers()] },
]

/**
 * Whoever also buys on the web keeps one address in both domains, dirt apart: that is what links them. All others may
 * have no address, a mistyped one or a mailbox that several share. Of shared mailboxes only the desks occur among
 * marketing's customers, each with five registrations here: too many for the mapping to believe in one person.
 */
function registrations(sharedDesks: number): string {
  return `CREATE TABLE registration AS
    WITH registered AS (
      SELECT p.*, 1 AS nth FROM person p WHERE p.in_support
      UNION ALL SELECT p.*, 2 FROM person p WHERE p.in_support AND rnd(p.person_id, 'support.twice') < 0.023
    ), numbered AS (
      SELECT *, person_id * 2 + nth AS reg, (row_number() OVER (ORDER BY rnd(person_id * 2 + nth, 'support.customer.id'), person_id,
        nth))::INTEGER AS customer_id,
        row_number() OVER (PARTITION BY in_shop ORDER BY rnd(person_id * 2 + nth, 'support.desk'), person_id, nth) AS desk_rank
      FROM registered
    )
    SELECT n.customer_id, n.reg, n.person_id, n.org1, n.org2, n.in_shop, n.nth,
      ${nameHabit('n.first_name', 'n.last_name', 'n.reg')} AS full_name,
      CASE WHEN n.in_shop THEN ${harmlessEmailDirt('n.email', 'n.reg')}
        WHEN n.desk_rank <= ${5 * sharedDesks} THEN ${sharedDesk('((n.desk_rank + 4) // 5)')}
        WHEN rnd(n.reg, 'support.mail') < 0.03 THEN NULL
        WHEN rnd(n.reg, 'support.mail') < 0.06 AND o.host IS NOT NULL THEN pick(${sqlList(SHARED_MAILBOXES)},
          rnd(n.org1, 'support.shared')) || '@' || o.host
        WHEN rnd(n.reg, 'support.mail') < 0.08 THEN ${mistypedEmail('n.email')}
        ELSE ${harmlessEmailDirt('n.email', 'n.reg')} END AS email,
      CASE WHEN rnd(n.reg, 'support.phone') < 0.75 THEN ${phoneHabit(OWN_PHONE, 'n.reg')} END AS phone,
      CASE WHEN o.org_id IS NOT NULL THEN CASE dice(n.reg, 'support.company', 6) WHEN 0 THEN upper(o.name_core)
        WHEN 1 THEN lower(o.brand) WHEN 2 THEN o.brand WHEN 3 THEN NULL ELSE o.name_core END END AS company_name,
      ${COUNTRY_SPELLINGS.support('n.reg')} AS country, c.language, c.time_zone,
      as_of() - ${DAY} * (20 + floor(1500 * rnd(n.reg, 'support.since'))) - dice(n.reg, 'support.second', 40000) AS created_sec
    FROM numbered n
    JOIN nation c ON c.iso2 = n.iso2
    LEFT JOIN org o ON o.org_id = n.org1`
}

function tickets(count: number): string {
  return `CREATE TABLE support_tickets AS
    WITH drawn AS (
      SELECT i, 1 + floor((SELECT count(*) FROM registration) * pow(rnd(i, 'ticket.customer'), 1.8))::INTEGER AS nth
        FROM range(1, ${count + 1}) t(i)
    ), opened AS (
      SELECT d.i, r.customer_id, r.created_sec + 60 + floor((as_of() - r.created_sec - 120) * rnd(d.i, 'ticket.when')) AS opened_sec
      FROM drawn d JOIN (SELECT *, row_number() OVER (ORDER BY rnd(reg, 'ticket.rank'), reg) AS place
        FROM registration) r ON r.place = d.nth
    ), decided AS (
      SELECT *, as_of() - opened_sec AS age, rnd(i, 'ticket.fate') AS fate,
        opened_sec + 300 + floor(20000 * pow(rnd(i, 'ticket.response'), 2)) AS answered_sec,
        opened_sec + 20400 + floor(12 * ${DAY} * pow(rnd(i, 'ticket.solve'), 2)) AS solved_sec,
        CASE WHEN age < ${DAY} AND fate < 0.5 THEN 'new'
          WHEN age < ${21 * DAY} AND fate < 0.45 THEN CASE WHEN fate < 0.3 THEN 'open' ELSE 'pending' END
          WHEN fate < 0.03 THEN 'pending' WHEN fate < 0.045 THEN 'open'
          WHEN solved_sec > as_of() THEN 'open' WHEN age < ${45 * DAY} THEN 'solved' ELSE 'closed' END AS status
      FROM opened
    )
    SELECT (row_number() OVER (ORDER BY opened_sec, i))::INTEGER AS ticket_id, customer_id,
      pick(${sqlList(SUBJECTS)}, rnd(i, 'ticket.subject')) AS subject, status,
      pick(['low', 'normal', 'normal', 'normal', 'high', 'urgent'], rnd(i, 'ticket.priority')) AS priority,
      pick(['email', 'email', 'phone', 'web', 'chat'], rnd(i, 'ticket.channel')) AS channel,
      pick(['hardware', 'software', 'delivery', 'invoice', 'account', 'other'], rnd(i, 'ticket.category')) AS category,
      ts(opened_sec) AS opened_at, CASE WHEN status <> 'new' AND answered_sec < as_of() THEN ts(answered_sec) END AS first_response_at,
      CASE WHEN status IN ('solved', 'closed') THEN ts(solved_sec) END AS solved_at,
      CASE WHEN status IN ('solved', 'closed') AND rnd(i, 'ticket.rated') < 0.35 THEN 1 + floor(5 * pow(rnd(i, 'ticket.rating'),
        0.5))::INTEGER END AS satisfaction,
      CASE WHEN status <> 'new' THEN pick(${sqlList(EMPLOYEES)}, rnd(i, 'ticket.agent')) END AS assigned_agent, opened_sec AS _opened_sec
    FROM decided`
}

/** A third of the chats end in a ticket of the same person. */
function chats(count: number): string {
  return `CREATE TABLE support_sessions AS
    WITH from_ticket AS (
      SELECT ticket_id * 2 AS i, customer_id, ticket_id, _opened_sec - 900 - dice(ticket_id, 'chat.before', 1200) AS started_sec
      FROM support_tickets WHERE channel = 'chat' ORDER BY rnd(ticket_id, 'chat.chosen'), ticket_id LIMIT ${Math.floor(count / 3)}
    ), drawn AS (
      SELECT i * 2 + 1 AS i, 1 + floor((SELECT count(*) FROM registration) * pow(rnd(i, 'chat.customer'), 1.5))::INTEGER AS nth
      FROM range(1, ${count} - (SELECT count(*) FROM from_ticket) + 1) t(i)
    ), every AS (
      SELECT * FROM from_ticket
      UNION ALL SELECT d.i, r.customer_id, NULL, r.created_sec + 60 + floor((as_of() - r.created_sec - 7200) * rnd(d.i, 'chat.when'))
      FROM drawn d JOIN (SELECT *, row_number() OVER (ORDER BY rnd(reg, 'chat.rank'), reg) AS place
        FROM registration) r ON r.place = d.nth
    )
    SELECT (row_number() OVER (ORDER BY started_sec, i))::INTEGER AS session_id, customer_id, ticket_id::INTEGER AS ticket_id,
      ts(started_sec) AS started_at,
      ts(started_sec + 60 + dice(i, 'chat.length', 840)) AS ended_at,
        floor(600 * pow(rnd(i, 'chat.wait'), 3))::INTEGER AS waiting_seconds,
      2 + dice(i, 'chat.messages', 28) AS message_count,
      CASE WHEN ticket_id IS NOT NULL THEN 'ticket' WHEN rnd(i, 'chat.end') < 0.15 THEN 'abandoned' ELSE 'solved' END AS outcome,
      CASE WHEN ticket_id IS NOT NULL OR rnd(i, 'chat.end') >= 0.15 THEN pick(${sqlList(EMPLOYEES)}, rnd(i, 'chat.agent')) END AS agent,
      CASE WHEN rnd(i, 'chat.rated') < 0.3 THEN 1 + floor(5 * pow(rnd(i, 'chat.rating'), 0.6))::INTEGER END AS rating,
        started_sec AS _started_sec
    FROM every`
}

function customers(): string {
  return `CREATE TABLE support_customers AS
    WITH contact AS (
      SELECT customer_id, max(sec) AS last_sec FROM (SELECT customer_id, _opened_sec AS sec
        FROM support_tickets UNION ALL SELECT customer_id, _started_sec FROM support_sessions) GROUP BY customer_id
    )
    SELECT r.customer_id, r.full_name, r.email, r.phone, r.company_name, r.country, r.language, r.time_zone,
      ts(k.last_sec) AS last_contact_at,
      coalesce(k.last_sec >= as_of() - ${90 * DAY}, false) AS active_user, ts(r.created_sec) AS created_at,
      ts(greatest(r.created_sec, coalesce(k.last_sec, 0), as_of() - floor(200 * ${DAY} * pow(rnd(r.reg, 'support.updated'),
        3)))) AS updated_at,
      r.person_id AS _person, r.org1 AS _org1, r.org2 AS _org2, r.in_shop AS _in_shop, r.created_sec AS _created_sec
    FROM registration r LEFT JOIN contact k USING (customer_id)`
}
