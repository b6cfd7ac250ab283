import { describe, expect, it } from 'vitest'
import { preferredFormat } from '../../../../gateway/serve/export/preferred-format.ts'

describe('the format of an export', () => {
  it.each([
    [undefined, 'csv'], ['', 'csv'], ['*/*', 'csv'], ['text/*', 'csv'], ['text/csv; header=present', 'csv'], ['TEXT/CSV', 'csv'],
    ['application/x-ndjson', 'ndjson'], ['application/ndjson', 'ndjson'], ['application/*', 'ndjson'], ['application/json, text/plain, */*', 'csv'],
    ['application/x-ndjson, */*', 'ndjson'], ['text/csv, application/x-ndjson', 'csv'], ['application/x-ndjson, text/csv', 'ndjson'],
    ['application/x-ndjson;q=0.5, text/csv', 'csv'], ['text/csv;q=0, */*', 'ndjson'], ['text/csv;q=0.1, application/x-ndjson;q=0.2, application/pdf', 'ndjson'],
  ])('of `Accept: %s` is %s', (accept, format) => {
    expect(preferredFormat(accept)).toBe(format)
  })

  it.each(['application/pdf', 'application/json', 'text/csv;q=0', '*/*;q=0'])('of `Accept: %s` is none', (accept) => {
    expect(() => preferredFormat(accept)).toThrow('an export is `text/csv` or `application/x-ndjson`')
  })
})
