// Bringing a rollout to where a flow needs it, and back.

import { expect, test, type Page } from './test'
import { IMAGE, openGoLive, post, signAll, startButton, visit } from './go-live'
import { reset, settled } from './outside'

/** What runs before a rollout. */
export const OLD = `${IMAGE}:v2.4.1`

/** What the rollout says of itself. */
export const headline = (page: Page) => page.locator('.flight-head h3')

/**
 * Whatever happens in a test of the file that calls this, the next one finds the old version running. What it returns is to be
 * told of a rollout that was started: on whose page, and of which go-live.
 */
export function takesBack() {
  let started: { page: Page; path: string } | undefined
  test.beforeEach(async () => {
    await reset()
    await settled(OLD)
  })
  test.afterEach(async () => {
    if (started) await post(started.page, `${started.path}/rollout/roll-back`, { reason: '' }).catch(() => {})
    started = undefined
    await reset()
  })
  return (page: Page, path: string) => {
    started = { page, path }
  }
}

/** Returns to the version before, with the button of the page and its confirmation. */
export async function rollBack(page: Page, reason = '') {
  await page.locator('summary', { hasText: 'Roll back to v2.4.1…' }).click()
  const form = page.locator('#roll-back')
  if (reason) await form.getByLabel('Reason').fill(reason)
  await form.getByRole('button', { name: 'Roll back to v2.4.1 now' }).click()
}

/** What a form of the page now carries of what it was opened with. */
export async function seenBy(page: Page, path: string, form: string): Promise<string> {
  const html = await (await page.request.get(new URL(path, page.url()).href)).text()
  return html.match(new RegExp(`<form id="${form}"[^>]*>.*?name="seen" value="([^"]+)"`, 's'))?.[1] ?? ''
}

/** A version that no other test has brought: what earlier ones did would be measured with it. */
let patchNumber = 0
export const newImage = () => `${IMAGE}:v2.5.${Date.now() % 100_000}${(patchNumber += 1)}`

/** Soaks so long that only people end them. */
export async function slowPlan(page: Page, path: string, more: Record<string, string> = {}) {
  const fields = { 'percent-1': '10', 'soak-1': '1 h', 'percent-2': '50', 'soak-2': '1 h', 'percent-3': '100', 'soak-3': '' }
  const seen = await seenBy(page, path, 'plan')
  const saved = await post(page, `${path}/plan`, { ...fields, 'on-p1': 'roll-back', 'on-p2': 'hold', ...more, seen })
  expect(saved.status(), await saved.text()).toBe(303)
}

/** A signed go-live with a plan of long soaks, whose rollout stands at 10 %. */
export async function standsAtTenPercent(
  ana: Page,
  rui: Page,
  plan: Record<string, string> = {},
  begun: (path: string) => void = () => {},
): Promise<string> {
  const path = await openGoLive(ana, { integration: 'posthog-integration', from: OLD, image: newImage() })
  await signAll([ana, rui], path)
  await visit(ana, path)
  await slowPlan(ana, path, plan)
  await ana.getByRole('button', { name: 'Check again' }).click()
  await expect(startButton(ana)).toBeEnabled({ timeout: 30_000 })
  await startButton(ana).click()
  begun(path)
  await expect(headline(ana)).toContainText('Soaking at step 1 of 3', { timeout: 30_000 })
  return path
}
