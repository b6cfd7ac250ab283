import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Diagnostic } from '@polyseme/kit/errors'
import type { Principal } from '@polyseme/kit/identity'
import { LivePolicies, type PolicyDecider } from '../../../gateway/access/policies/index.ts'
import { findPersona } from '../../../gateway/issuer/personas.ts'
import type { Supergraph } from '../../../gateway/supergraph/index.ts'
import { demoProducts } from './policy-fixture.ts'

const DOMAINS = ['sales', 'marketing', 'billing', 'support']
const reported: Diagnostic[] = []
let live: LivePolicies
let read: PolicyDecider
let toFile: PolicyDecider

beforeAll(async () => {
  const products = demoProducts()
  live = await LivePolicies.open({
    folders: { mesh: 'subgraphs/policies', domains: Object.fromEntries(DOMAINS.map((domain) => [domain, `subgraphs/${domain}/policies`])) },
    products,
    report: (findings) => reported.push(...findings),
  })
  const graph = { subgraphs: new Map([['all', { products }]]), access: new Map() } as unknown as Supergraph
  read = live.decider(graph)
  toFile = live.decider(graph, 'export')
})

afterAll(() => live[Symbol.dispose]())

function persona(id: string, purpose?: string): Principal {
  const found = findPersona(id)
  if (found === undefined) throw new Error(`no persona ${id}`)
  return { issuer: 'demo', subject: id, scopes: new Set(found.scopes), roles: found.roles, claims: found.claims, expiresAtSec: 4_000_000_000, ...(purpose === undefined ? {} : { purpose }) }
}

it('the demo\'s policies are right, without a warning', () => expect(reported).toEqual([]))

describe('who sees what', () => {
  it.each([
    ['analyst', 'SupportCustomer.email', 'partial'],
    ['analyst', 'SupportCustomer.customerId', 'clear'],
    ['analyst', 'BillingCustomer.openBalance', 'clear'],
    ['analyst', 'BillingCustomer.iban', 'null'],
    ['analyst', 'SalesCustomer.annualRevenue', 'clear'],
    ['analyst', 'MarketingSession.visitorId', 'hash'],
    ['support-agent', 'SupportCustomer.email', 'clear'],
    ['support-agent', 'SupportCustomer.phone', 'clear'],
    ['support-agent', 'SalesCustomer.annualRevenue', 'range'],
    ['support-agent', 'BillingCustomer.openBalance', 'denied'],
    ['billing-clerk', 'BillingCustomer.iban', 'clear'],
    ['billing-clerk', 'SalesCustomer.name', 'denied'],
    ['steward', 'SupportCustomer.email', 'clear'],
    ['steward', 'BillingCustomer.iban', 'null'],
    ['bi-service', 'SalesCustomer.contactEmail', 'hash'],
    ['bi-service', 'BillingCustomer.email', 'hash'],
    ['bi-service', 'SupportCustomer.email', 'denied'],
    ['nobody', 'SalesCustomer.name', 'denied'],
    ['nobody', 'MarketingSession', 'denied'],
  ])('%s sees %s: %s', (id, coordinate, shown) => {
    const decision = read.decide(coordinate, persona(id))
    expect(decision.kind === 'mask' ? decision.mask.kind : { allow: 'clear', deny: 'denied' }[decision.kind]).toBe(shown)
  })

  it('a steward against fraud sees bank accounts, on screen and not in a file', () => {
    expect(read.decide('BillingCustomer.iban', persona('steward', 'fraud-prevention'))).toEqual({ kind: 'allow' })
    expect(toFile.decide('BillingCustomer.iban', persona('steward', 'fraud-prevention'))).toEqual({ kind: 'deny' })
  })

  it('nobody sees support\'s people for marketing', () => {
    expect(read.decide('SupportCustomer', persona('steward', 'marketing'))).toEqual({ kind: 'deny' })
    expect(read.decide('SalesCustomer', persona('steward', 'marketing'))).toEqual({ kind: 'allow' })
  })
})
