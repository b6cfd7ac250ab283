import { sendAnswer, DATA_HEADERS } from './exchange.ts'
import type { Route } from './http-listener.ts'

type Labels = Readonly<Record<string, string>>

interface Family {
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** By label text: `{a="b"}`, or empty. */
  readonly series: Map<string, number>
  readonly histograms: Map<string, Histogram>
}

/** Observations of one set of labels; bucket i counts those up to bound i that no smaller bucket counts. */
interface Histogram {
  readonly buckets: number[]
  sum: number
  count: number
}

/** Upper bounds of the duration histograms, seconds. */
const BUCKETS_SEC = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** Counters and histograms in Prometheus' text format. Label values come from our own lists, never from a client. */
export class Metrics {
  readonly #families = new Map<string, Family>()

  count(name: string, help: string, labels: Labels = {}, by = 1): void {
    const { series } = this.#family(name, help, 'counter')
    const key = labelText(labels)
    series.set(key, (series.get(key) ?? 0) + by)
  }

  observeSeconds(name: string, help: string, labels: Labels, seconds: number): void {
    const { histograms } = this.#family(name, help, 'histogram')
    const key = labelText(labels)
    let histogram = histograms.get(key)
    if (histogram === undefined) histograms.set(key, (histogram = { buckets: BUCKETS_SEC.map(() => 0), sum: 0, count: 0 }))
    // Written out in full when it is read: an observation, of which there are many for each request, is two additions.
    const bucket = BUCKETS_SEC.findIndex((bound) => seconds <= bound)
    if (bucket !== -1) histogram.buckets[bucket] = (histogram.buckets[bucket] ?? 0) + 1
    histogram.sum += seconds
    histogram.count++
  }

  gauge(name: string, help: string, value: number): void {
    this.#family(name, help, 'gauge').series.set('', value)
  }

  render(): string {
    const lines: string[] = []
    for (const [name, { help, type, series, histograms }] of this.#families) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
      for (const [labels, value] of series) lines.push(`${name}${labels} ${value}`)
      for (const [labels, histogram] of histograms) lines.push(...histogramLines(name, labels, histogram))
    }
    return `${lines.join('\n')}\n`
  }

  #family(name: string, help: string, type: Family['type']): Family {
    let family = this.#families.get(name)
    if (family === undefined) this.#families.set(name, (family = { help, type, series: new Map(), histograms: new Map() }))
    return family
  }
}

function labelText(labels: Labels): string {
  let text = ''
  for (const label in labels) text += `${text === '' ? '{' : ','}${label}="${(labels[label] ?? '').replace(/["\\\n]/g, '_')}"`
  return text === '' ? '' : `${text}}`
}

function histogramLines(name: string, labels: string, { buckets, sum, count }: Histogram): readonly string[] {
  const withBound = (bound: string): string => (labels === '' ? `{le="${bound}"}` : `${labels.slice(0, -1)},le="${bound}"}`)
  let below = 0
  const bounded = BUCKETS_SEC.map((bound, index) => `${name}_bucket${withBound(String(bound))} ${below += buckets[index] ?? 0}`)
  return [...bounded, `${name}_bucket${withBound('+Inf')} ${count}`, `${name}_sum${labels} ${sum}`, `${name}_count${labels} ${count}`]
}

/** All of it as text, the process's own memory and time among it. */
export function renderMetrics(metrics: Metrics): string {
  const { rss, heapUsed } = process.memoryUsage()
  metrics.gauge('process_resident_memory_bytes', 'Resident memory.', rss)
  metrics.gauge('nodejs_heap_used_bytes', 'Used heap.', heapUsed)
  metrics.gauge('process_cpu_seconds_total', 'User and system time.', (process.cpuUsage().user + process.cpuUsage().system) / 1e6)
  return metrics.render()
}

/** `/metrics`: how much and how fast, nothing of what was asked. Put it behind the network's own gate. */
export function metricsRoute(render: () => Promise<string>): Route {
  return {
    path: '/metrics',
    handle: async (exchange) => sendAnswer(exchange, { status: 200, headers: { ...DATA_HEADERS, 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }, body: await render() }),
  }
}
