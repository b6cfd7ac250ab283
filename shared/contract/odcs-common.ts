/** Any value that YAML can hold; free-form parts of a contract keep theirs. */
export type OdcsValue = string | number | boolean | null | readonly OdcsValue[] | { readonly [key: string]: OdcsValue }

/** A key and value beyond the standard; the ones that Polyseme reads are in `custom-properties.ts`. */
export interface OdcsCustomProperty {
  readonly id?: string
  readonly property: string
  readonly value?: OdcsValue
  readonly description?: string
}

/** A link to what defines an element; type `sense` links a schema object to the lexicon. */
export interface OdcsAuthoritativeDefinition {
  readonly id?: string
  readonly url: string
  readonly type: string
  readonly description?: string
}

/** A role that opens access; with read access its name is the scope that a caller's token needs. */
export interface OdcsRole {
  readonly id?: string
  readonly role: string
  readonly description?: string
  readonly access?: string
  readonly firstLevelApprovers?: string
  readonly secondLevelApprovers?: string
  readonly customProperties?: readonly OdcsCustomProperty[]
}
