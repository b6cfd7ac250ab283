import { GatewayError } from '@polyseme/kit/errors'
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { isMap, isSeq, parseDocument, type Document, type YAMLMap } from 'yaml'
import type { Command } from '../command.ts'
import { readContractFiles } from '../contract-files.ts'

const DAY = /^\d{4}-\d{2}-\d{2}$/

/** Marks a part of a contract as going away, with the day and what to use instead; the next publish says so to everyone. */
export const deprecateCommand: Command = {
  name: 'deprecate',
  summary: 'mark a part of a contract as going away',
  usage: `polyseme deprecate DIR OBJECT[.PROPERTY] --until DAY --replaced-by NAME

  DIR                 folder of the domain
  OBJECT[.PROPERTY]   as the contract names them: Customer.payment_terms_days
  --until DAY         when it will be removed: 2027-03-31
  --replaced-by NAME  what to use instead, or none

  Changes the contract and nothing else in it; \`polyseme publish DIR\` makes it known.`,
  maxPositionals: 2,
  options: { until: { type: 'string' }, 'replaced-by': { type: 'string' } },
  run: async ({ options, positionals: [dir, place] }, io) => {
    const { until, 'replaced-by': replacedBy } = options
    if (dir === undefined || place === undefined) throw new GatewayError('COMMAND_INVALID', '`polyseme deprecate` needs a DIR and an OBJECT or OBJECT.PROPERTY')
    if (typeof until !== 'string' || !DAY.test(until) || Number.isNaN(Date.parse(until))) throw new GatewayError('COMMAND_INVALID', 'say with --until on which day it will be removed: 2027-03-31')
    if (typeof replacedBy !== 'string' || replacedBy.trim() === '') throw new GatewayError('COMMAND_INVALID', 'say with --replaced-by what to use instead, or `none`')
    for (const { file, text } of await readContractFiles([dir], io.cwd)) {
      const document = parseDocument(text)
      const element = findElement(document, place)
      if (element === undefined) continue
      element.set('deprecated', true)
      setCustom(document, element, 'removalDate', until)
      setCustom(document, element, 'replacedBy', replacedBy)
      await writeFile(resolve(io.cwd, file), document.toString({ lineWidth: 0 }))
      io.out(`${file}: ${place} is deprecated and will be removed on ${until}`)
      return 0
    }
    throw new GatewayError('NOT_FOUND', `no contract of ${dir} has ${place}`)
  },
}

function findElement(document: Document, place: string): YAMLMap | undefined {
  const [object = '', property] = place.split('.')
  const found = namedIn(document.get('schema'), object)
  return property === undefined ? found : namedIn(found?.get('properties'), property)
}

function namedIn(list: unknown, name: string): YAMLMap | undefined {
  return isSeq(list) ? list.items.filter(isMap).find((item) => item.get('name') === name) : undefined
}

function setCustom(document: Document, element: YAMLMap, property: string, value: string): void {
  const list = element.get('customProperties')
  if (!isSeq(list)) element.set('customProperties', document.createNode([{ property, value }]))
  else {
    const known = list.items.filter(isMap).find((item) => item.get('property') === property)
    if (known === undefined) list.add(document.createNode({ property, value }))
    else known.set('value', value)
  }
}
