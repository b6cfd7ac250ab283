import type { DataProduct, ProductObject, ProductProperty } from './data-product.ts'
import type { OdcsSlaProperty } from './odcs.ts'
import type { NotRunPromise, QualityCheck } from './quality-check.ts'

/** Synonyms of the standard and the words that other tools use. */
const SYNONYMS: Readonly<Record<string, string>> = {
  av: 'availability',
  th: 'throughput',
  er: 'errorrate',
  ga: 'generalavailability',
  es: 'endofsupport',
  el: 'endoflife',
  re: 'retention',
  fy: 'frequency',
  ly: 'latency',
  td: 'timetodetect',
  tn: 'timetonotify',
  tr: 'timetorepair',
  freshness: 'latency',
}

/** Why a service level of the standard is not measured on rows. */
const NOT_ON_ROWS: Readonly<Record<string, string>> = {
  availability: 'availability is measured where calls are answered, not on rows',
  throughput: 'throughput is measured where calls are answered, not on rows',
  errorrate: 'the error rate is measured where calls are answered, not on rows',
  generalavailability: 'a date is announced, not measured',
  endofsupport: 'a date is announced, not measured',
  endoflife: 'a date is announced, not measured',
  retention: 'whether it is the longest or the shortest time that rows are kept, the contract does not say',
  frequency: "how often data is loaded can't be seen in the rows",
  timetodetect: 'it concerns people, not rows',
  timetonotify: 'it concerns people, not rows',
  timetorepair: 'it concerns people, not rows',
  timeofavailability: "when data is there each day can't be seen in the rows",
}

/** The service levels: latency (or freshness) is measured on the newest row of its element; the rest is told, with the reason. */
export function planServiceLevels(product: DataProduct): {
  readonly checks: readonly QualityCheck[]
  readonly notRun: readonly NotRunPromise[]
} {
  const checks: QualityCheck[] = []
  const notRun: NotRunPromise[] = []
  for (const level of product.contract.slaProperties ?? []) {
    const kind = kindOf(level)
    const description = level.description === undefined ? {} : { description: level.description }
    const skip = (reason: string): void => void notRun.push({ id: `sla/${level.property}`, origin: 'sla', ...description, reason })
    if (kind !== 'latency') {
      skip((Object.hasOwn(NOT_ON_ROWS, kind) ? NOT_ON_ROWS[kind] : undefined) ?? `'${level.property}' is not a service level that we know`)
      continue
    }
    const seconds = readSeconds(level)
    const elements = (level.element ?? product.contract.slaDefaultElement ?? '')
      .split(',')
      .map((element) => element.trim())
      .filter((element) => element !== '')
    if (seconds === undefined) skip(`${JSON.stringify(level.value)} ${level.unit ?? 'without unit'} is not a length of time`)
    else if (elements.length === 0) skip('it names no element: which property says how new a row is?')
    else {
      for (const element of elements) {
        const found = findElement(element, product)
        if (typeof found === 'string') skip(found)
        else checks.push(freshnessCheck(level, found, seconds))
      }
    }
  }
  return { checks, notRun }
}

/** How old the data of a product may be by its contract, seconds: its shortest latency; undefined where it promises none. */
export function findFreshnessSeconds({ contract }: Pick<DataProduct, 'contract'>): number | undefined {
  const promised = (contract.slaProperties ?? []).flatMap((level) => (kindOf(level) === 'latency' ? (readSeconds(level) ?? []) : []))
  return promised.length === 0 ? undefined : Math.min(...promised)
}

function kindOf({ property }: OdcsSlaProperty): string {
  const key = property.toLowerCase()
  return (Object.hasOwn(SYNONYMS, key) ? SYNONYMS[key] : undefined) ?? key
}

interface Element {
  readonly object: ProductObject
  readonly property: ProductProperty
}

function freshnessCheck(level: OdcsSlaProperty, { object, property }: Element, seconds: number): QualityCheck {
  return {
    id: `sla/${level.property}/${object.name}.${property.name}`,
    typeName: object.typeName,
    origin: 'sla',
    ...(level.description === undefined ? {} : { description: level.description }),
    dimension: 'timeliness',
    severity: 'error',
    measure: { kind: 'freshness', field: property.field },
    expectation: { operator: 'lte', value: seconds },
    ...(level.schedule === undefined || (level.scheduler !== undefined && level.scheduler !== 'cron') ? {} : { schedule: level.schedule }),
  }
}

/** `Object.property`, or the property alone in a contract of one object. */
function findElement(element: string, product: DataProduct): Element | string {
  const dot = element.lastIndexOf('.')
  const objectName = dot === -1 ? undefined : element.slice(0, dot)
  const propertyName = element.slice(dot + 1)
  const isNamed = (one: { readonly name: string; readonly physicalName: string }, name: string): boolean =>
    one.name === name || one.physicalName === name
  const object = objectName === undefined ? product.objects[0] : product.objects.find((one) => isNamed(one, objectName))
  if (object === undefined || (objectName === undefined && product.objects.length > 1))
    return `the element '${element}' names no object of the contract`
  const property = object.properties.find((one) => isNamed(one, propertyName))
  if (property === undefined) return `the element '${element}' names no property of \`${object.name}\``
  return (property.type === 'timestamp' || property.type === 'date') && !property.list
    ? { object, property }
    : `'${element}' is neither a date nor a timestamp`
}

const SECONDS: readonly (readonly [RegExp, number])[] = [
  [/^(?:s|sec|secs|seconds?)$/i, 1],
  [/^(?:min|mins|minutes?)$/i, 60],
  [/^m$/, 60],
  [/^(?:h|hr|hrs|hours?)$/i, 3_600],
  [/^(?:d|days?)$/i, 86_400],
  [/^(?:w|wk|weeks?)$/i, 604_800],
  [/^(?:mo|mon|months?)$/i, 2_592_000],
  [/^(?:y|yr|yrs|years?)$/i, 31_536_000],
]

/** `4` with unit `d`, `24h`, or an ISO 8601 duration (`P1DT12H`), in seconds. */
function readSeconds({ value, unit }: OdcsSlaProperty): number | undefined {
  if (typeof value === 'string') {
    const iso = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(value.trim())
    if (iso !== null && value.trim().length > 2) {
      const factors = [31_536_000, 2_592_000, 604_800, 86_400, 3_600, 60, 1]
      return factors.reduce((sum, factor, index) => sum + factor * Number(iso[index + 1] ?? 0), 0)
    }
  }
  const written = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '')
  const amount = Number(written?.[1])
  const suffix = written?.[2] ?? ''
  const name = suffix === '' ? (unit ?? '') : suffix
  const factor = SECONDS.find(([pattern]) => pattern.test(name.trim()))?.[1]
  return written === null || factor === undefined || amount < 0 ? undefined : amount * factor
}
