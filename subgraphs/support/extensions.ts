import { defineExtensions, type ExtensionContext } from '@polyseme/kit/subgraph'
import type { SupportObjects, SupportResolvers } from './contract-types.ts'

const DAY_MS = 86_400_000
/** Support's own measure; marketing counts visits of the last 30 days. */
const ACTIVE_DAYS = 90

export const extensions = defineExtensions<SupportResolvers>({
  SupportTicket: {
    ageInDays: ({ openedAt, solvedAt }, { asOf }) => {
      const end = solvedAt ?? asOf ?? new Date().toISOString()
      const days = Math.floor((Date.parse(end) - Date.parse(openedAt)) / DAY_MS)
      return days < 0 ? null : days
    },
  },
  SupportCustomer: {
    isActiveUser: async ({ customerId }, { asOf }, context) => {
      const began = await contactsOf(customerId, context)
      const endMs = Date.parse(asOf)
      return began.some((at) => Date.parse(at) <= endMs && Date.parse(at) >= endMs - ACTIVE_DAYS * DAY_MS)
    },
  },
})

/** When a person opened tickets and began chats; for all persons of an answer in two statements. */
async function contactsOf(customerId: number, { listRows }: ExtensionContext<SupportObjects>): Promise<readonly string[]> {
  const [tickets, sessions] = await Promise.all([
    listRows('SupportTicket', { customerId }, ['openedAt']),
    listRows('SupportSession', { customerId }, ['startedAt']),
  ])
  return [...tickets.map(({ openedAt }) => openedAt), ...sessions.map(({ startedAt }) => startedAt)]
}
