/** What the catalogue shows for a search; everything in it follows the caller's access. */
export const CATALOGUE_QUERY = `query Catalogue($search: String) {
  catalog {
    notices(first: 20) { step domain at by reason operations { operation calls breaksOn { coordinate says } goingAway { coordinate says } } }
    words(search: $search, first: 8) { word isAmbiguous meanings { sense definition grain typeName } }
    products(search: $search, first: 100) {
      urn domain name title description version status owner ownerEmail
      access { readable agreement how }
      promiseCounts { kept broken notRun unknown }
      deprecation { until replacedBy }
      objects { name typeName description sense fields { name type description key classification masked deprecation { until replacedBy } } }
    }
  }
}`

interface End {
  readonly until: string | null
  readonly replacedBy: string | null
}

export interface CatalogueField {
  readonly name: string
  readonly type: string
  readonly description: string | null
  readonly key: boolean
  readonly classification: string | null
  readonly masked: boolean
  readonly deprecation: End | null
}

export interface CatalogueProduct {
  readonly urn: string
  readonly domain: string
  readonly name: string
  readonly title: string | null
  readonly description: string | null
  readonly version: string
  readonly status: string
  readonly owner: string | null
  readonly ownerEmail: string | null
  readonly access: { readonly readable: boolean; readonly agreement: string | null; readonly how: readonly string[] }
  readonly promiseCounts: { readonly kept: number; readonly broken: number; readonly notRun: number; readonly unknown: number } | null
  readonly deprecation: End | null
  readonly objects: readonly { readonly name: string; readonly typeName: string; readonly description: string | null; readonly sense: string | null; readonly fields: readonly CatalogueField[] }[]
}

export interface CatalogueWord {
  readonly word: string
  readonly isAmbiguous: boolean
  readonly meanings: readonly { readonly sense: string; readonly definition: string | null; readonly grain: string | null; readonly typeName: string | null }[]
}

export interface CatalogueNotice {
  readonly step: number
  readonly domain: string | null
  readonly at: string
  readonly by: string
  readonly reason: string
  readonly operations: readonly { readonly operation: string; readonly calls: number; readonly breaksOn: readonly Part[]; readonly goingAway: readonly Part[] }[]
}

interface Part {
  readonly coordinate: string
  readonly says: string
}

export interface CatalogueAnswer {
  readonly products: readonly CatalogueProduct[] | null
  readonly words: readonly CatalogueWord[] | null
  readonly notices: readonly CatalogueNotice[] | null
}

/** What an answer has of the catalogue; undefined where there is none, with the first error. */
export function readCatalogue(answer: unknown): { readonly catalogue: CatalogueAnswer | undefined; readonly failure: string | undefined } {
  const { data, errors } = answer as { readonly data?: { readonly catalog?: CatalogueAnswer | null } | null; readonly errors?: readonly { readonly message: string }[] }
  const catalogue = data?.catalog ?? undefined
  return { catalogue, failure: catalogue === undefined ? errors?.[0]?.message ?? 'The gateway gave no answer.' : undefined }
}

/** One sentence on what goes away. */
export function describeEnd({ until, replacedBy }: End): string {
  return `goes away${until === null ? '' : ` on ${until}`}${replacedBy === null ? '' : `; use ${replacedBy}`}`
}
