import { buildDomainSdl } from '@polyseme/kit/product'
import { isObjectType, Kind, parse } from 'graphql'
import { expect, it } from 'vitest'
import { buildPolicyMesh } from '../../../gateway/access/policies/index.ts'
import { coveredTypes } from '../../../gateway/access/policies/covered-types.ts'
import { composeTestSupergraph } from '../../testkit/test-mesh.ts'
import { PRODUCTS } from './policy-fixture.ts'

const hr = PRODUCTS.filter(({ domain }) => domain === 'hr')
const sdl = buildDomainSdl(hr)
const { apiSchema } = composeTestSupergraph({ hr: sdl })
const covered = coveredTypes(buildPolicyMesh(hr))

it('every coordinate that the policies decide about exists in what the kit makes of the contract', () => {
  const unknown = [...covered.keys()].filter((coordinate) => {
    const [typeName = '', field] = coordinate.split('.')
    const type = apiSchema.getType(typeName)
    if (!isObjectType(type)) return true
    // Not every field can be summed or compared; those that can are called as the field.
    return field !== undefined && type.getFields()[field] === undefined && !/(?:Group|Counts|Sums|Averages|Extremes)$/.test(typeName)
  })
  expect(unknown).toEqual([])
})

it('every type that shows rows, groups or totals of an object is decided about', () => {
  const shown = parse(sdl).definitions.flatMap((definition) => (definition.kind === Kind.OBJECT_TYPE_DEFINITION && definition.name.value.startsWith('HrPerson') ? [definition.name.value] : []))
  const decided = new Set([...covered.keys()].map((coordinate) => coordinate.split('.')[0]))
  expect(shown.filter((type) => !decided.has(type))).toEqual([])
})
