/** What each persona finds first in the console, and whether something in it is closed to that one. */
export const EXAMPLE_TITLES = [
  { persona: 'steward', title: 'One question, four domains', refused: false },
  { persona: 'sales-analyst-emea', title: 'The rows of my region', refused: true },
  { persona: 'support-agent', title: 'One question, four domains', refused: true },
  { persona: 'billing-clerk', title: 'Open balances', refused: true },
  { persona: 'nobody', title: 'What a stranger sees', refused: true },
] as const
