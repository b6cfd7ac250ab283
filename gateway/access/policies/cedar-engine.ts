import type * as cedarModule from '@cedar-policy/cedar-wasm/nodejs'
import { createRequire } from 'node:module'
import { CEDAR_SCHEMA } from './cedar-schema.ts'

type Cedar = typeof cedarModule
export type CedarRequest = Pick<Parameters<Cedar['statefulIsAuthorized']>[0], 'principal' | 'action' | 'resource' | 'context' | 'entities'>
export type CedarFinding = ReturnType<Cedar['validate']> extends infer Answer ? (Answer extends { type: 'success'; validationErrors: (infer Finding)[] } ? Finding : never) : never
export type CedarPolicy = Extract<ReturnType<Cedar['policyToJson']>, { type: 'success' }>['json']
export type CedarParseError = CedarFinding['error']

/** What Cedar says to one request. */
export interface CedarAnswer {
  readonly allowed: boolean
  /** Ids of the policies that decided; empty when nothing permits. */
  readonly reasons: readonly string[]
  /** Ids of policies that could not be evaluated; Cedar leaves them out, so a `forbid` among them did not forbid. */
  readonly failed: readonly string[]
}

const POLICY_SET = 'policies'
const SCHEMA = 'schema'

/**
 * One instance of Cedar with one set of policies.
 *
 * Each has a WebAssembly instance of its own (5 ms): an input that is nested too deeply traps and leaves the instance
 * unusable, and an instance never forgets a policy set that it was given.
 */
export class CedarEngine {
  readonly #cedar: Cedar

  constructor() {
    // The module makes its instance when it is evaluated. A `require` of our own, because one remembers what it loaded.
    const require = createRequire(import.meta.url)
    const path = require.resolve('@cedar-policy/cedar-wasm/nodejs')
    // eslint-disable-next-line typescript/no-dynamic-delete -- it must be evaluated again
    delete require.cache[path]
    this.#cedar = require(path) as Cedar
    // eslint-disable-next-line typescript/no-dynamic-delete -- the cache would keep the instance for ever
    delete require.cache[path]
  }

  /** The text of each policy of a file, in the order of the file. @throws when the instance traps */
  split(text: string): { readonly policies: readonly string[] } | { readonly errors: readonly CedarParseError[] } {
    const answer = this.#cedar.policySetTextToParts(text)
    if (answer.type === 'failure') return { errors: answer.errors }
    // Cedar sorts them by an id of its own: policy0, policy1, policy10, policy2.
    return { policies: [...answer.policies, ...answer.policy_templates].sort((a, b) => text.indexOf(a) - text.indexOf(b)) }
  }

  toJson(policy: string): CedarPolicy | undefined {
    const answer = this.#cedar.policyToJson(policy)
    return answer.type === 'success' ? answer.json : undefined
  }

  /** Type-checks policies, given by id, against the schema. */
  validate(policies: Readonly<Record<string, string>>): { readonly errors: readonly CedarFinding[]; readonly warnings: readonly CedarFinding[] } {
    const answer = this.#cedar.validate({ schema: CEDAR_SCHEMA, policies: { staticPolicies: policies } })
    if (answer.type === 'failure') throw new Error(answer.errors[0]?.message ?? 'the policies cannot be validated')
    return { errors: answer.validationErrors, warnings: answer.validationWarnings }
  }

  /** Takes the policies, given by id, that `decide` goes by. */
  load(policies: Readonly<Record<string, string>>): void {
    const loaded = [this.#cedar.preparseSchema(SCHEMA, CEDAR_SCHEMA), this.#cedar.preparsePolicySet(POLICY_SET, { staticPolicies: policies })]
    const failure = loaded.find((answer) => answer.type === 'failure')
    if (failure !== undefined) throw new Error(failure.errors[0]?.message ?? 'the policies cannot be loaded')
  }

  /** About 0.1 ms. @throws when the request does not fit the schema */
  decide(request: CedarRequest): CedarAnswer {
    const answer = this.#cedar.statefulIsAuthorized({ ...request, preparsedPolicySetId: POLICY_SET, preparsedSchemaName: SCHEMA, validateRequest: true })
    if (answer.type === 'failure') throw new Error(answer.errors[0]?.message ?? 'the request cannot be decided')
    const { decision, diagnostics } = answer.response
    return { allowed: decision === 'allow', reasons: diagnostics.reason, failed: diagnostics.errors.map((error) => error.policyId) }
  }
}
