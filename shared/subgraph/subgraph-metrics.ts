import type { StatementReport } from '../source/index.ts'

const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const

class Histogram {
  readonly #name: string
  readonly #help: string
  readonly #counts: number[] = BUCKETS_SECONDS.map(() => 0)
  #sum = 0
  #count = 0

  constructor(name: string, help: string) {
    this.#name = name
    this.#help = help
  }

  observe(seconds: number): void {
    this.#sum += seconds
    this.#count += 1
    const bucket = BUCKETS_SECONDS.findIndex((limit) => seconds <= limit)
    if (bucket >= 0) this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
  }

  lines(): string[] {
    let below = 0
    const buckets = BUCKETS_SECONDS.map((limit, index) => {
      below += this.#counts[index] ?? 0
      return `${this.#name}_bucket{le="${limit}"} ${below}`
    })
    return [
      `# HELP ${this.#name} ${this.#help}`,
      `# TYPE ${this.#name} histogram`,
      ...buckets,
      `${this.#name}_bucket{le="+Inf"} ${this.#count}`,
      `${this.#name}_sum ${this.#sum}`,
      `${this.#name}_count ${this.#count}`,
    ]
  }
}

/** Counts of one subgraph, as Prometheus text; no label holds anything that a caller sent. */
export class SubgraphMetrics {
  readonly #domain: string
  readonly #requests = new Map<string, number>()
  readonly #requestSeconds = new Histogram('polyseme_subgraph_request_seconds', 'Time from the request to its answer.')
  readonly #statementSeconds = new Histogram('polyseme_subgraph_statement_seconds', 'Time of a statement in the data source.')
  #rows = 0
  #failedStatements = 0
  #inFlight = 0

  constructor(domain: string) {
    this.#domain = domain
  }

  requestStarted(): void {
    this.#inFlight += 1
  }

  requestEnded(status: number, seconds: number): void {
    this.#inFlight -= 1
    this.#requests.set(String(status), (this.#requests.get(String(status)) ?? 0) + 1)
    this.#requestSeconds.observe(seconds)
  }

  statementEnded(report: StatementReport): void {
    this.#statementSeconds.observe(report.durationMs / 1_000)
    this.#rows += report.rows
    if (report.outcome === 'failed') this.#failedStatements += 1
  }

  text(): string {
    const lines = [
      '# HELP polyseme_subgraph_info The domain that this subgraph serves.',
      '# TYPE polyseme_subgraph_info gauge',
      `polyseme_subgraph_info{domain="${this.#domain}"} 1`,
      '# HELP polyseme_subgraph_requests_total GraphQL requests by HTTP status.',
      '# TYPE polyseme_subgraph_requests_total counter',
      ...[...this.#requests].map(([status, count]) => `polyseme_subgraph_requests_total{status="${status}"} ${count}`),
      '# HELP polyseme_subgraph_in_flight Requests that are being answered.',
      '# TYPE polyseme_subgraph_in_flight gauge',
      `polyseme_subgraph_in_flight ${this.#inFlight}`,
      '# HELP polyseme_subgraph_rows_total Rows that the data source gave.',
      '# TYPE polyseme_subgraph_rows_total counter',
      `polyseme_subgraph_rows_total ${this.#rows}`,
      '# HELP polyseme_subgraph_failed_statements_total Statements that the data source refused or broke off.',
      '# TYPE polyseme_subgraph_failed_statements_total counter',
      `polyseme_subgraph_failed_statements_total ${this.#failedStatements}`,
      ...this.#requestSeconds.lines(),
      ...this.#statementSeconds.lines(),
    ]
    return `${lines.join('\n')}\n`
  }
}
