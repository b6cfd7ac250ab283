import type { DataProduct } from '../contract/index.ts'
import { aggregateSdl } from './aggregate-sdl.ts'
import { buildDomainModel, type DomainModel, type ObjectModel } from './domain-model.ts'
import { objectSdl, rootMembers } from './object-sdl.ts'
import { PRODUCT_INFO_SDL, PRODUCTS_MEMBER } from './product-info.ts'
import { scalarName } from './scalars.ts'
import { sdlBlock } from './sdl-writer.ts'
import { sharedSdl } from './shared-sdl.ts'

const FEDERATION = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@authenticated", "@requiresScopes"])'

/**
 * The Federation 2 schema of a domain, from its contracts and what it adds to them: the same files give the same text.
 *
 * @throws CONTRACT_INVALID the contracts contradict each other; see `buildDomainModel`.
 */
export function buildDomainSdl(products: readonly DataProduct[], extensions?: AddedSdl): string {
  return withExtensions(printDomainSdl(buildDomainModel(products)), extensions)
}

/** What a domain adds to its graph, as text. */
export interface AddedSdl {
  readonly sdl: string
}

/** The contracts' schema, and after it what the domain adds. */
export function withExtensions(sdl: string, extensions: AddedSdl | undefined): string {
  return extensions === undefined ? sdl : `${sdl}\n${extensions.sdl}\n`
}

function listedScalars(objects: readonly ObjectModel[]): readonly string[] {
  const scalars = objects.flatMap(({ object }) => object.properties.flatMap(({ list, type }) => (list && type !== 'json' && type !== 'enum' ? [scalarName(type)] : [])))
  return [...new Set(scalars)].toSorted()
}

export function printDomainSdl(model: DomainModel): string {
  const objects = [...model.objects.values()]
  const blocks = [
    FEDERATION,
    sdlBlock('type Query', [{ text: `${model.rootField}: ${model.rootType}`, description: `Data products of the domain ${model.domain}.` }]),
    sdlBlock(`type ${model.rootType}`, [...objects.flatMap((object) => rootMembers(model, object)), PRODUCTS_MEMBER], `Data products of the domain ${model.domain}.`),
    ...objects.flatMap((object) => [...objectSdl(model, object), ...aggregateSdl(model, object)]),
    sharedSdl(listedScalars(objects)),
    PRODUCT_INFO_SDL,
  ]
  return `${blocks.join('\n\n')}\n`
}
