import type { IssuerConfig } from '@polyseme/kit/identity'
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
  /** Time for one answer of a subgraph, milliseconds; default two thirds of `deadlineMs`, so that the rest of an answer can still be given. */
  readonly subgraphTimeoutMs?: number
  /** How many exports may run at once, and for how long. */
  readonly exports?: ExportLimits
  /** How the graph guards itself; default: forbidden fields are named in errors, introspection shows what the caller may see. */
  readonly protection?: ProtectionConfig
  /** `apollo` runs the planner and executor of `@apollo/gateway` in the place of ours, for comparison only. Default `polyseme`. */
  readonly engine?: 'polyseme' | 'apollo'
  /** Keeps whole answers as long as the contracts allow; absent: every operation is executed. */
  readonly responseCache?: ResponseCacheConfig
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
  /** Time for one answer of it, milliseconds; default `subgraphTimeoutMs`. */
  readonly timeoutMs?: number
}

/** What a subgraph is built from: a folder of contracts, or a schema file of a foreign subgraph. */
export type SubgraphSchema =
  | { readonly kind: 'contracts'; readonly dir: string }
  | { readonly kind: 'sdl'; readonly file: string }
