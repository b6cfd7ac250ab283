import type { OdcsAuthoritativeDefinition, OdcsCustomProperty, OdcsRole, OdcsValue } from './odcs-common.ts'
import type { OdcsSchemaObject } from './odcs-schema.ts'
import type { OdcsServer } from './odcs-server.ts'

/**
 * An Open Data Contract Standard v3.1.0 document, every field of the standard kept under the standard's own name.
 *
 * Documents of v3.0.x load into it too; so do the additions of v3.2.0 that are marked as such.
 */
export interface OdcsContract {
  readonly apiVersion: string
  readonly kind: 'DataContract'
  readonly id: string
  readonly version: string
  readonly status: string
  readonly name?: string
  readonly tenant?: string
  readonly tags?: readonly string[]
  readonly servers?: readonly OdcsServer[]
  /** Deprecated since v3.1.0 in favour of the data product's own document. */
  readonly dataProduct?: string
  readonly description?: OdcsDescription
  readonly domain?: string
  readonly schema?: readonly OdcsSchemaObject[]
  readonly support?: readonly OdcsSupportChannel[]
  readonly price?: OdcsPrice
  /** Always the form of v3.1.0: the list of members that v3.0 wrote here stands in `members`. */
  readonly team?: OdcsTeam
  readonly roles?: readonly OdcsRole[]
  /** Deprecated since v3.1.0. */
  readonly slaDefaultElement?: string
  readonly slaProperties?: readonly OdcsSlaProperty[]
  readonly authoritativeDefinitions?: readonly OdcsAuthoritativeDefinition[]
  readonly customProperties?: readonly OdcsCustomProperty[]
  readonly contractCreatedTs?: string
}

export interface OdcsDescription {
  readonly usage?: string
  readonly purpose?: string
  readonly limitations?: string
  readonly authoritativeDefinitions?: readonly OdcsAuthoritativeDefinition[]
  readonly customProperties?: readonly OdcsCustomProperty[]
}

export interface OdcsSupportChannel {
  readonly id?: string
  readonly channel: string
  readonly url?: string
  readonly description?: string
  readonly tool?: string
  readonly scope?: string
  readonly invitationUrl?: string
  readonly customProperties?: readonly OdcsCustomProperty[]
}

export interface OdcsPrice {
  readonly id?: string
  readonly priceAmount?: number
  readonly priceCurrency?: string
  readonly priceUnit?: string
}

export interface OdcsTeam {
  readonly id?: string
  readonly name?: string
  readonly description?: string
  readonly members?: readonly OdcsTeamMember[]
  readonly tags?: readonly string[]
  readonly customProperties?: readonly OdcsCustomProperty[]
  readonly authoritativeDefinitions?: readonly OdcsAuthoritativeDefinition[]
}

export interface OdcsTeamMember {
  readonly id?: string
  readonly username?: string
  readonly name?: string
  readonly description?: string
  readonly role?: string
  readonly dateIn?: string
  readonly dateOut?: string
  readonly replacedByUsername?: string
  readonly tags?: readonly string[]
  readonly customProperties?: readonly OdcsCustomProperty[]
  readonly authoritativeDefinitions?: readonly OdcsAuthoritativeDefinition[]
}

export interface OdcsSlaProperty {
  readonly id?: string
  readonly property: string
  readonly value: OdcsValue
  readonly valueExt?: OdcsValue
  readonly unit?: string
  /** `Object.property`, several separated by commas. */
  readonly element?: string
  readonly driver?: string
  readonly description?: string
  readonly scheduler?: string
  readonly schedule?: string
}
