/** What another router has to know of the mesh. */
export interface RouterMesh {
  /** Public key set of the issuer of callers' tokens. */
  readonly jwksUrl: string
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

function apolloRouter({ jwksUrl }: RouterMesh): string {
  return `# router --supergraph supergraph.graphql --config apollo-router.yaml
supergraph:
  listen: 127.0.0.1:4000
authentication:
  router:
    jwt:
      jwks:
        - url: ${JSON.stringify(jwksUrl)}
authorization:
  directives:
    enabled: true
# Signs each call: sets the header polyseme-identity (see README.md).
coprocessor:
  url: http://127.0.0.1:4191
  timeout: 2s
  subgraph:
    all:
      request:
        context: true
        headers: true
        service_name: true
traffic_shaping:
  all:
    timeout: 30s
telemetry:
  apollo:
    send_anonymous_data: false
`
}

function cosmoRouter({ jwksUrl }: RouterMesh): string {
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
graphql_metrics:
  enabled: false
`
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

function hiveRouter({ jwksUrl }: RouterMesh): string {
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
`
}

const README = `# The mesh for another router

- \`supergraph.graphql\`: the composed graph with its access directives, for routers that enforce them (Apollo Router, Hive Router).
- \`supergraph-open.graphql\`: the same without them, for routers that refuse them (\`@apollo/gateway\`). Whoever runs it keeps callers away
  from what they may not see.
- \`subgraphs/*.graphql\`: what it is composed of, for Cosmo.

Every domain, and the crosswalk (\`polyseme crosswalk serve --config mesh.yaml\`), answers only calls that carry the header
\`polyseme-identity\`, signed with the mesh's key (\`keys/gateway-private.jwk.json\`): a JWS, EdDSA, \`typ: polyseme-call+jwt\`, audience the
subgraph's name, alive a minute. \`createCallSigner\` of \`@polyseme/kit/identity\` makes it; a coprocessor, a plugin or a data source of the
router sends it.

What stays behind with another router: policies and masks that are not federation directives, access agreements, budgets of cost, the audit
log, the console, and the refusal of arguments of adopted subgraphs that could tell of what is masked. An adopted subgraph with qualified
names is asked through \`polyseme crosswalk serve\`, below \`/subgraphs/\`, which translates the graph's names and applies the masks of the
signed call; what its contract asks of readers stands in its text.
`
