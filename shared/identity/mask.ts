/** How a value that the caller may not see in clear is shown; the field's type never changes. */
export type Mask =
  | { readonly kind: 'null' }
  | { readonly kind: 'constant'; readonly value: string }
  | { readonly kind: 'hash' }
  | { readonly kind: 'partial' }
  | { readonly kind: 'year' }
  | { readonly kind: 'range'; readonly step: number }
