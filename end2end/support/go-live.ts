// Go-lives of a test's own, and where things stand on the console.

import { expect, type Locator, type Page } from '@playwright/test'

export const IMAGE = 'registry.example/posthog-integration'

/** Three items of one line each. */
export const SMALL = `# Before launch

## Security
- [ ] Keys are in the vault
- [ ] Webhooks use HTTPS

## Rollback
- [ ] The runbook was rehearsed
`

/** Posts a form as the page's person would, without looking at a page. */
export async function post(page: Page, path: string, fields: Record<string, string>) {
  const base = new URL(await address(page))
  return page.request.post(new URL(path, base).href, {
    form: { key: crypto.randomUUID(), ...fields },
    headers: { origin: base.origin },
    maxRedirects: 0,
  })
}

/** The panel's address for this page, also before it has opened anything. */
async function address(page: Page): Promise<string> {
  if (page.url().startsWith('http')) return page.url()
  await page.goto('/go-lives')
  return page.url()
}

let number = 0

/** Opens a go-live of a name of its own and returns its path. */
export async function openGoLive(page: Page, fields: Record<string, string> = {}): Promise<string> {
  number += 1
  const answer = await post(page, '/go-lives', {
    preset: 'posthog',
    integration: `flow-${process.pid}-${number}`,
    environment: 'production',
    image: `${IMAGE}:v2.5.0`,
    config: 'commit-1',
    ...fields,
  })
  expect(answer.status(), await answer.text()).toBe(303)
  return new URL(answer.headers().location, page.url()).pathname
}

/** Opens a go-live with the three items of `SMALL`. */
export function openSmall(page: Page, fields: Record<string, string> = {}): Promise<string> {
  const place = { namespace: 'integrations', deployment: 'posthog-integration', container: 'app' }
  return openGoLive(page, { preset: '', markdown: SMALL, ...place, ...fields })
}

/** An item's line on the console. */
export function item(page: Page, key: string): Locator {
  return page.locator(`#item-${key}`)
}

/** Opens what is behind an item's line. */
export async function open(page: Page, key: string) {
  await item(page, key).locator('> details > summary').click()
  await expect(item(page, key).locator('.behind')).toBeVisible()
}

/** Opens one of an item's forms: `sign`, `counter-sign`, `not-applicable`, `withdraw`. */
export async function form(page: Page, key: string, act: string): Promise<Locator> {
  const form = page.locator(`#${act}-${key}`)
  const details = item(page, key).locator('> details')
  if (!(await details.evaluate((one: HTMLDetailsElement) => one.open))) await open(page, key)
  if (!(await form.isVisible())) await page.locator(`details:has(> #${act}-${key}) > summary`).click()
  await expect(form).toBeVisible()
  return form
}

/** The light that says how the page stands with the server. */
export function light(page: Page): Locator {
  return page.locator('.live-light')
}

/** Waits until changes arrive as they happen. */
export async function live(page: Page) {
  await expect(light(page)).toHaveAttribute('data-connection', 'live')
}

/** Opens a page and waits until it is live. */
export async function visit(page: Page, path: string) {
  await page.goto(path)
  await live(page)
}

export const gate = (page: Page) => page.locator('#gate')
export const startButton = (page: Page) => page.getByRole('button', { name: /Start the rollout/ })

/** Signs everything that the gate asks for: the first person, and a second one where two are asked for. */
export async function signAll([first, second]: [Page, Page], path: string) {
  const page = await (await first.request.get(new URL(path, await address(first)).href)).text()
  const waiting = page.slice(page.indexOf('id="gate"'), page.indexOf('</section>', page.indexOf('id="gate"')))
  for (const [, key] of waiting.matchAll(/href="#item-([a-z0-9-]+)"/g)) {
    const signed = await post(first, `${path}/items/${key}/sign`, { seen: '0', note: '', evidence: '' })
    expect(signed.status(), key).toBe(303)
    await post(second, `${path}/items/${key}/counter-sign`, { seen: '1', note: '' })
  }
}
