import { parseContracts, type DataProduct } from '@polyseme/kit/contract'
import { findClassificationGaps, parseLexicon } from '@polyseme/kit/lexicon'
import { describe, expect, it } from 'vitest'
import { CUSTOMER, mapping } from './lexicon-files.ts'

function product(domain: string, fields: readonly string[]): DataProduct {
  const result = parseContracts([{ file: `${domain}.odcs.yaml`, text: `apiVersion: v3.1.0
kind: DataContract
id: ${domain}
version: 1.0.0
status: active
domain: ${domain}
schema:
  - name: Customer
    properties:
      - { name: customer_id, logicalType: integer, primaryKey: true, required: true }
${fields.map((field) => `      - ${field}`).join('\n')}
` }])
  const [found] = result.kind === 'ok' ? result.value : []
  if (found === undefined) throw new Error(JSON.stringify(result))
  return found
}

function gaps(keys: Readonly<Record<string, string>>, sales: readonly string[], billing: readonly string[]): readonly string[] {
  const result = parseLexicon([CUSTOMER, mapping(keys)])
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.diagnostics))
  return findClassificationGaps([product('sales', sales), product('billing', billing)], result.value).map(({ rule, severity, what }) => `${severity} ${rule}: ${what}`)
}

const email = (classification: string, name = 'email'): string => `{ name: ${name}, logicalType: string, classification: ${classification} }`

describe('M05 a field that two domains keep of one record', () => {
  it('and classify differently is a finding, whichever is the stricter', () => {
    const what = 'sales.Customer.email (restricted) is more protected than billing.Customer.email (internal), and sales--billing says that they are of the same record'
    expect(gaps({}, [email('restricted')], [email('internal')])).toEqual([`warning classification-differs: ${what}`])
    expect(gaps({}, [email('public')], ['{ name: email, logicalType: string }'])).toEqual([expect.stringContaining('billing.Customer.email (not classified) is more protected than sales.Customer.email (public)')])
  })

  it('under other names is found by the mapping that compares them', () => {
    const rule = '{ normalizedValue: { normalizer: email, from: email, to: mailbox } }'
    expect(gaps({ rule }, [email('confidential')], [email('internal', 'mailbox')])).toEqual([expect.stringContaining('sales.Customer.email (confidential) is more protected than billing.Customer.mailbox (internal)')])
    expect(gaps({}, [email('confidential')], [email('internal', 'mailbox')])).toEqual([])
  })

  it('is none where they are classified alike, or the records are only related', () => {
    expect(gaps({}, [email('confidential')], [email('confidential')])).toEqual([])
    expect(gaps({ predicate: 'relatedMatch' }, [email('restricted')], [email('internal')])).toEqual([])
  })
})
