import { GatewayError } from '@polyseme/kit/errors'
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { isMap, isSeq, parseDocument, type Document, type YAMLMap } from 'yaml'
import type { Command } from '../command.ts'
import { readContractFiles } from '../contract-files.ts'

const DAY = /^\d{4}-\d{2}-\d{2}$/
const DOMAIN = /^[a-z][a-z0-9-]*$/

/** Marks a part of a contract as going away, with the day and what to use instead; the next publish says so to everyone. */
export const deprecateCommand: Command = {
  name: 'deprecate',
  summary: 'mark a part of a contract as going away',
  usage: `polyseme deprecate DIR OBJECT[.PROPERTY] --until DAY --replaced-by NAME [--json]

  DIR                 folder of the domain
  OBJECT[.PROPERTY]   as the contract names them: Customer.payment_terms_days
  --until DAY         when it will be removed: 2027-03-31
  --replaced-by NAME  what to use instead, named in the same way, or none; what another domain has is domain.OBJECT[.PROPERTY]
  --json              one JSON document instead of text

  Changes the contract and nothing else in it; \`polyseme publish DIR\` makes it known.`,
  maxPositionals: 2,
  options: { until: { type: 'string' }, 'replaced-by': { type: 'string' }, json: { type: 'boolean' } },
  run: async ({ options, positionals: [dir, place] }, io) => {
    const { until, 'replaced-by': replacedBy } = options
    if (dir === undefined || place === undefined) throw new GatewayError('COMMAND_INVALID', '`polyseme deprecate` needs a DIR and an OBJECT or OBJECT.PROPERTY')
    if (typeof until !== 'string' || !isDay(until)) throw new GatewayError('COMMAND_INVALID', 'say with --until on which day it will be removed: 2027-03-31')
    const today = new Date().toISOString().slice(0, 10)
    if (until < today) throw new GatewayError('COMMAND_INVALID', `${until} is over (today is ${today}): those who use it need time to change; name a day to come with --until`)
    if (typeof replacedBy !== 'string' || replacedBy.trim() === '') throw new GatewayError('COMMAND_INVALID', 'say with --replaced-by what to use instead, or `none`')
    const contracts = (await readContractFiles([dir], io.cwd)).map(({ file, text }) => ({ file, document: parseDocument(text) }))
    for (const { file, document } of contracts) {
      const element = findElement(document, place)
      if (element === undefined) continue
      assertReplaces(replacedBy, { place, domain: document.get('domain'), documents: contracts.map((contract) => contract.document), dir })
      element.set('deprecated', true)
      setCustom(document, element, 'removalDate', until)
      setCustom(document, element, 'replacedBy', replacedBy)
      await writeFile(resolve(io.cwd, file), document.toString({ lineWidth: 0 }))
      io.out(options['json'] === true ? JSON.stringify({ file, deprecated: place, until, replacedBy }) : `${file}: ${place} is deprecated and will be removed on ${until}`)
      return 0
    }
    throw new GatewayError('NOT_FOUND', `no contract of ${dir} has ${place}`)
  },
}

/** A day that there is: 31 June is none. */
function isDay(text: string): boolean {
  if (!DAY.test(text)) return false
  const ms = Date.parse(text)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)
}

interface Deprecated {
  readonly place: string
  readonly domain: unknown
  readonly documents: readonly Document[]
  readonly dir: string
}

/** Consumers are sent there; what another domain has is not known here. @throws NOT_FOUND · COMMAND_INVALID */
function assertReplaces(name: string, { place, domain, documents, dir }: Deprecated): void {
  if (name === 'none') return
  const [first = '', ...rest] = name.split('.')
  const isObject = documents.some((document) => findElement(document, first) !== undefined)
  if (DOMAIN.test(first) && !isObject && rest.length > 0 && first !== domain) return
  const [object = '', property] = place.split('.')
  const own = first === domain && rest.length > 0 ? rest.join('.') : name
  // `remark` stands for the property beside the one that goes.
  const meant = property !== undefined && !own.includes('.') && documents.some((document) => findElement(document, `${object}.${own}`) !== undefined) ? `${object}.${own}` : own
  if (meant === place) throw new GatewayError('COMMAND_INVALID', `${place} cannot replace itself; name with --replaced-by what to use instead, or \`none\``)
  if (documents.some((document) => findElement(document, meant) !== undefined)) return
  throw new GatewayError('NOT_FOUND', `no contract of ${dir} has ${name}, which is to replace ${place}; name an OBJECT or OBJECT.PROPERTY that there is, or \`none\``)
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
