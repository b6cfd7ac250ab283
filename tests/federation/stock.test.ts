import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { createStockExecutor } from '../../gateway/execute/index.ts'
import { coerceVariables } from '../testkit/coerce-variables.ts'
import { authorizeAll, TEST_PRINCIPAL } from '../testkit/test-mesh.ts'
import { CaseData, CaseTransport } from './case-data.ts'
import { goldenOf, loadTheme, THEMES } from './themes.ts'

/** Cases on which the stock gateway's data is not that of one schema, or it fails. */
const STOCK_IS_WRONG: readonly string[] = [
  'chains.yaml: two arguments of one field',
  'chains.yaml: two arguments and the client\'s own',
  'chains.yaml: without arguments while the client gives some',
  'chains.yaml: without arguments while the client gives some under its name',
  'chains.yaml: requirements with arguments of requirements',
  'chains.yaml: two arguments behind conditions',
  'context.yaml: one value',
  'context.yaml: another value for each ancestor',
  'context.yaml: an ancestor further up',
  'context.yaml: two values and one of the client\'s',
  'context.yaml: beside fields of another subgraph',
  'context.yaml: another field under the name of the value',
  'keys.yaml: the key under an alias',
  'requires.yaml: with an argument while the client asks with another',
  'requires.yaml: another field under the required field\'s name',
  'requires.yaml: behind a condition that does not hold',
]

it('gives the data that the stock gateway gives, but where that is wrong', async () => {
  const differing: string[] = []
  for (const file of THEMES) {
    const { theme, sdl, supergraph } = loadTheme(file)
    const stock = await createStockExecutor(supergraph)
    for (const { name, operation: text, variables = {} } of theme.cases) {
      const data = new CaseData(theme.data)
      const transports = new Map(Object.entries(sdl).map(([subgraph, one]) => [subgraph, new CaseTransport(subgraph, one, data)]))
      const operation = authorizeAll(text, coerceVariables(supergraph.apiSchema, text, variables))
      const expected = (JSON.parse(readFileSync(`${goldenOf(file, name)}.answer.json`, 'utf8')) as { data: unknown }).data
      const answer = await stock.execute({ operation, principal: TEST_PRINCIPAL, transports }).then((outcome) => outcome.data, () => undefined)
      if (JSON.stringify(answer) !== JSON.stringify(expected)) differing.push(`${file}: ${name}`)
    }
  }
  expect(differing).toEqual(STOCK_IS_WRONG)
})
