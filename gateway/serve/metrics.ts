import { sendAnswer, DATA_HEADERS } from './exchange.ts'
import type { Route } from './http-listener.ts'

type Labels = Readonly<Record<string, string>>

interface Family {
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly series: Map<string, number>
}

/** Upper bounds of the duration histograms, seconds. */
const BUCKETS_SEC = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** Counters and histograms in Prometheus' text format. Label values come from our own lists, never from a client. */
export class Metrics {
  readonly #families = new Map<string, Family>()

  count(name: string, help: string, labels: Labels = {}, by = 1): void {
    this.#add(this.#family(name, help, 'counter'), name, labels, by)
  }

  observeSeconds(name: string, help: string, labels: Labels, seconds: number): void {
    const family = this.#family(name, help, 'histogram')
    for (const bound of BUCKETS_SEC) this.#add(family, `${name}_bucket`, { ...labels, le: String(bound) }, seconds <= bound ? 1 : 0)
    this.#add(family, `${name}_bucket`, { ...labels, le: '+Inf' }, 1)
    this.#add(family, `${name}_sum`, labels, seconds)
    this.#add(family, `${name}_count`, labels, 1)
  }

  gauge(name: string, help: string, value: number): void {
    this.#family(name, help, 'gauge').series.set(name, value)
  }

  render(): string {
    const lines: string[] = []
    for (const [name, { help, type, series }] of this.#families) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
      for (const [key, value] of series) lines.push(`${key} ${value}`)
    }
    return `${lines.join('\n')}\n`
  }

  #family(name: string, help: string, type: Family['type']): Family {
    let family = this.#families.get(name)
    if (family === undefined) this.#families.set(name, (family = { help, type, series: new Map() }))
    return family
  }

  #add({ series }: Family, name: string, labels: Labels, by: number): void {
    const text = Object.entries(labels).map(([label, value]) => `${label}="${value.replace(/["\\\n]/g, '_')}"`).join(',')
    const key = text === '' ? name : `${name}{${text}}`
    series.set(key, (series.get(key) ?? 0) + by)
  }
}

/** `/metrics`: how much and how fast, nothing of what was asked. Put it behind the network's own gate. */
export function metricsRoute(metrics: Metrics): Route {
  return {
    path: '/metrics',
    handle: async (exchange) => {
      const { rss, heapUsed } = process.memoryUsage()
      metrics.gauge('process_resident_memory_bytes', 'Resident memory.', rss)
      metrics.gauge('nodejs_heap_used_bytes', 'Used heap.', heapUsed)
      metrics.gauge('process_cpu_seconds_total', 'User and system time.', (process.cpuUsage().user + process.cpuUsage().system) / 1e6)
      sendAnswer(exchange, { status: 200, headers: { ...DATA_HEADERS, 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }, body: metrics.render() })
    },
  }
}
