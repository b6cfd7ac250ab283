// Made from the data contracts by `polyseme contract types`. Changes here are lost; change the contract instead.
import type { ExtensionContext } from '@polyseme/kit/subgraph'

export type SupportCustomerLanguage = 'DE' | 'EN' | 'ES' | 'FR' | 'IT' | 'JA' | 'NL' | 'PL' | 'PT' | 'SV'

/** A person who may open tickets. */
export interface SupportCustomer {
  /** Number of the person in the help desk. Other domains count their customers too; equal numbers there mean nothing. */
  readonly customerId: number
  /** Name as registered. */
  readonly fullName: string | null
  /** Address as registered; capitals and blanks occur, and a few mailboxes are shared by several persons. */
  readonly email: string | null
  /** E.164 more or less: separators and missing country codes occur. */
  readonly phone: string | null
  /** Organisation as the person wrote it. */
  readonly companyName: string | null
  /** ISO 3166-1 alpha-2 most of the time. */
  readonly country: string | null
  /** Language of the conversation, ISO 639-1. */
  readonly language: SupportCustomerLanguage | null
  /** IANA time zone of the person. */
  readonly timeZone: string | null
  /** When the latest ticket was opened or chat begun. */
  readonly lastContactAt: string | null
  /** Active user as support counts it: a ticket opened or a chat begun within the last 90 days. */
  readonly activeUser: boolean
  /** When the person was registered. */
  readonly createdAt: string
  /** When the row last changed. */
  readonly updatedAt: string
}

export type SupportCustomerKey = Pick<SupportCustomer, 'customerId'>

export type SupportSessionOutcome = 'SOLVED' | 'TICKET' | 'ABANDONED'

/** A chat between a person and support. */
export interface SupportSession {
  /** Number of the chat. */
  readonly sessionId: number
  /** Person who began it. */
  readonly customerId: number
  /** Ticket that came out of it, if any; always one of the same person. */
  readonly ticketId: number | null
  /** First message. */
  readonly startedAt: string
  /** Last message. */
  readonly endedAt: string
  /** From the first message to the first answer. */
  readonly waitingSeconds: number
  /** Messages of both sides. */
  readonly messageCount: number
  /** How it ended. */
  readonly outcome: SupportSessionOutcome
  /** Our employee in the chat; missing when nobody answered. */
  readonly agent: string | null
  /** Rating by the person, 1 to 5, if given. */
  readonly rating: number | null
}

export type SupportSessionKey = Pick<SupportSession, 'sessionId'>

export type SupportTicketStatus = 'NEW' | 'OPEN' | 'PENDING' | 'SOLVED' | 'CLOSED'

export type SupportTicketPriority = 'LOW' | 'NORMAL' | 'HIGH' | 'URGENT'

export type SupportTicketChannel = 'EMAIL' | 'PHONE' | 'WEB' | 'CHAT'

export type SupportTicketCategory = 'HARDWARE' | 'SOFTWARE' | 'DELIVERY' | 'INVOICE' | 'ACCOUNT' | 'OTHER'

/** A request for help by one person. */
export interface SupportTicket {
  /** Number of the ticket. */
  readonly ticketId: number
  /** Person who opened it. */
  readonly customerId: number
  /** Subject line. */
  readonly subject: string | null
  /** Where the ticket stands; new, open and pending count as open. */
  readonly status: SupportTicketStatus
  /** How urgent it is. */
  readonly priority: SupportTicketPriority
  /** How it reached us. */
  readonly channel: SupportTicketChannel
  /** What it is about. */
  readonly category: SupportTicketCategory | null
  /** When it was opened. */
  readonly openedAt: string
  /** When somebody first answered; missing while nobody has. */
  readonly firstResponseAt: string | null
  /** When it was solved; missing while open. */
  readonly solvedAt: string | null
  /** Rating by the person, 1 to 5, if given. */
  readonly satisfaction: number | null
  /** Our employee who works on it. */
  readonly assignedAgent: string | null
}

export type SupportTicketKey = Pick<SupportTicket, 'ticketId'>

/** Every object of the domain by its type name. */
export interface SupportObjects {
  readonly SupportCustomer: SupportCustomer
  readonly SupportSession: SupportSession
  readonly SupportTicket: SupportTicket
}

/** What `extensions.graphql` asks of `extensions.ts`. */
export interface SupportResolvers {
  readonly SupportTicket: {
    /** Whole days from opening to solving, or to `asOf` (default: now) while it is open; null where the ticket was opened after that moment. */
    readonly ageInDays: (row: Pick<SupportTicket, 'openedAt' | 'solvedAt'>, args: { readonly asOf?: string | null }, context: ExtensionContext<SupportObjects>) => number | null | Promise<number | null>
  }
  readonly SupportCustomer: {
    /** Active user as support counts it, on another day than today: a ticket opened or a chat begun within the 90 days before `asOf`. */
    readonly isActiveUser: (row: Pick<SupportCustomer, 'customerId'>, args: { readonly asOf: string }, context: ExtensionContext<SupportObjects>) => boolean | null | Promise<boolean | null>
  }
}
