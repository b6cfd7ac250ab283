import acrossDomains from './examples/across-domains.graphql?raw'
import nothing from './examples/nothing.graphql?raw'
import openBalances from './examples/open-balances.graphql?raw'
import openTickets from './examples/open-tickets.graphql?raw'
import ordersOfARegion from './examples/orders-of-a-region.graphql?raw'
import whatIsACustomer from './examples/what-is-a-customer.graphql?raw'

/** A query to begin with; `for` names the personas whose rights it shows. */
export interface Example {
  readonly title: string
  readonly for: readonly string[]
  readonly query: string
}

/** One for each persona at least: what that one can see, and what stays closed. */
export const EXAMPLES: readonly Example[] = [
  { title: 'One question, four domains', for: ['analyst', 'steward', 'support-agent'], query: acrossDomains },
  { title: 'The rows of my region', for: ['sales-analyst-emea'], query: ordersOfARegion },
  { title: 'What does "customer" mean?', for: ['analyst', 'steward', 'sales-analyst-emea'], query: whatIsACustomer },
  { title: 'Open tickets', for: ['support-agent'], query: openTickets },
  { title: 'Open balances', for: ['billing-clerk'], query: openBalances },
  { title: 'What a stranger sees', for: ['nobody'], query: nothing },
]

/** The examples that show what this caller may do, or all when it is none of the demo's personas. */
export function examplesFor(subject: string): readonly Example[] {
  const own = EXAMPLES.filter((example) => example.for.includes(subject))
  return own.length === 0 ? EXAMPLES : own
}
