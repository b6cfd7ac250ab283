/** An Open Data Contract Standard v3.1.0 document, every field of the standard kept. */
export interface OdcsContract {
  readonly apiVersion: string
  readonly kind: 'DataContract'
  readonly id: string
  readonly version: string
  readonly status: string
}
