import type { Principal } from '@polyseme/kit/identity'
import { viewCaller, type CallerView } from './caller-view.ts'
import type { CedarAnswer, CedarRequest } from './cedar-engine.ts'
import type { CompiledPolicies } from './compile-policies.ts'
import type { FieldView } from './field-view.ts'

/** What a caller may change; decided by the scope `<domain>:<action>` unless a policy forbids it. */
export type ChangeAction = 'publish' | 'approve' | 'steward'

interface Question {
  readonly action: string
  readonly resource: { readonly type: string; readonly id: string }
  readonly context: CedarRequest['context']
  readonly entities: CedarRequest['entities']
}

/** What Cedar is asked, in its own words. About 0.1 ms each; whoever asks remembers the answer. */
export class PolicyQuestions {
  readonly #compiled: CompiledPolicies
  readonly #report: ((policyId: string) => void) | undefined

  constructor(compiled: CompiledPolicies, report: ((policyId: string) => void) | undefined) {
    this.#compiled = compiled
    this.#report = report
  }

  ofField(action: string, field: FieldView, caller: CallerView): CedarAnswer {
    return this.#ask(caller, { action, resource: field.uid, context: contextOf(caller), entities: field.entities })
  }

  /** @param field some field of the object, which says what product and domain it is of */
  ofRows(object: string, field: FieldView | undefined, caller: CallerView): CedarAnswer {
    // The field's own entity is not of a type that the action is about.
    const [, ...entities] = field?.entities ?? []
    return this.#ask(caller, { action: 'readAllRows', resource: { type: 'Object', id: object }, context: contextOf(caller), entities })
  }

  ofNamedPolicy(name: string, caller: CallerView): boolean {
    return this.#ask(caller, { action: 'satisfy', resource: { type: 'NamedPolicy', id: name }, context: purposeOf(caller), entities: [] }).allowed
  }

  ofChange(action: ChangeAction, { domain, product }: { readonly domain: string; readonly product?: string }, principal: Principal): boolean {
    // Any scope may be the one that is needed here.
    const caller = viewCaller(principal, [], this.#compiled)
    const parent = { type: 'Domain', id: domain }
    const resource = product === undefined ? parent : { type: 'Product', id: product }
    const entities = product === undefined ? [] : [{ uid: resource, attrs: {}, parents: [parent] }]
    return this.#ask(caller, { action, resource, context: { neededScope: `${domain}:${action}` }, entities }).allowed
  }

  #ask(caller: CallerView, { action, resource, context, entities }: Question): CedarAnswer {
    let answer: CedarAnswer
    try {
      answer = this.#compiled.engine.decide({ principal: caller.uid, action: { type: 'Action', id: action }, resource, context, entities: [...caller.entities, ...entities] })
    } catch (error) {
      this.#report?.(error instanceof Error ? error.message : 'unknown')
      return { allowed: false, reasons: [], failed: [] }
    }
    if (answer.failed.length === 0) return answer
    // Cedar leaves out a policy that fails, also one that forbids.
    for (const id of answer.failed) this.#report?.(id)
    return { allowed: false, reasons: answer.failed, failed: answer.failed }
  }
}

function contextOf(caller: CallerView): CedarRequest['context'] {
  return { ...purposeOf(caller), agreements: [...caller.agreements] }
}

function purposeOf({ purpose }: CallerView): CedarRequest['context'] {
  return purpose === undefined ? {} : { purpose: { __entity: { type: 'Purpose', id: purpose } } }
}
