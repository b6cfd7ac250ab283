/**
 * Our gateway with everything on: token, limits, access decisions, signed calls, deadlines, byte caps. Arguments: JSON of
 * name → URL; `coalesce` to let equal requests of equal callers share an answer, or `each`; `pipelined` for two connections
 * to each domain with 64 queries on each.
 */
import { createCallSigner, createTokenVerifier, generateSigningKey } from '@polyseme/kit/identity'
import { generateKeyPairSync } from 'node:crypto'
import { SignJWT, exportJWK } from 'jose'
import { federationDecider } from '../../../gateway/access/index.ts'
import { HttpTransport, LargeAnswers } from '../../../gateway/execute/index.ts'
import { DEFAULT_OPERATION_LIMITS } from '../../../gateway/operation/index.ts'
import { createPlanner } from '../../../gateway/plan/index.ts'
import { createGraphqlRoute, createLog, listen, Metrics, ServingGraphHolder } from '../../../gateway/serve/index.ts'
import { composeWorkload } from './compose-workload.ts'
import { SUBGRAPHS } from './workload.ts'

const urls = JSON.parse(process.argv[2] ?? '{}') as Record<string, string>
const supergraph = composeWorkload(urls)
const signer = createCallSigner({ privateJwk: (await generateSigningKey()).privateJwk })
/** As `traffic` in mesh.yaml would say for domains that answer from memory. */
const traffic = process.argv[4] === 'pipelined' ? { maxConnections: 2, pipelining: 64 } : {}
const transports = new Map(SUBGRAPHS.map((name) => [name, new HttpTransport({
  subgraph: name, url: urls[name] ?? '', ...traffic, coalesce: process.argv[3] === 'coalesce', identityFor: async (subgraph, principal, masks) => await signer.sign(subgraph, { principal, masks }),
})]))
const planner = createPlanner(supergraph)
const decider = federationDecider(supergraph)
const graphs = new ServingGraphHolder({ supergraph, planner, transports, decider: () => decider, close: async () => await planner.close() })

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = { ...await exportJWK(publicKey), kid: 'bench', alg: 'ES256', use: 'sig' }
const token = await new SignJWT({ scope: 'bench:read' })
  .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'bench' })
  .setIssuer('https://issuer.bench/').setAudience('bench').setSubject('someone').setIssuedAt().setExpirationTime('2h').sign(privateKey)
const tokens = createTokenVerifier({ issuers: [{ issuer: 'https://issuer.bench/', audience: 'bench', jwks: { keys: [jwk] } }] })

const log = createLog(() => {})
const listener = await listen({ host: '127.0.0.1', port: 0, log })
const route = await createGraphqlRoute({ graphs, tokens, limits: DEFAULT_OPERATION_LIMITS, metrics: new Metrics(), log, large: new LargeAnswers() })
listener.serve([route])
console.log(`token ${token}`)
console.log(`ready ${listener.url}/graphql`)
