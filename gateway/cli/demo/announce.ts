import { PERSONAS } from '../../issuer/index.ts'
import type { DomainProcess } from './domain-process.ts'

/** Where the parts of a running demo are. */
export interface DemoPlaces {
  readonly gatewayUrl: string
  readonly issuerUrl: string
  readonly dataDir: string
  /** How the data directory has to be named in a command that is typed here; empty for the default. */
  readonly dataDirOption: string
  readonly domains: readonly DomainProcess[]
  readonly cwd: string
}

/** What a newcomer reads before the ready line: where things are, who they can be, what to try. */
export function announcement({ gatewayUrl, issuerUrl, domains, dataDirOption, cwd }: DemoPlaces): readonly string[] {
  const width = Math.max(...PERSONAS.map((persona) => persona.id.length)) + 2
  return [
    '',
    `  console   ${gatewayUrl}/`,
    `  graph     ${gatewayUrl}/graphql`,
    `  issuer    ${issuerUrl}   DEVELOPMENT ONLY: anyone can sign in as anyone`,
    ...domains.map(({ name, url }, index) => `  ${index === 0 ? 'domains' : '       '}   ${name.padEnd(9)} ${url}`),
    '',
    'Personas',
    ...PERSONAS.map(({ id, summary }) => `  ${id.padEnd(width)}${summary}`),
    '',
    'Try (in another terminal)',
    `  curl -s ${gatewayUrl}/graphql -H 'content-type: application/json' \\`,
    `    -H "authorization: Bearer $(npx polyseme token --as analyst${dataDirOption})" \\`,
    `    -d '{"query":"{ sales { customers(first: 3) { nodes { name asBillingCustomer { legalName openBalance currency } } } } }"}'`,
    '',
    'To see a domain go and come back: end its process, ask again, then start it with',
    ...domains.map((domain) => `  ${domain.restartCommand(cwd)}`),
    '',
    'Ctrl-C stops everything.',
  ]
}
