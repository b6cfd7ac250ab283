import { CALL_IDENTITY_HEADER } from '@polyseme/kit/identity'

/** What another router has to know of the mesh. */
export interface RouterMesh {
  /** Public key set of the issuer of callers' tokens. */
  readonly jwksUrl: string
  /** Where `polyseme crosswalk serve` answers, which signs the calls. */
  readonly signerUrl: string
  /** Subgraph name → address. */
  readonly subgraphs: Readonly<Record<string, string>>
}

/** A file of the export. */
export interface ExportedFile {
  readonly path: string
  readonly text: string
}

/** Ready configuration of other routers over the exported supergraph. What each cannot do stands in the README. */
export function routerConfigs(mesh: RouterMesh): readonly ExportedFile[] {
  return [
    { path: 'apollo-router.yaml', text: apolloRouter(mesh) },
    { path: 'cosmo-router.yaml', text: cosmoRouter(mesh) },
    { path: 'cosmo-graph.yaml', text: cosmoGraph(mesh) },
    { path: 'hive-router.yaml', text: hiveRouter(mesh) },
    { path: 'README.md', text: README },
  ]
}

function apolloRouter({ jwksUrl, signerUrl, subgraphs }: RouterMesh): string {
  return `# router --supergraph supergraph.graphql --config apollo-router.yaml
supergraph:
  listen: 127.0.0.1:4000
authentication:
  router:
    jwt:
      jwks:
        - url: ${JSON.stringify(jwksUrl)}
authorization:
  require_authentication: true
  directives:
    enabled: true
# Signs, for each subgraph, what it is told about the caller (see README.md).
coprocessor:
  url: ${JSON.stringify(`${signerUrl}/coprocessor`)}
  timeout: 2s
  router:
    request:
      headers: true
${identityHeaders(subgraphs)}traffic_shaping:
  all:
    timeout: 30s
telemetry:
  apollo:
    send_anonymous_data: false
`
}

function cosmoRouter({ jwksUrl, subgraphs }: RouterMesh): string {
  return `# wgc router compose --input cosmo-graph.yaml --out execution-config.json, then: router --config cosmo-router.yaml
version: "1"
listen_addr: 127.0.0.1:4000
execution_config:
  file:
    path: execution-config.json
authentication:
  jwt:
    jwks:
      - url: ${JSON.stringify(jwksUrl)}
authorization:
  require_authentication: true
# What a proxy before this router adds (see README.md) is sent on to each subgraph.
headers:
  subgraphs:
${Object.keys(subgraphs).map((name) => `    ${JSON.stringify(name)}:
      request:
        - op: propagate
          named: ${canonical(`${CALL_IDENTITY_HEADER}-${name}`)}
          rename: ${canonical(CALL_IDENTITY_HEADER)}
`).join('')}graphql_metrics:
  enabled: false
`
}

/** As Go writes names of headers; Cosmo compares them so. */
function canonical(header: string): string {
  return header.split('-').map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1).toLowerCase()}`).join('-')
}

function cosmoGraph({ subgraphs }: RouterMesh): string {
  const entries = Object.entries(subgraphs).map(([name, url]) => `  - name: ${JSON.stringify(name)}
    routing_url: ${JSON.stringify(url)}
    schema:
      file: subgraphs/${name}.graphql
`)
  return `version: 1
subgraphs:
${entries.join('')}`
}

function hiveRouter({ jwksUrl, signerUrl, subgraphs }: RouterMesh): string {
  return `# HIVE_CONFIG_FILE_PATH=hive-router.yaml hive_router
supergraph:
  source: file
  path: supergraph.graphql
http:
  host: 127.0.0.1
  port: 4000
jwt:
  enabled: true
  require_authentication: true
  jwks_providers:
    - source: remote
      url: ${JSON.stringify(jwksUrl)}
authorization:
  directives:
    enabled: true
# Signs, for each subgraph, what it is told about the caller (see README.md).
coprocessor:
  url: ${JSON.stringify(`${signerUrl}/coprocessor`)}
  protocol: http1
  timeout: 2s
  stages:
    router:
      request:
        include:
          headers: true
${identityHeaders(subgraphs)}`
}

/** Each subgraph gets, under the name that it knows, what was signed for it alone. */
function identityHeaders(subgraphs: RouterMesh['subgraphs']): string {
  return `headers:
  subgraphs:
${Object.keys(subgraphs).map((name) => `    ${JSON.stringify(name)}:
      request:
        - propagate:
            named: ${CALL_IDENTITY_HEADER}-${name}
            rename: ${CALL_IDENTITY_HEADER}
`).join('')}`
}

const README = `# The mesh for another router

- \`supergraph.graphql\`: the composed graph with its access directives, for routers that enforce them (Apollo Router, Hive Router).
- \`supergraph-open.graphql\`: the same without them, for routers that refuse them (\`@apollo/gateway\`). Whoever runs it keeps callers away
  from what they may not see.
- \`subgraphs/*.graphql\`: what it is composed of, for Cosmo (\`wgc router compose\`).
- \`apollo-router.yaml\`, \`hive-router.yaml\`, \`cosmo-router.yaml\`: configuration to start from.

\`polyseme crosswalk serve --config mesh.yaml\` runs beside the router, with the mesh's keys. It answers

- \`/graphql\`: the crosswalk;
- \`/subgraphs/NAME/graphql\`: an adopted subgraph whose names the graph has qualified, translated both ways, masked as the signed call says;
- \`/coprocessor\`: the external coprocessor of Apollo Router (which needs a GraphOS plan for coprocessors and for tokens) and of Hive Router,
  at the stage of the client's request;
- \`/authorize\`: the same for a proxy before a router that has no coprocessor, such as Cosmo: Envoy's \`ext_authz\`, nginx's \`auth_request\`,
  Traefik's \`forwardAuth\`. It has to put the answer's \`polyseme-identity-*\` headers into the request, in place of any that came with it.

Both check the caller's token and sign, for every subgraph, what it has to know: a JWS in \`polyseme-identity-NAME\`, which the router sends
to NAME alone as \`polyseme-identity\`. A domain answers no other call. The signed call holds the caller, the row filters of the policies,
and the masks: what policies or scopes forbid is null, what they mask is masked. Row filters of contracts the domains apply themselves.
With many domains or many masked fields these headers are long; a router or proxy must take them. Whoever reaches these two addresses with a
token can call the domains past the router, with the rights of that token: keep them, as the domains, where only the router gets to.

What stays behind with another router: refusing an operation for what it asks (the router's directives refuse by scopes only; what a policy
forbids comes back as null), the refusal of arguments of adopted subgraphs that could tell of what is masked, purposes, access agreements
(none counts as granted) and revocations of the gateway's own store, budgets of cost, kept answers, the audit log and the console.
`
