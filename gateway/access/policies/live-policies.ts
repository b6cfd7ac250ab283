import type { DataProduct } from '@polyseme/kit/contract'
import { formatDiagnostic, GatewayError, type Diagnostic } from '@polyseme/kit/errors'
import type { Supergraph } from '../../supergraph/index.ts'
import { allOf, type Decider } from '../decision.ts'
import { federationDecider } from '../federation-decider.ts'
import { adaptPolicies, compilePolicies, type CompiledPolicies } from './compile-policies.ts'
import { loadPolicySources, signPolicyFolders, type PolicyFolders, type PolicySources } from './load-policy-files.ts'
import { createPolicyDecider, type AgreementLookup, type PolicyDecider } from './policy-decider.ts'
import { buildPolicyMesh, type PolicyVocabulary } from './policy-mesh.ts'

export interface LivePoliciesOptions {
  readonly folders: PolicyFolders
  /** Contracts of the mesh, against which the policies are checked when they are read. */
  readonly products: readonly DataProduct[]
  /** Agreements in force; `version` changes whenever an answer may change. Default: there are none. */
  readonly agreements?: AgreementLookup & { readonly version: () => unknown }
  /** Told of the mesh's vocabulary when it comes into force. */
  readonly onVocabulary?: (vocabulary: PolicyVocabulary) => void
  /** Findings about a change that was not taken over, and warnings about one that was. */
  readonly report?: (findings: readonly Diagnostic[]) => void
  /** What a policy about something that the mesh does not have is, when the files are read; default `error`: a misspelt name protects nothing. */
  readonly unknownNames?: 'error' | 'warning'
  /** Domains among the products that serve themselves, so that no row filter can be about them. */
  readonly foreign?: ReadonlySet<string>
  /** How often the folders are looked at, so the bound on a change taking effect. Default 500. */
  readonly pollMs?: number
}

/** Policies compiled for one supergraph, and the deciders made of them. */
interface Compilation {
  readonly base: CompiledPolicies
  readonly compiled: CompiledPolicies
  readonly deciders: Map<'read' | 'export', Deciders>
}

/** What decides about one use, as long as the agreements have this version. */
interface Deciders {
  readonly version: unknown
  readonly policies: PolicyDecider
  readonly all: Decider
}

/**
 * The policies in force, kept up to date with their folders and the agreements.
 *
 * A file that does not compile changes nothing: the last good policies stay, and `report` says why.
 */
export class LivePolicies implements Disposable {
  readonly #options: LivePoliciesOptions
  readonly #timer: NodeJS.Timeout
  readonly #compilations = new WeakMap<Supergraph, Compilation>()
  #vocabulary: PolicyVocabulary
  /** The policies in force, as they were compiled when they were read. */
  #base: CompiledPolicies
  #products: readonly DataProduct[]
  #foreign: ReadonlySet<string>
  #seenSignature: string
  #polling: Promise<void> | undefined

  private constructor(options: LivePoliciesOptions, sources: PolicySources, base: CompiledPolicies) {
    this.#options = options
    this.#vocabulary = sources.vocabulary
    this.#base = base
    this.#products = options.products
    this.#foreign = options.foreign ?? new Set()
    this.#seenSignature = sources.signature
    this.#timer = setInterval(() => void this.refresh(), options.pollMs ?? 500)
    this.#timer.unref()
  }

  /** @throws CONFIG_INVALID with every finding, when the policies are not right */
  static async open(options: LivePoliciesOptions): Promise<LivePolicies> {
    const sources = await loadPolicySources(options.folders)
    const result = compilePolicies(sources.files, buildPolicyMesh(options.products, sources.vocabulary, options.foreign), { unknownNames: options.unknownNames ?? 'error' })
    if (result.kind === 'invalid') throw new GatewayError('CONFIG_INVALID', `The policies are not right:\n${result.diagnostics.map(formatDiagnostic).join('\n')}`)
    if (result.warnings.length > 0) options.report?.(result.warnings)
    options.onVocabulary?.(sources.vocabulary)
    return new LivePolicies(options, sources, result.value)
  }

  /**
   * The decider in force now for this graph; the same object as long as nothing changed. Ask once for each request.
   * The first call for a graph looks up every name in the policies (about 1 ms).
   */
  decider(supergraph: Supergraph, use: 'read' | 'export' = 'read'): PolicyDecider {
    return this.#deciders(supergraph, use).policies
  }

  /** Federation's directives and the policies together: what `authorize` is to be given. */
  accessDecider(supergraph: Supergraph, use: 'read' | 'export' = 'read'): Decider {
    return this.#deciders(supergraph, use).all
  }

  /** Looks at the folders now. */
  refresh(): Promise<void> {
    this.#polling ??= this.#poll().finally(() => {
      this.#polling = undefined
    })
    return this.#polling
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #deciders(supergraph: Supergraph, use: 'read' | 'export'): Deciders {
    const { compiled, deciders } = this.#compilation(supergraph)
    const { agreements } = this.#options
    const version = agreements?.version()
    const known = deciders.get(use)
    if (known !== undefined && known.version === version) return known
    const policies = createPolicyDecider(compiled, {
      use,
      ...(agreements === undefined ? {} : { agreements }),
      report: (policyId) => this.#report('policy-failed', `the policy ${policyId} could not be evaluated; the request was denied`),
    })
    const directives = federationDecider(supergraph, (name, principal) => policies.isSatisfied(name, principal))
    const made = { version, policies, all: allOf([directives, policies]) }
    deciders.set(use, made)
    return made
  }

  #compilation(supergraph: Supergraph): Compilation {
    const known = this.#compilations.get(supergraph)
    if (known !== undefined && known.base === this.#base) return known
    const products = [...supergraph.subgraphs.values()].flatMap((subgraph) => subgraph.products)
    const foreign = new Set([...supergraph.subgraphs.values()].filter(({ foreignNames }) => foreignNames !== undefined).map(({ name }) => name))
    if (known === undefined) [this.#products, this.#foreign] = [products, foreign]
    // The policies were right when they were read; a name that has left the mesh since must not keep the rest from holding.
    const result = adaptPolicies(this.#base, buildPolicyMesh(products, this.#vocabulary, foreign))
    if (result.kind === 'invalid') throw new GatewayError('CONFIG_INVALID', `The policies do not fit the graph:\n${result.diagnostics.map(formatDiagnostic).join('\n')}`)
    if (result.warnings.length > 0) this.#options.report?.(result.warnings)
    const compilation = { base: this.#base, compiled: result.value, deciders: new Map() }
    this.#compilations.set(supergraph, compilation)
    return compilation
  }

  async #poll(): Promise<void> {
    try {
      if ((await signPolicyFolders(this.#options.folders)) === this.#seenSignature) return
      const sources = await loadPolicySources(this.#options.folders)
      this.#seenSignature = sources.signature
      const result = compilePolicies(sources.files, buildPolicyMesh(this.#products, sources.vocabulary, this.#foreign), { unknownNames: this.#options.unknownNames ?? 'error' })
      if (result.kind === 'invalid') {
        this.#options.report?.(result.diagnostics)
        return
      }
      this.#base = result.value
      this.#vocabulary = sources.vocabulary
      this.#options.onVocabulary?.(sources.vocabulary)
    } catch (error) {
      this.#report('policy-unreadable', error instanceof Error ? error.message : 'the policies cannot be read')
    }
  }

  #report(rule: string, what: string): void {
    this.#options.report?.([{ rule, severity: 'error', what }])
  }
}
