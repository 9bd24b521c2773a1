// Incidents of a test's own, opened by a hand.

import { expect, type Page } from '@playwright/test'
import { openGoLive, post } from './go-live'

/** Removes every switch that stands on the workload, so that what others measure is as it would be without them. */
export async function removeSwitches(page: Page): Promise<void> {
  const incident = await openIncident(page, { severity: 'p4', title: 'Whether a switch still stands' })
  for (;;) {
    await page.goto(`${incident}/actions`)
    const remove = page.locator('.in-force').getByRole('link', { name: 'Remove…' }).first()
    if (!(await remove.isVisible())) break
    await remove.click()
    await page.getByRole('button', { name: / now$/ }).click()
    await expect(page.locator('.in-force')).toHaveCount(0, { timeout: 45_000 })
  }
  await page.goto(incident)
  await page.getByRole('button', { name: 'Resolve', exact: true }).click()
  await expect(page.locator('.incident-chips')).toContainText('resolved')
}

/** Closes for good what was opened under this title, so that the same cause opens a new one. */
export async function closeEarlier(page: Page, title: string): Promise<void> {
  for (;;) {
    await page.goto('/incidents')
    const left = page.locator('.incident-row', { hasText: title }).filter({ hasNotText: 'reviewed' }).first()
    if (!(await left.isVisible())) return
    await left.getByRole('link').click()
    const resolve = page.getByRole('button', { name: 'Resolve', exact: true })
    if (await resolve.isVisible()) await resolve.click()
    await page.getByRole('button', { name: 'Mark as reviewed' }).click()
    await expect(page.locator('.incident-chips')).toContainText('reviewed')
  }
}

/** Opens an incident about the production of the integration that is deployed, and returns its path. */
export async function openIncident(page: Page, fields: Record<string, string> = {}): Promise<string> {
  await openGoLive(page, { integration: 'posthog-integration' })
  const form = await (await page.request.get(new URL('/incidents/new', page.url()).href)).text()
  const integration = form.match(/<option[^>]*value="([0-9a-f-]{36})"[^>]*>[^<]*posthog[^<]*production/i)?.[1] ?? ''
  const opened = await post(page, '/incidents', {
    integration,
    severity: 'p1',
    title: 'The vendor refuses our key',
    sentence: 'Seen by hand',
    impact: 'Events are late',
    ...fields,
  })
  expect(opened.status(), await opened.text()).toBe(303)
  return new URL(opened.headers().location, page.url()).pathname
}
