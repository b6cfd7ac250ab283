import type { CompiledPolicies } from './compile-policies.ts'
import { viewField, type FieldView } from './field-view.ts'
import type { PolicyField } from './policy-mesh.ts'

export interface KnownField {
  readonly field: PolicyField
  readonly view: FieldView
}

/** The fields of a mesh as policies see them, each looked at when it is first asked for: a large mesh has more than anybody asks for. */
export class KnownFields {
  readonly #compiled: CompiledPolicies
  readonly #known = new Map<string, KnownField>()

  constructor(compiled: CompiledPolicies) {
    this.#compiled = compiled
  }

  get(coordinate: string): KnownField | undefined {
    const before = this.#known.get(coordinate)
    if (before !== undefined) return before
    const { mesh, reach } = this.#compiled
    const field = mesh.fields.get(coordinate)
    const product = mesh.products.get(field?.product ?? '')
    if (field === undefined || product === undefined) return undefined
    const known = { field, view: viewField(field, product, reach) }
    this.#known.set(coordinate, known)
    return known
  }
}
