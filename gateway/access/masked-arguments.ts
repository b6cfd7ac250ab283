import { getNamedType, GraphQLError, isScalarType, Kind, TypeInfo, visit, visitWithTypeInfo } from 'graphql'
import type { DocumentNode, GraphQLArgument, GraphQLOutputType } from 'graphql'
import type { Principal } from '@polyseme/kit/identity'
import { OperationErrors } from '../operation/index.ts'
import type { Supergraph, SubgraphDefinition } from '../supergraph/index.ts'
import type { Decider } from './decision.ts'

/** An argument that a foreign subgraph is given, of which nobody says that its answer tells nothing of masked fields. */
export interface DoubtfulArgument {
  readonly subgraph: string
  /** `Query.products(kind:)`. */
  readonly coordinate: string
  /** Variable that is its whole value: one that is not given is no argument. */
  readonly variable: string | undefined
}

const PAGING: ReadonlySet<string> = new Set(['first', 'last', 'after', 'before', 'limit', 'offset', 'skip', 'take', 'page', 'pageSize', 'perPage', 'cursor'])

/**
 * Arguments of a document that could filter or sort a foreign subgraph's answer by what the caller sees masked. That subgraph knows
 * nothing of masks and the gateway nothing of its arguments, so all are in doubt but those that page, that name a key of what the
 * field returns (keys are never masked), and that the contract over the subgraph lists as safe.
 */
export function findDoubtfulArguments(document: DocumentNode, supergraph: Supergraph): readonly DoubtfulArgument[] {
  const foreign = foreignSubgraphs(supergraph)
  if (foreign.size === 0) return []
  const found: DoubtfulArgument[] = []
  const info = new TypeInfo(supergraph.apiSchema)
  visit(document, visitWithTypeInfo(info, {
    Field(node) {
      const parent = info.getParentType()?.name
      const returned = info.getType()
      if (parent === undefined || node.arguments === undefined || returned === null || returned === undefined) return
      for (const owner of supergraph.owners.get(`${parent}.${node.name.value}`) ?? []) {
        const guard = foreign.get(owner)
        if (guard === undefined) continue
        const definitions = info.getFieldDef()?.args ?? []
        for (const { name: { value: name }, value } of node.arguments) {
          const definition = definitions.find((one) => one.name === name)
          if (definition !== undefined && isHarmless(definition, { parent, field: node.name.value, returned, guard })) continue
          found.push({ subgraph: owner, coordinate: `${parent}.${node.name.value}(${name}:)`, variable: value.kind === Kind.VARIABLE ? value.name.value : undefined })
        }
      }
    },
    Directive: () => false,
    VariableDefinition: () => false,
  }))
  return found
}

/** @throws OperationErrors FIELD_NOT_CLEAR an argument is in doubt and the caller sees something of that subgraph masked */
export function assertArgumentsClear(doubtful: readonly DoubtfulArgument[], variables: Readonly<Record<string, unknown>>, caller: { readonly principal: Principal | undefined; readonly supergraph: Supergraph; readonly decider: Decider }): void {
  const given = doubtful.filter(({ variable }) => variable === undefined || variables[variable] !== undefined)
  if (given.length === 0) return
  const { principal, supergraph, decider } = caller
  const masked = new Set([...new Set(given.map(({ subgraph }) => subgraph))].filter((subgraph) => seesMasked(foreignSubgraphs(supergraph).get(subgraph), principal, decider)))
  const refused = given.filter(({ subgraph }) => masked.has(subgraph))
  if (refused.length === 0) return
  const coordinates = [...new Set(refused.map(({ coordinate }) => coordinate))]
  throw new OperationErrors('FIELD_NOT_CLEAR', coordinates.map((coordinate) => new GraphQLError(`${coordinate} may tell of fields that are masked for this caller; leave it out, or have the subgraph's contract list it among its \`safeArguments\``, { extensions: { code: 'FIELD_NOT_CLEAR' } })))
}

/** What the contracts over a foreign subgraph say of it. */
interface ForeignGuard {
  /** Some object type of each product. */
  readonly objects: readonly string[]
  /** Key fields by type. */
  readonly keys: ReadonlyMap<string, ReadonlySet<string>>
  /** In the graph's names: `Query.products(kind)`, `Query.products`. */
  readonly safe: ReadonlySet<string>
}

const guards = new WeakMap<Supergraph, ReadonlyMap<string, ForeignGuard>>()

function foreignSubgraphs(supergraph: Supergraph): ReadonlyMap<string, ForeignGuard> {
  let known = guards.get(supergraph)
  if (known === undefined) {
    const foreign = [...supergraph.subgraphs.values()].filter(({ foreignNames, products }) => foreignNames !== undefined && products.length > 0)
    guards.set(supergraph, (known = new Map(foreign.map((definition) => [definition.name, guardOf(definition)]))))
  }
  return known
}

function guardOf({ products, foreignNames = {}, foreignFields = {} }: SubgraphDefinition): ForeignGuard {
  const [types, rootFields] = [foreignNames, foreignFields].map((names) => new Map(Object.entries(names).map(([inGraph, own]) => [own, inGraph])))
  const objects = products.flatMap((product) => product.objects)
  return {
    objects: products.flatMap(({ objects: [first] }) => (first === undefined ? [] : [first.typeName])),
    keys: new Map(objects.map(({ typeName, keys }) => [typeName, new Set(keys.flat())])),
    safe: new Set(products.flatMap(({ safeArguments = [] }) => safeArguments).map((name) => {
      const [, type = '', field = '', argument = ''] = /^([^.]*)\.([^(]*)(.*)$/.exec(name) ?? []
      const inGraph = types?.get(type)
      return inGraph === undefined ? `${type}.${rootFields?.get(field) ?? field}${argument}` : `${inGraph}.${field}${argument}`
    })),
  }
}

function isHarmless(argument: GraphQLArgument, { parent, field, returned, guard }: { readonly parent: string; readonly field: string; readonly returned: GraphQLOutputType; readonly guard: ForeignGuard }): boolean {
  const place = `${parent}.${field}`
  if (guard.safe.has(place) || guard.safe.has(`${place}(${argument.name})`)) return true
  const type = getNamedType(argument.type)
  if (!isScalarType(type)) return false
  return PAGING.has(argument.name) || guard.keys.get(getNamedType(returned).name)?.has(argument.name) === true
}

/** Whether anything that the contracts describe is masked for the caller, or closed to it; nothing is clear to nobody. */
function seesMasked(guard: ForeignGuard | undefined, principal: Principal | undefined, decider: Decider): boolean {
  if (guard === undefined) return false
  if (principal === undefined) return true
  return Object.keys(decider.masksAround?.(guard.objects, principal) ?? {}).some((coordinate) => guard.keys.has(coordinate.slice(0, coordinate.indexOf('.'))))
}
