import type { IssuerConfig } from '@polyseme/kit/identity'
import type { LargeAnswersOptions } from '../execute/index.ts'
import type { ConsoleSignIn, ExportLimits } from '../serve/index.ts'

/** Everything that a gateway has to be told; paths are absolute, every name resolves. */
export interface GatewayConfig {
  /** `production` hides names that a caller did not use: no introspection, no "did you mean". */
  readonly environment: 'development' | 'production'
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Holds the link tables, in `links/`. */
  readonly dataDir: string
  /** Holds the gateway's private key; made if absent. */
  readonly keysDir: string
  /** At least one: without a token there is no answer. */
  readonly issuers: readonly IssuerConfig[]
  /** Of the issuers, the one whose people contracts and agreements name by their subject alone; default: the only one. With several and none of them named here, people are named `issuer|subject`. */
  readonly peopleIssuer?: string
  readonly subgraphs: readonly SubgraphConfig[]
  /** Concepts, mappings, vocabularies; absent: a mesh without a crosswalk. */
  readonly lexiconDir?: string
  /** The mesh's own policies (`*.cedar`, `vocabulary.yaml`); a domain's stand in `policies/` beside its contracts. */
  readonly policiesDir?: string
  /** Where published subgraphs are kept; absent: the graph is `subgraphs`, for as long as the gateway runs. */
  readonly registry?: RegistryConfig
  /** Rules of the mesh for what is published: severities, exemptions, regions; followed as it changes; absent: the default ones. */
  readonly governanceFile?: string
  /** Hosts of subgraphs that may have a link-local or metadata address; default none (F18). */
  readonly allowedHosts?: readonly string[]
  /** Address that is told of each step of the graph and of the consumers that it breaks; absent: nobody is. */
  readonly noticeWebhook?: string
  /** How people sign in at the console; absent: the console says that there is no sign-in. */
  readonly signIn?: ConsoleSignIn
  /** Documents that clients name instead of sending them, and which may run; default: Apollo's protocol, and any. */
  readonly persistedOperations?: PersistedOperationsConfig
  /** Processes that answer, on one port; 1 to 64, default 1: this one. */
  readonly workers?: number
  /** Time for one whole answer, milliseconds; default 30,000. */
  readonly deadlineMs?: number
  /** Traffic to subgraphs; default: bounds that suit most. */
  readonly traffic?: TrafficConfig
  /** Which answers are sent while they are made. */
  readonly largeAnswers?: LargeAnswersOptions
  /** How many exports may run at once, and for how long. */
  readonly exports?: ExportLimits
  /** How the graph guards itself; default: forbidden fields are named in errors, introspection shows what the caller may see. */
  readonly protection?: ProtectionConfig
  /** `apollo` runs the planner and executor of `@apollo/gateway` in the place of ours, for comparison only. Default `polyseme`. */
  readonly engine?: 'polyseme' | 'apollo'
  /** Keeps whole answers as long as the contracts allow; absent: every operation is executed. */
  readonly responseCache?: ResponseCacheConfig
}

/** Bounds of the traffic to one subgraph. */
export interface SubgraphTraffic {
  /** Time for one answer, milliseconds; default two thirds of `deadlineMs`, so that the rest of an answer can still be given. */
  readonly timeoutMs?: number
  /** Without a word for half of it, and without an answer to a trivial question in the other half, it counts as hanging; default 6,000 ms. */
  readonly hungAfterMs?: number
  /** Connections kept; default 256. */
  readonly maxConnections?: number
  /** Queries under way on one connection when all connections are taken, 1 to 64; default 1. */
  readonly pipelining?: number
  /** Requests under way at once; default 512. */
  readonly maxConcurrent?: number
  /** Requests that may wait for one of those to end; default 2,000. */
  readonly maxWaiting?: number
  /** Longest request, bytes; default 16 MiB. */
  readonly maxRequestBytes?: number
  /** Longest answer after decompression, bytes; default 64 MiB. */
  readonly maxResponseBytes?: number
  /** Further attempts of a query that could not be delivered, 0 to 5; default 1. */
  readonly retries?: number
  /** Retries may be this share of all requests, 0 to 100; default 10. */
  readonly retryPercent?: number
  /** Equal queries of equal callers that are under way at once share one request. Default false. */
  readonly coalesce?: boolean
  readonly breaker?: BreakerConfig
}

/** When a subgraph that fails is left alone. */
export interface BreakerConfig {
  /** Failures in a row; default 10. */
  readonly failures?: number
  /** First rest, milliseconds; default 500. It doubles with each failed trial. */
  readonly restMs?: number
  /** Longest rest, milliseconds; default 10,000. */
  readonly maxRestMs?: number
}

/** For every subgraph, and what differs for some, by name. */
export interface TrafficConfig extends SubgraphTraffic {
  readonly subgraphs?: Readonly<Record<string, SubgraphTraffic>>
}

export interface ResponseCacheConfig {
  /** Memory for kept answers, of each process. */
  readonly maxBytes: number
  /** No answer is kept longer, whatever its contracts say; default 60. */
  readonly maxSeconds?: number
}

export interface PersistedOperationsConfig {
  /** `audit` runs operations that are not registered and says so in the log; `enforce` refuses them. Default `off`. */
  readonly mode?: 'off' | 'audit' | 'enforce'
  /** Manifests of registered operations and folders of them; followed as they change. */
  readonly files?: readonly string[]
  /** Who has any of these scopes may run anything. Default none. */
  readonly exemptScopes?: readonly string[]
  /** Automatic persisted queries. Default true. */
  readonly automatic?: boolean
}

export interface ProtectionConfig {
  /** To a caller, what is forbidden does not exist: no partial answers, the error of an unknown name instead. Default false. */
  readonly concealForbidden?: boolean
  /** `filter` answers what is allowed of an operation, `reject` refuses all of one of which anything is denied (403). Default `filter`. */
  readonly unauthorized?: 'filter' | 'reject'
  /** Whether `__schema` and `__type` may be asked at all. Default true. */
  readonly introspection?: boolean
  /** Estimated cost that one operation may have; default 10,000,000. */
  readonly maxCost?: number
  /** Estimated cost that one operation may have in one subgraph, by its name; default: as much as the whole operation. */
  readonly maxCostBySubgraph?: Readonly<Record<string, number>>
  /** `measure` lets costly operations through and counts them. Default `enforce`. */
  readonly costMode?: 'measure' | 'enforce'
  /** What one caller (issuer and subject) may spend; default: as much as they like. */
  readonly callerBudget?: CallerBudgetConfig
}

export interface CallerBudgetConfig {
  /** Cost that a caller may cause at once. */
  readonly cost: number
  /** Seconds in which a spent budget is whole again; default 60. */
  readonly windowSeconds?: number
  /** Callers remembered; default 10,000. */
  readonly maxCallers?: number
}

/** The registry's database; `subgraphs` are published into it at start, when they changed. */
export type RegistryConfig =
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly connectionString: string }

/** A domain's subgraph: where it answers and what it is, known without asking it. */
export interface SubgraphConfig {
  readonly name: string
  readonly url: string
  readonly schema: SubgraphSchema
}

/** What a subgraph is built from: a folder of contracts, or a schema file of a foreign subgraph. */
export type SubgraphSchema =
  | { readonly kind: 'contracts'; readonly dir: string }
  | { readonly kind: 'sdl'; readonly file: string }
