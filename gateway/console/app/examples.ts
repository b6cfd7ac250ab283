/** A query to begin with; `for` names the personas whose rights it shows. */
export interface Example {
  readonly title: string
  readonly for: readonly string[]
  readonly query: string
}

const ACROSS_DOMAINS = `# The first customers of a region, across four domains that mean different things by "customer".
# Each domain keeps its own word; the crosswalk links the records and says why.
query AcrossDomains {
  sales {
    customers(first: 10, where: { region: { eq: "EMEA" } }) {
      nodes {
        customerId
        name
        # who pays for this organisation (billing)
        asBillingCustomer {
          customerId
          name
          openBalance
        }
        # the people who may open tickets for it (support)
        asSupportCustomer {
          customerId
          fullName
        }
        # the filled-in forms that became this customer (marketing)
        asMarketingLead {
          leadId
          email
        }
        # why each of these links holds
        mappings {
          predicate
          confidence
          justification
        }
      }
    }
  }
}
`

/** One for each persona at least: what that one can see, and what stays closed. */
export const EXAMPLES: readonly Example[] = [
  { title: 'One question, four domains', for: ['analyst', 'steward', 'support-agent'], query: ACROSS_DOMAINS },
]

/** The examples that show what this caller may do, or all when it is none of the demo's personas. */
export function examplesFor(subject: string): readonly Example[] {
  const own = EXAMPLES.filter((example) => example.for.includes(subject))
  return own.length === 0 ? EXAMPLES : own
}
