/** One of the people (or programs) that the development issuer knows; signing in as one asks for no password. */
export interface Persona {
  /** Subject of the tokens, and what `polyseme token --as` takes. */
  readonly id: string
  /** One line that says what this one may do. */
  readonly summary: string
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  /** Further claims of the access token, for example `regions` for row filters. */
  readonly claims: Readonly<Record<string, unknown>>
  /** A program: gets its tokens with client credentials and never sees a sign-in page. */
  readonly program?: true
}

const EVERY_DOMAIN = ['sales:read', 'sales:all-regions', 'marketing:read', 'billing:read', 'support:read']

/** Rights over each domain's place in the graph; in a real mesh each domain's own team has them for its domain. */
const CHANGES = ['sales', 'marketing', 'billing', 'support'].flatMap((domain) => [`${domain}:publish`, `${domain}:approve`])

/** The personas of the demo; each shows one side of access. */
export const PERSONAS: readonly Persona[] = [
  { id: 'analyst', summary: 'reads all four domains, every region', scopes: EVERY_DOMAIN, roles: ['analyst'], claims: {} },
  { id: 'sales-analyst-emea', summary: 'reads sales and marketing; of sales only the rows of EMEA', scopes: ['sales:read', 'marketing:read'], roles: ['analyst'], claims: { regions: ['EMEA'] } },
  { id: 'support-agent', summary: 'reads support, sales and marketing, but not billing', scopes: ['sales:read', 'sales:all-regions', 'marketing:read', 'support:read'], roles: ['agent'], claims: {} },
  { id: 'billing-clerk', summary: 'reads billing only', scopes: ['billing:read'], roles: ['clerk'], claims: {} },
  { id: 'steward', summary: 'reads everything, decides about mappings, publishes and approves', scopes: [...EVERY_DOMAIN, 'lexicon:steward', ...CHANGES], roles: ['steward'], claims: {} },
  { id: 'bi-service', summary: 'a program: reads sales and billing with client credentials', scopes: ['sales:read', 'sales:all-regions', 'billing:read'], roles: ['service'], claims: {}, program: true },
  { id: 'nobody', summary: 'may sign in and read nothing', scopes: [], roles: [], claims: {} },
]

/** Every scope that some persona has. */
export const DEVELOPMENT_SCOPES: readonly string[] = [...new Set(PERSONAS.flatMap((persona) => persona.scopes))]

export function findPersona(id: string): Persona | undefined {
  return PERSONAS.find((persona) => persona.id === id)
}
