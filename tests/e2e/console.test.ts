import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findOrInstallChromium } from '../testkit/chromium.ts'
import { makeDataDir, startDemo, type DemoProcess } from '../testkit/demo-process.ts'
import { eventually } from '../testkit/eventually.ts'
import { askGraphql } from '../testkit/gateway-mesh.ts'

const EXAMPLES = join(import.meta.dirname, '../../gateway/console/app/examples')

/** What each persona finds in the console, and whether something in it is closed to that one. */
const PERSONA_EXAMPLES = [
  { persona: 'steward', file: 'across-domains.graphql', refused: false },
  { persona: 'steward', file: 'what-is-a-customer.graphql', refused: false },
  { persona: 'sales-analyst-emea', file: 'orders-of-a-region.graphql', refused: true },
  { persona: 'support-agent', file: 'across-domains.graphql', refused: true },
  { persona: 'support-agent', file: 'open-tickets.graphql', refused: true },
  { persona: 'billing-clerk', file: 'open-balances.graphql', refused: true },
  { persona: 'nobody', file: 'nothing.graphql', refused: true },
]

const found = await findOrInstallChromium()
const suite = found.kind === 'missing' ? `the console (skipped: ${found.why})` : 'the console'

describe.skipIf(found.kind === 'missing')(suite, { timeout: 90_000 }, () => {
  let demo: DemoProcess
  let browser: Browser
  let removeData: () => Promise<void>

  beforeAll(async () => {
    const data = await makeDataDir()
    removeData = data.remove
    demo = await startDemo(data.dataDir)
    // Root's Chromium refuses to start with its sandbox; what it opens here is our own.
    browser = await chromium.launch({ executablePath: found.kind === 'found' ? found.path : '', args: ['--no-sandbox'] })
  })

  afterAll(async () => {
    await browser?.close()
    await demo?.stop()
    await removeData?.()
  })

  /** A page that keeps what it asked for and what it complained about. */
  async function openPage(): Promise<{ page: Page; origins: Set<string>; complaints: string[] }> {
    const page = await (await browser.newContext()).newPage()
    const origins = new Set<string>()
    const complaints: string[] = []
    page.on('request', (request) => origins.add(new URL(request.url()).origin))
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    return { page, origins, complaints }
  }

  async function signIn(page: Page, persona: string): Promise<void> {
    await page.goto(demo.url)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.locator(`button[value="${persona}"]`).click()
    await page.waitForSelector('.monaco-editor .view-line')
  }

  /** Runs what the editor holds and returns what the answer pane shows. */
  async function runQuery(page: Page): Promise<string> {
    const answered = page.waitForResponse((response) => response.url() === `${demo.url}/graphql` && response.request().postData()?.includes('IntrospectionQuery') === false)
    await page.getByRole('button', { name: /Execute query/ }).click()
    const answer = await answered
    await page.locator('.graphiql-response .view-line', { hasText: '{' }).first().waitFor()
    return await answer.text()
  }

  it('signs the analyst in, runs the example and shows data, asking nothing of any other host', async () => {
    const { page, origins, complaints } = await openPage()
    await signIn(page, 'analyst')
    expect(await page.locator('.console-subject').innerText()).toContain('analyst')
    const answer = JSON.parse(await runQuery(page)) as { data: { sales: { customers: { nodes: { name: string; asBillingCustomer: unknown[] }[] } } }; errors?: unknown }
    expect(answer.errors).toBeUndefined()
    expect(answer.data.sales.customers.nodes).toHaveLength(10)
    expect(answer.data.sales.customers.nodes.some((node) => node.asBillingCustomer.length > 0)).toBe(true)
    const shown = await page.locator('.graphiql-response').innerText()
    expect(shown).toContain('asBillingCustomer')
    expect([...origins].sort()).toEqual([demo.url, demo.run.issuerUrl].sort())
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it('knows the schema: a wrong field is marked before anything is sent', async () => {
    const { page } = await openPage()
    await signIn(page, 'analyst')
    await page.locator('.graphiql-query-editor .view-lines').click()
    // The editor may still be loading: what is typed then is replaced, or held to no schema yet.
    await eventually(async () => {
      await page.keyboard.press('ControlOrMeta+a')
      await page.keyboard.insertText('{ sales { nonsense } }')
      await page.waitForSelector('.graphiql-query-editor .squiggly-error', { timeout: 5_000 })
    }, 60_000)
    await page.context().close()
  })

  it('opens an example of the persona in a tab of its own', async () => {
    const { page } = await openPage()
    await signIn(page, 'analyst')
    await page.getByLabel('Examples').selectOption({ label: 'What does "customer" mean?' })
    await page.locator('.graphiql-tab', { hasText: 'WhatIsACustomer' }).waitFor()
    const answer = JSON.parse(await runQuery(page)) as { data: { term: { concepts: { senses: { domain: string }[] }[] } } }
    expect(answer.data.term.concepts[0]?.senses.map(({ domain }) => domain).sort()).toEqual(['billing', 'marketing', 'sales', 'support'])
    await page.context().close()
  })

  it.each(PERSONA_EXAMPLES)('has for $persona the example $file, which answers', async ({ persona, file, refused }) => {
    const query = await readFile(join(EXAMPLES, file), 'utf8')
    const { status, data, errors } = await askGraphql(`${demo.url}/graphql`, { query }, await demo.token(persona))
    expect(status).toBe(200)
    expect(data).toBeDefined()
    expect([...new Set(errors.map(({ extensions }) => extensions?.['code']))]).toEqual(refused ? ['UNAUTHORIZED_FIELD_OR_TYPE'] : [])
  })

  it('offers a persona the examples of that persona', async () => {
    const { page } = await openPage()
    await signIn(page, 'billing-clerk')
    expect(await page.getByLabel('Examples').locator('option').allInnerTexts()).toEqual(['Examples…', 'Open balances'])
    await page.context().close()
  })

  it('finds products in the catalogue: what a word means where, who answers for them, what is closed', async () => {
    const { page, complaints } = await openPage()
    await signIn(page, 'sales-analyst-emea')
    await page.getByRole('button', { name: 'Catalogue' }).click()
    await page.getByLabel('Search the catalogue').fill('customer')
    await page.locator('.catalogue .word summary', { hasText: '“Customer” has 4 meanings' }).waitFor()
    const closed = page.locator('.catalogue .product', { hasText: 'Billing customers' })
    await closed.locator('summary').click()
    expect(await closed.innerText()).toMatch(/Maria Conti[\s\S]*closed to you[\s\S]*a token with billing:read/)
    const open = page.locator('.catalogue .product', { hasText: 'Sales customers' })
    await open.locator('summary').click()
    expect(await open.innerText()).toMatch(/SalesCustomer[\s\S]*accountNumber/)
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it('keeps the token in the tab: signing out forgets it, another tab does not have it', async () => {
    const { page } = await openPage()
    await signIn(page, 'analyst')
    expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain('eyJ')
    const other = await page.context().newPage()
    await other.goto(demo.url)
    await other.getByRole('button', { name: 'Sign in' }).waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    expect(await page.evaluate('JSON.stringify(sessionStorage)')).not.toContain('eyJ')
    await page.context().close()
  })

  it('does not use a code that somebody else brought', async () => {
    const { page } = await openPage()
    await page.goto(`${demo.url}/?code=stolen&state=forged`)
    await expect.poll(async () => await page.locator('[role=alert]').innerText()).toContain('begun elsewhere')
    expect(page.url()).toBe(`${demo.url}/`)
    await page.context().close()
  })

  it('runs no script but its own', async () => {
    const { page, complaints } = await openPage()
    await page.goto(demo.url)
    const policy = (await page.request.get(demo.url)).headers()['content-security-policy'] ?? ''
    expect(policy).toContain("script-src 'self';")
    const ran = await page.evaluate(`(() => {
      const script = document.createElement('script')
      script.textContent = 'globalThis.injected = true'
      document.body.append(script)
      return 'injected' in globalThis
    })()`)
    expect(ran).toBe(false)
    expect(complaints.join('\n')).toContain('Content Security Policy')
    await page.context().close()
  })
})
