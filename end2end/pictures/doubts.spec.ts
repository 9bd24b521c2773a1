// Pictures of what the panel doubts, refuses, or waves through by name; wide and narrow, light and dark, in screenshots-out.

import { expect, test } from '../support/test'
import { openGoLive, signAll, visit } from '../support/go-live'
import { reset, scenario, settled } from '../support/outside'
import { inEach, shoot, wide } from '../support/pictures'
import { OLD, newImage } from '../support/rollout'

test.describe.configure({ timeout: 300_000 })
test.afterEach(reset)

const RULES = `groups:
  - name: api
    rules:
      - alert: HighErrorRate
        expr: sum(rate(http_requests_total{code=~"5.."}[5m])) > 0.5
        for: 10m
        labels:
          severity: critical
      - alert: Misspelt
        expr: sum(rate(http_requests_total{code=~"5.."}[5m]) > 0.5
`

test('doubts and refusals', async ({ as }) => {
  as.expectComplaints(/./)
  await reset()
  await settled(OLD)
  const [ana, rui] = [await as('ana', wide), await as('rui', wide)]
  const path = await openGoLive(ana, { image: newImage() })
  await signAll([ana, rui], path)
  await scenario({ prometheus: 'gone' })
  const pages = await inEach((options) => as('ana', options))
  await visit(ana, path)
  await ana.getByRole('button', { name: 'Check again' }).click()
  await expect(ana.locator('.check.unknown, .check.bad').first()).toBeVisible()
  await shoot(pages, 'preflight', async (page) => {
    await visit(page, path)
    const override = page.locator('summary', { hasText: 'Start in spite of it' })
    if (await override.count()) await override.first().click()
  })
  await reset()
  await shoot(pages, 'threshold-doubt', async (page) => {
    await page.goto('/thresholds')
    await page.locator('.threshold-group', { hasText: 'production' }).getByRole('link', { name: /High latency/ }).first().click()
    await page.locator('.edit-threshold > summary').click()
    await page.getByRole('textbox', { name: 'Limit' }).fill('900000')
    await page.getByRole('button', { name: /Save as version/ }).click()
    await expect(page.getByText(/all the same/).first()).toBeVisible({ timeout: 15_000 })
  })
  await shoot(pages, 'import-preview', async (page) => {
    await page.goto('/thresholds/import')
    await page.getByRole('textbox', { name: /Rule file/ }).fill(RULES)
    await page.getByRole('button', { name: 'Show what it does' }).click()
    await page.waitForTimeout(1500)
  })
})
