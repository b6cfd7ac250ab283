import type { GovernanceRule } from '../governance-rule.ts'

export const regionsAllowed: GovernanceRule = {
  name: 'regions-allowed',
  why: 'Where data may lie is a legal question; it is answered once, for the mesh.',
  check: ({ products, allowedRegions }) => allowedRegions === undefined ? [] : products.flatMap((product) => {
    const regions = (product.contract.customProperties ?? []).filter(({ property }) => property === 'region').map(({ value }) => value).filter((value) => typeof value === 'string')
    if (regions.length === 0) return [{ subject: product.urn, what: `"${product.name}" does not say where its data lies`, how: `add the custom property \`region\`: one of ${allowedRegions.join(', ')}` }]
    return regions.filter((region) => !allowedRegions.includes(region)).map((region) => ({
      subject: product.urn, what: `"${product.name}" lies in ${region}, which is not allowed`, how: `move it to one of ${allowedRegions.join(', ')}`,
    }))
  }),
}
