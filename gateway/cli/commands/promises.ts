import { formatDiagnostic, GatewayError } from '@polyseme/kit/errors'
import type { PromiseResult, PromiseStatus } from '@polyseme/kit/promise'
import { resolve } from 'node:path'
import type { Command, CommandIo } from '../command.ts'
import { DEFAULT_DATA_DIR } from '../data-dir.ts'

const SEVERITIES = ['info', 'warning', 'error']

/** Measures what a domain's contracts promise of their rows, now. */
export const promisesCommand: Command = {
  name: 'promises',
  summary: 'measure what a domain\'s contracts promise of their rows',
  usage: `polyseme promises DIR [--data-dir DIR] [--environment NAME] [--severity LEVEL] [--history N] [--json]

  DIR            folder with the domain's *.odcs.yaml
  --data-dir     where the data are, and where results are kept; default ${DEFAULT_DATA_DIR}
  --environment  takes the servers of this environment where a contract names several
  --severity     exit code 1 for broken promises of this severity or above: info, warning or error; default info
  --history      how each promise stood the last N times that it was measured; default 0, at most 200
  --json         one JSON document: { ok, domain, promises }

  What is not run says why, and never counts as kept. The results appear in the graph under the domain's _products.`,
  options: {
    'data-dir': { type: 'string', default: DEFAULT_DATA_DIR },
    environment: { type: 'string' },
    severity: { type: 'string', default: 'info' },
    history: { type: 'string', default: '0' },
    json: { type: 'boolean' },
  },
  maxPositionals: 1,
  run: async ({ options, positionals }, io) => {
    const [dir] = positionals
    if (dir === undefined) throw new GatewayError('COMMAND_INVALID', '`polyseme promises` needs one DIR')
    const least = SEVERITIES.indexOf(String(options['severity']))
    if (least < 0) throw new GatewayError('COMMAND_INVALID', '--severity is info, warning or error')
    const past = Number(options['history'])
    if (!Number.isInteger(past) || past < 0 || past > 200) throw new GatewayError('COMMAND_INVALID', '--history is a whole number from 0 to 200')
    const { loadDomain } = await import('@polyseme/kit/subgraph')
    const loaded = await loadDomain(resolve(io.cwd, dir))
    if (loaded.kind === 'invalid') {
      for (const diagnostic of loaded.diagnostics) io.err(formatDiagnostic(diagnostic))
      return 1
    }
    const { domain, products } = loaded.value
    const { environment } = options
    const statuses = await measure({ domain, products, past, dataDir: resolve(io.cwd, String(options['data-dir'])), ...(typeof environment === 'string' ? { environment } : {}) }, io)
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
  /** Measurements of each promise that are shown. */
  readonly past: number
}

interface MeasuredPromise extends PromiseStatus {
  readonly history: readonly PromiseResult[]
}

async function measure({ domain, products, dataDir, past, ...options }: MeasuredDomain, io: CommandIo): Promise<readonly MeasuredPromise[]> {
  const [{ openSource }, { listPromises, PromiseKeeper, PromiseStore, readHistory, readStatuses }] = await Promise.all([import('@polyseme/kit/source'), import('@polyseme/kit/promise')])
  await using source = await openSource({ products, dataDir, ...options })
  using store = PromiseStore.open(dataDir, domain)
  const keeper = new PromiseKeeper({ products, source, store })
  const stop = (): void => void keeper.stop()
  io.signal.addEventListener('abort', stop, { once: true })
  try {
    await keeper.measureAll()
    const statuses = readStatuses(products.flatMap((product) => listPromises(product)), store)
    return statuses.map((status) => ({ ...status, history: readHistory(status.promise, store, past) }))
  } finally {
    io.signal.removeEventListener('abort', stop)
    await keeper.stop()
  }
}

function toJson({ promise, state, reason, result, history }: MeasuredPromise): object {
  const { product, id, name, kind, target, severity, unit, typeName } = promise
  const moment = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString())
  return {
    product: product.urn, id, name, kind, object: typeName, target, severity, state,
    measured: result?.measured ?? null, unit, measuredAt: moment(result?.measuredAtMs), since: moment(result?.sinceMs), reason,
    ...(history.length === 0 ? {} : { history: history.map((one) => ({ measuredAt: moment(one.measuredAtMs), state: one.state, measured: one.measured, reason: one.reason })) }),
  }
}

async function print(statuses: readonly MeasuredPromise[], io: CommandIo): Promise<void> {
  const { describeAmount } = await import('@polyseme/kit/promise')
  let urn = ''
  for (const { promise, state, reason, result, history } of statuses) {
    if (promise.product.urn !== urn) io.out(`${urn === '' ? '' : '\n'}${promise.product.urn}`)
    urn = promise.product.urn
    const amount = (one: PromiseResult | undefined): string => (one === undefined || one.measured === null ? '' : `: ${describeAmount(rounded(one.measured, promise.unit), promise.unit)}`)
    const severity = state === 'BROKEN' && promise.severity !== 'error' ? ` (${promise.severity})` : ''
    io.out(`  ${state.toLowerCase().replace('_', ' ').padEnd(8)}${promise.id}, ${promise.target}${amount(result)}${severity}`)
    if (reason !== undefined) io.out(`          ${reason}`)
    for (const one of history) io.out(`          ${new Date(one.measuredAtMs).toISOString().slice(0, 19)}Z  ${one.state.toLowerCase()}${amount(one)}`)
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
