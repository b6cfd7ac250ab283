import type { DemoSize } from './demo-size.ts'
import { COUNTRY_SPELLINGS, harmlessEmailDirt, mistypedEmail, nameHabit, sharedDesk } from './spelling.ts'
import { sqlList } from './sql-text.ts'
import type { Step } from './step.ts'
import { LANDING_PAGES, SHARED_MAILBOXES } from './vocabulary.ts'

const DAY = 86_400

/** Whatever came in by the web: purchases, forms, visits, and the campaigns before them. */
export const MARKETING_STEPS: readonly Step[] = [
  { what: 'marketing: campaigns', sql: (size) => [campaigns(size.campaigns), shop(size)] },
  { what: 'marketing: leads', sql: (size) => [warmForms(), coldForms(size), leads(size.campaigns)] },
  { what: 'marketing: web sessions', sql: (size) => [sessions(size.webSessions, size.campaigns), customers()] },
]

function campaigns(count: number): string {
  return `CREATE TABLE marketing_campaigns AS
    WITH drawn AS (
      SELECT i::INTEGER AS campaign_id, as_of() - ${DAY} * (30 + floor(1100 * rnd(i, 'campaign.start'))) AS start_sec,
        20 + dice(i, 'campaign.days', 120) AS days,
        pick(['search', 'social', 'email', 'event', 'partner', 'display'], rnd(i, 'campaign.channel')) AS channel,
          pick(['EMEA', 'EMEA', 'AMER', 'APAC'], rnd(i, 'campaign.region')) AS target_region,
        pick(['Edge sensors', 'Gateways', 'Calibration', 'Licences', 'Trade fair', 'Newsletter'], rnd(i, 'campaign.theme')) AS theme
      FROM range(1, ${count + 1}) t(i)
    )
    SELECT campaign_id, year(day(start_sec)) || ' Q' || quarter(day(start_sec)) || ' ' || theme || ', ' || channel || ', '
      || target_region || ' (' || campaign_id || ')' AS name, channel, target_region,
      day(start_sec) AS starts_on, CASE WHEN rnd(campaign_id, 'campaign.endless') < 0.9 THEN (day(start_sec) + days)::DATE END AS ends_on,
      (1000 * (2 + dice(campaign_id, 'campaign.budget', 80)))::DECIMAL(14, 2) AS budget
    FROM drawn`
}

function shop({ supportPersons, sharedDesks }: DemoSize): string {
  const desk = `(p.person_id - ${supportPersons})`
  return `CREATE TABLE shopper AS
    SELECT p.person_id, (row_number() OVER (ORDER BY rnd(p.person_id, 'marketing.customer.id'), p.person_id))::INTEGER AS customer_id,
      ${nameHabit('p.first_name', 'p.last_name', '(p.person_id * 2)')} AS full_name, CASE WHEN ${desk} BETWEEN 1
        AND ${sharedDesks} THEN ${sharedDesk(desk)} ELSE ${harmlessEmailDirt('p.email', '(p.person_id * 2)')} END AS email,
      ${COUNTRY_SPELLINGS.marketing('(p.person_id * 2)')} AS country,
      CASE dice(p.person_id, 'shop.cityHabit', 4) WHEN 0 THEN lower(pick(c.cities, rnd(p.person_id, 'shop.city'))) WHEN 1 THEN NULL
        ELSE pick(c.cities, rnd(p.person_id, 'shop.city')) END AS city,
      CASE WHEN rnd(p.person_id, 'shop.birth') < 0.4 THEN 1945 + dice(p.person_id, 'shop.year', 60) END AS birth_year,
      CASE WHEN rnd(p.person_id, 'shop.news') < 0.9 THEN rnd(p.person_id, 'shop.newsYes') < 0.35 END AS newsletter,
      1 + floor(12 * pow(rnd(p.person_id, 'shop.count'), 4))::INTEGER AS purchases,
      as_of() - ${DAY} * (5 + floor(1400 * rnd(p.person_id, 'shop.first'))) AS first_sec
    FROM person p JOIN nation c ON c.iso2 = p.iso2
    WHERE p.in_shop`
}

/** The forms behind sales' inbound opportunities; one in six opportunities has two. */
function warmForms(): string {
  return `CREATE TABLE form_warm AS
    SELECT l._seq * 4 + n AS form, l.lead_id AS sales_lead_id, CASE WHEN l._first THEN l.customer_id END AS became_customer_id,
      l._created_sec AS qualified_sec, l._closed_sec AS closed_sec,
      CASE WHEN n = 1 THEN l._first_name ELSE pick(['Alex', 'Robin', 'Sam', 'Kim'], rnd(l._seq, 'form.colleague')) END AS first_name,
        l._last_name AS last_name,
      split_part(l.contact_email, '@', 2) AS host, l._name_core AS company, o.iso2,
        l._created_sec - ${DAY} * (n + dice(l._seq * 4 + n, 'form.before', 40)) - dice(l._seq * 4 + n, 'form.second',
        40000) AS submitted_sec
    FROM sales_leads l JOIN org o ON o.org_id = l._org, unnest(range(1, CASE WHEN rnd(l._seq, 'form.two') < 0.17 THEN 3
      ELSE 2 END)) AS u(n)
    WHERE l.source = 'inbound'`
}

/** Forms of persons who are visitors, shoppers or support's customers already; one in fifty was sent twice. */
function coldForms(size: DemoSize): string {
  const others = size.supportPersons + size.shoppers
  return `CREATE TABLE form_cold AS
    WITH drawn AS (
      SELECT i, CASE WHEN rnd(i, 'form.known') < 0.25 THEN 1 + dice(i, 'form.person', ${others})
        ELSE ${others + 1} + dice(i, 'form.visitor', ${size.visitors}) END AS person_id,
        as_of() - floor(900 * ${DAY} * rnd(i, 'form.age')) - 60 AS submitted_sec
      FROM range(1, ${size.coldForms + 1}) t(i)
    ), doubled AS (
      SELECT i * 4 + 3 + n * 100000000 AS form, person_id, greatest(submitted_sec - n * 90, 0) AS submitted_sec, i FROM drawn,
        unnest(range(0, CASE WHEN rnd(i, 'form.twice') < 0.02 THEN 2 ELSE 1 END)) AS u(n)
    )
    SELECT d.form, d.person_id, p.first_name, p.last_name, p.email, o.host, o.name_core AS company, p.iso2, d.submitted_sec, d.i
    FROM doubled d JOIN person p USING (person_id) LEFT JOIN org o ON o.org_id = p.org1`
}

function leads(campaignCount: number): string {
  return `CREATE TABLE marketing_leads AS
    WITH every AS (
      SELECT form, sales_lead_id, became_customer_id, qualified_sec, closed_sec, NULL::INTEGER AS person_id, first_name, last_name,
        slug(first_name) || '.' || slug(last_name) || '@' || host AS email, host, company, iso2, submitted_sec, form AS twin
        FROM form_warm
      UNION ALL SELECT form, NULL, NULL, NULL, NULL, person_id, first_name, last_name, email, host, company, iso2, submitted_sec,
        i * 4 + 3 FROM form_cold
    ), numbered AS (
      SELECT *, (row_number() OVER (ORDER BY rnd(form, 'marketing.lead.id'), form))::INTEGER AS lead_id FROM every
    )
    SELECT f.lead_id, CASE WHEN rnd(f.twin, 'form.campaign') < 0.6 THEN 1 + dice(f.twin, 'form.campaignId',
      ${campaignCount}) END AS campaign_id,
      ${nameHabit('f.first_name', 'f.last_name', 'f.twin')} AS full_name,
      CASE WHEN rnd(f.form, 'form.mail') < 0.02 THEN NULL
        WHEN rnd(f.form, 'form.mail') < 0.06 AND f.host IS NOT NULL THEN pick(${sqlList(SHARED_MAILBOXES)}, rnd(f.form, 'form.shared'))
          || '@' || f.host
        WHEN rnd(f.form, 'form.mail') < 0.09 THEN ${mistypedEmail('f.email')}
        ELSE ${harmlessEmailDirt('f.email', 'f.form')} END AS email,
      CASE WHEN f.company IS NOT NULL THEN CASE dice(f.form, 'form.company', 5) WHEN 0 THEN lower(f.company) WHEN 1 THEN upper(f.company)
        WHEN 2 THEN NULL ELSE f.company END END AS company_name,
      ${COUNTRY_SPELLINGS.marketing('f.form')} AS country,
      pick(['contact', 'demo', 'whitepaper', 'webinar', 'newsletter'], rnd(f.twin, 'form.kind')) AS form,
      CASE WHEN f.sales_lead_id IS NOT NULL THEN 'handed_over' WHEN f.submitted_sec > as_of() - ${5 * DAY} THEN 'new'
        ELSE pick(['nurturing', 'nurturing', 'discarded', 'discarded', 'handed_over'], rnd(f.twin, 'form.status')) END AS status,
      CASE WHEN f.sales_lead_id IS NOT NULL THEN 40 + dice(f.form, 'form.score', 61) ELSE dice(f.form, 'form.score', 75) END AS score,
      rnd(f.form, 'form.consent') < 0.8 AS consent, ts(f.submitted_sec) AS submitted_at,
      strftime(make_timestamp((floor(f.submitted_sec) + c.utc_offset * 3600)::BIGINT * 1000000), '%Y-%m-%d %H:%M') AS submitted_local,
        c.time_zone,
      f.sales_lead_id AS _sales_lead_id, f.became_customer_id AS _became_customer_id, f.qualified_sec AS _qualified_sec,
        f.closed_sec AS _closed_sec, f.person_id AS _person
    FROM numbered f JOIN nation c ON c.iso2 = f.iso2`
}

/** Three in ten visits are signed in; a customer's cookie mostly stays the same. */
function sessions(count: number, campaignCount: number): string {
  return `CREATE TABLE marketing_sessions AS
    WITH drawn AS (
      SELECT i, CASE WHEN rnd(i, 'visit.signedIn') < 0.3 THEN 1 + floor((SELECT count(*) FROM shopper) * pow(rnd(i, 'visit.customer'),
        1.9))::INTEGER END AS customer_id,
        floor(as_of() - 60 - 730 * ${DAY} * pow(rnd(i, 'visit.when'), 1.2)) AS started_sec, dice(i, 'visit.country', 100) AS slot,
          1 + floor(24 * pow(rnd(i, 'visit.pages'), 3))::INTEGER AS page_views
      FROM range(1, ${count + 1}) t(i)
    )
    SELECT row_number() OVER (ORDER BY d.started_sec, d.i) AS session_id,
      'v-' || printf('%08x', floor(4294967296 * CASE WHEN d.customer_id IS NOT NULL
        AND rnd(d.i, 'visit.sameCookie') < 0.9 THEN rnd(d.customer_id, 'visit.cookieOf')
        ELSE rnd(dice(d.i, 'visit.cookie', ${Math.ceil(count / 2.5)}), 'visit.anonymous') END)::BIGINT) AS visitor_id,
      d.customer_id, CASE WHEN rnd(d.i, 'visit.campaign') < 0.35 THEN 1 + dice(d.i, 'visit.campaignId',
        ${campaignCount}) END AS campaign_id, ts(d.started_sec) AS started_at,
      CASE WHEN d.page_views = 1 THEN 0 ELSE 8 * d.page_views + dice(d.i, 'visit.seconds', 60 * d.page_views) END AS duration_seconds,
        d.page_views,
      pick(${sqlList(LANDING_PAGES)}, rnd(d.i, 'visit.page')) AS landing_page,
        pick(['desktop', 'desktop', 'mobile', 'mobile', 'mobile', 'tablet'], rnd(d.i, 'visit.device')) AS device,
      CASE WHEN rnd(d.i, 'visit.located') < 0.97 THEN c.iso2 END AS country_code, rnd(d.i, 'visit.converted') < 0.03 AS converted,
        d.started_sec AS _started_sec
    FROM drawn d JOIN country c ON c.slot = d.slot`
}

function customers(): string {
  return `CREATE TABLE marketing_customers AS
    WITH visit AS (SELECT customer_id, max(_started_sec) AS last_sec FROM marketing_sessions
      WHERE customer_id IS NOT NULL GROUP BY customer_id)
    SELECT s.customer_id, s.full_name, s.email, s.country, s.city, s.birth_year, s.newsletter, s.purchases,
      day(s.first_sec) AS first_purchase_on,
      CASE WHEN s.purchases = 1 THEN day(s.first_sec) ELSE day(s.first_sec + (as_of() - s.first_sec) * rnd(s.person_id,
        'shop.last')) END AS last_purchase_on,
      ts(v.last_sec) AS last_visit_at, coalesce(v.last_sec >= as_of() - ${30 * DAY}, false) AS active_user, s.person_id AS _person,
        s.first_sec AS _first_sec
    FROM shopper s LEFT JOIN visit v USING (customer_id)`
}
