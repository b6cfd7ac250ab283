import { formatDiagnostic, GatewayError } from '@polyseme/kit/errors'
import type { PromiseStatus } from '@polyseme/kit/promise'
import { resolve } from 'node:path'
import type { Command, CommandIo } from '../command.ts'
import { DEFAULT_DATA_DIR } from '../data-dir.ts'

const SEVERITIES = ['info', 'warning', 'error']

/** Measures what a domain's contracts promise of their rows, now. */
export const promisesCommand: Command = {
  name: 'promises',
  summary: 'measure what a domain\'s contracts promise of their rows',
  usage: `polyseme promises DIR [--data-dir DIR] [--environment NAME] [--severity LEVEL] [--json]

  DIR            folder with the domain's *.odcs.yaml
  --data-dir     where the data are, and where results are kept; default ${DEFAULT_DATA_DIR}
  --environment  takes the servers of this environment where a contract names several
  --severity     exit code 1 for broken promises of this severity or above: info, warning or error; default info
  --json         one JSON document: { ok, domain, promises }

  What is not run says why, and never counts as kept. The results appear in the graph under the domain's _products.`,
  options: {
    'data-dir': { type: 'string', default: DEFAULT_DATA_DIR },
    environment: { type: 'string' },
    severity: { type: 'string', default: 'info' },
    json: { type: 'boolean' },
  },
  maxPositionals: 1,
  run: async ({ options, positionals }, io) => {
    const [dir] = positionals
    if (dir === undefined) throw new GatewayError('COMMAND_INVALID', '`polyseme promises` needs one DIR')
    const least = SEVERITIES.indexOf(String(options['severity']))
    if (least < 0) throw new GatewayError('COMMAND_INVALID', '--severity is info, warning or error')
    const { loadDomain } = await import('@polyseme/kit/subgraph')
    const loaded = await loadDomain(resolve(io.cwd, dir))
    if (loaded.kind === 'invalid') {
      for (const diagnostic of loaded.diagnostics) io.err(formatDiagnostic(diagnostic))
      return 1
    }
    const { domain, products } = loaded.value
    const { environment } = options
    const statuses = await measure({ domain, products, dataDir: resolve(io.cwd, String(options['data-dir'])), ...(typeof environment === 'string' ? { environment } : {}) }, io)
    const isBroken = statuses.some(({ state, promise }) => state === 'BROKEN' && SEVERITIES.indexOf(promise.severity) >= least)
    if (options['json'] === true) io.out(JSON.stringify({ ok: !isBroken, domain, promises: statuses.map(toJson) }, null, 2))
    else await print(statuses, io)
    return isBroken ? 1 : 0
  },
}

interface MeasuredDomain {
  readonly domain: string
  readonly products: readonly PromiseStatus['promise']['product'][]
  readonly dataDir: string
  readonly environment?: string
}

async function measure({ domain, products, dataDir, ...options }: MeasuredDomain, io: CommandIo): Promise<readonly PromiseStatus[]> {
  const [{ openSource }, { listPromises, PromiseKeeper, PromiseStore, readStatuses }] = await Promise.all([import('@polyseme/kit/source'), import('@polyseme/kit/promise')])
  await using source = await openSource({ products, dataDir, ...options })
  using store = PromiseStore.open(dataDir, domain)
  const keeper = new PromiseKeeper({ products, source, store })
  const stop = (): void => void keeper.stop()
  io.signal.addEventListener('abort', stop, { once: true })
  try {
    await keeper.measureAll()
    return readStatuses(products.flatMap((product) => listPromises(product)), store)
  } finally {
    io.signal.removeEventListener('abort', stop)
    await keeper.stop()
  }
}

function toJson({ promise, state, reason, result }: PromiseStatus): object {
  const { product, id, name, kind, target, severity, unit, typeName } = promise
  const moment = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString())
  return {
    product: product.urn, id, name, kind, object: typeName, target, severity, state,
    measured: result?.measured ?? null, unit, measuredAt: moment(result?.measuredAtMs), since: moment(result?.sinceMs), reason,
  }
}

async function print(statuses: readonly PromiseStatus[], io: CommandIo): Promise<void> {
  const { describeAmount } = await import('@polyseme/kit/promise')
  let urn = ''
  for (const { promise, state, reason, result } of statuses) {
    if (promise.product.urn !== urn) io.out(`${urn === '' ? '' : '\n'}${promise.product.urn}`)
    urn = promise.product.urn
    const measured = result === undefined || result.measured === null ? '' : `: ${describeAmount(rounded(result.measured, promise.unit), promise.unit)}`
    const severity = state === 'BROKEN' && promise.severity !== 'error' ? ` (${promise.severity})` : ''
    io.out(`  ${state.toLowerCase().replace('_', ' ').padEnd(8)}${promise.id}, ${promise.target}${measured}${severity}`)
    if (reason !== undefined) io.out(`          ${reason}`)
  }
  const count = (wanted: PromiseStatus['state']): number => statuses.filter(({ state }) => state === wanted).length
  io.out('')
  io.out(`${count('KEPT')} kept, ${count('BROKEN')} broken, ${count('NOT_RUN')} not run, ${count('UNKNOWN')} unknown`)
}

/** As exact as a person reads it: ages of days to the hour, of weeks to the day. */
function rounded(measured: number, unit: PromiseStatus['promise']['unit']): number {
  if (unit !== 'seconds') return Number(measured.toPrecision(6))
  const step = measured > 864_000 ? 86_400 : measured > 86_400 ? 3_600 : measured > 3_600 ? 60 : 1
  return Math.round(measured / step) * step
}
