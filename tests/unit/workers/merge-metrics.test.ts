import { expect, it } from 'vitest'
import { Metrics } from '../../../gateway/serve/index.ts'
import { mergeMetrics } from '../../../gateway/workers/index.ts'

it('metrics of several workers are one text: each family once, each sample with its worker', () => {
  const [one, two] = [new Metrics(), new Metrics()]
  one.count('requests_total', 'Requests.', { error: 'none' })
  one.observeSeconds('duration_seconds', 'Time.', {}, 0.004)
  two.gauge('memory_bytes', 'Memory.', 7)
  two.count('requests_total', 'Requests.', { error: 'none' }, 3)
  two.observeSeconds('duration_seconds', 'Time.', {}, 11)
  const lines = mergeMetrics(new Map([[1, one.render()], [2, two.render()], [3, '']])).trimEnd().split('\n')
  expect(lines.filter((line) => line.startsWith('#'))).toEqual([
    '# HELP requests_total Requests.', '# TYPE requests_total counter', '# HELP duration_seconds Time.', '# TYPE duration_seconds histogram', '# HELP memory_bytes Memory.', '# TYPE memory_bytes gauge',
  ])
  expect(lines.slice(0, 4)).toEqual(['# HELP requests_total Requests.', '# TYPE requests_total counter', 'requests_total{worker="1",error="none"} 1', 'requests_total{worker="2",error="none"} 3'])
  expect(lines).toContain('duration_seconds_bucket{worker="1",le="0.005"} 1')
  expect(lines).toContain('duration_seconds_count{worker="2"} 1')
  // All of a histogram stands below its own head.
  expect(lines.slice(lines.indexOf('# TYPE duration_seconds histogram') + 1, lines.indexOf('# HELP memory_bytes Memory.')).every((line) => line.startsWith('duration_seconds_'))).toBe(true)
  expect(lines).toContain('memory_bytes{worker="2"} 7')
})
