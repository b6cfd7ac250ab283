import type { DataProduct } from '@polyseme/kit/contract'
import { formatDiagnostic, GatewayError, type Diagnostic, type Result } from '@polyseme/kit/errors'
import type { Supergraph } from '../../supergraph/index.ts'
import { allOf, type Decider } from '../decision.ts'
import { federationDecider } from '../federation-decider.ts'
import { adaptPolicies, compilePolicies, type CompiledPolicies } from './compile-policies.ts'
import type { PolicyFile } from './policy-file.ts'
import { loadPolicySources, signPolicyFolders, type PolicyFolders, type PolicySources } from './load-policy-files.ts'
import { createPolicyDecider, type AgreementLookup, type PolicyDecider } from './policy-decider.ts'
import { buildPolicyMesh, type PolicyMesh, type PolicyVocabulary } from './policy-mesh.ts'

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

/** What decides about a graph that is served no more, as long as policies and agreements are these. */
interface FormerDecider {
  readonly base: CompiledPolicies
  readonly version: unknown
  readonly decider: Decider
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
  readonly #former = new WeakMap<Supergraph, FormerDecider>()
  #vocabulary: PolicyVocabulary
  #files: readonly PolicyFile[]
  /** The policies in force, as they were compiled when they were read. */
  #base: CompiledPolicies
  #products: readonly DataProduct[]
  #foreign: ReadonlySet<string>
  #seenSignature: string
  #polling: Promise<void> | undefined

  private constructor(options: LivePoliciesOptions, sources: PolicySources, base: CompiledPolicies) {
    this.#options = options
    this.#vocabulary = sources.vocabulary
    this.#files = sources.files
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

  /**
   * Decides about a graph that was served before: what the policies in force now allow, and those that its domains brought then as well,
   * since a step that takes a field away takes the policies about it along. Some 10 ms once for a graph and a set of policies.
   *
   * @throws CONFIG_INVALID when the policies of then do not go together with those of now
   */
  formerDecider(supergraph: Supergraph, brought: readonly PolicyFile[]): Decider {
    const base = this.#base
    const version = this.#options.agreements?.version()
    const known = this.#former.get(supergraph)
    if (known !== undefined && known.base === base && known.version === version) return known.decider
    const mesh = this.#meshOf(supergraph)
    const ofThen = compilePolicies([...this.#files.filter(({ domain }) => domain === undefined), ...brought], mesh, { unknownNames: 'warning' })
    // Nothing of it is reported: the policies in force are written for the graph of today.
    const rules = [adaptPolicies(base, mesh), ofThen].map((result) => {
      assertFits(result)
      return createPolicyDecider(result.value, this.#options.agreements === undefined ? {} : { agreements: this.#options.agreements })
    })
    const directives = federationDecider(supergraph, (name, principal) => rules.every((policies) => policies.isSatisfied(name, principal)))
    const decider = allOf([directives, ...rules])
    this.#former.set(supergraph, { base, version, decider })
    return decider
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
    const { products, foreign } = contractsOf(supergraph)
    if (known === undefined) [this.#products, this.#foreign] = [products, foreign]
    // The policies were right when they were read; a name that has left the mesh since must not keep the rest from holding.
    const result = adaptPolicies(this.#base, this.#meshOf(supergraph))
    assertFits(result)
    if (result.warnings.length > 0) this.#options.report?.(result.warnings)
    const compilation = { base: this.#base, compiled: result.value, deciders: new Map() }
    this.#compilations.set(supergraph, compilation)
    return compilation
  }

  #meshOf(supergraph: Supergraph): PolicyMesh {
    const { products, foreign } = contractsOf(supergraph)
    return buildPolicyMesh(products, this.#vocabulary, foreign)
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
      this.#files = sources.files
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

function contractsOf({ subgraphs }: Supergraph): { readonly products: readonly DataProduct[]; readonly foreign: ReadonlySet<string> } {
  const all = [...subgraphs.values()]
  return { products: all.flatMap(({ products }) => products), foreign: new Set(all.filter(({ foreignNames }) => foreignNames !== undefined).map(({ name }) => name)) }
}

/** @throws CONFIG_INVALID with every finding */
function assertFits(result: Result<CompiledPolicies>): asserts result is Extract<Result<CompiledPolicies>, { kind: 'ok' }> {
  if (result.kind === 'ok') return
  throw new GatewayError('CONFIG_INVALID', `The policies do not fit the graph:\n${result.diagnostics.map(formatDiagnostic).join('\n')}`)
}
