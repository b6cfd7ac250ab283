/** How many things of each kind the demo world has. */
export interface DemoSize {
  /** Organisations 1 … `salesOrganisations` have signed a contract. */
  readonly salesOrganisations: number
  /** The next ones are known to billing or support, but not to sales. */
  readonly foreignOrganisations: number
  /** The rest only ever talked to sales. */
  readonly prospects: number
  /** Persons 1 … `supportPersons` may open tickets. */
  readonly supportPersons: number
  /** The next ones have bought on the web and are unknown to support. */
  readonly shoppers: number
  /** The rest have filled in a form and nothing else. */
  readonly visitors: number
  /** Mailboxes used by several of support's persons and by one shopper, who is none of them. */
  readonly sharedDesks: number
  readonly salesLeads: number
  readonly upsellLeads: number
  readonly orders: number
  readonly invoices: number
  readonly tickets: number
  readonly chats: number
  readonly campaigns: number
  readonly webSessions: number
  /** Forms that never became an opportunity. */
  readonly coldForms: number
}

/** Sizes at a scale; scale 1 is the demo, small scales are for tests and keep every kind of dirt from 0.01 on. */
export function demoSize(scale: number): DemoSize {
  if (!(scale > 0 && scale <= 100)) throw new TypeError(`scale must be over 0 and at most 100, got ${scale}`)
  const of = (count: number, least = 1): number => Math.max(least, Math.round(count * scale))
  return {
    salesOrganisations: of(20_000),
    foreignOrganisations: of(3_000),
    prospects: of(25_000),
    supportPersons: of(44_000),
    shoppers: of(18_000),
    visitors: of(42_000),
    sharedDesks: of(40, 3),
    salesLeads: of(60_000, 3),
    upsellLeads: of(4_000),
    orders: of(200_000),
    invoices: of(300_000),
    tickets: of(150_000),
    chats: of(90_000),
    campaigns: of(120, 40),
    webSessions: of(500_000),
    coldForms: of(53_800),
  }
}
