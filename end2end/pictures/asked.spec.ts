// Pictures of pages that ask somebody to look again, or to ask somebody else: a restore with its replay, a plan that another
// changed meanwhile, what the cluster denies; wide and narrow, light and dark, in screenshots-out.

import { expect, test } from '../support/test'
import { openGoLive, visit } from '../support/go-live'
import { openIncident } from '../support/incident'
import { reset, scenario } from '../support/outside'
import { inEach, shoot, wide } from '../support/pictures'
import { slowPlan } from '../support/rollout'
import { saveHavingLooked } from '../support/thresholds'

test.describe.configure({ timeout: 300_000 })
test.afterEach(reset)

test('asked to look again', async ({ as }) => {
  as.expectComplaints(/./)
  await reset()
  const ana = await as('ana', wide)
  const path = await openGoLive(ana, { integration: 'posthog-integration' })
  const pages = await inEach((options) => as('ana', options))

  await ana.goto('/thresholds')
  await ana.locator('.threshold-group', { hasText: 'production' }).getByRole('link', { name: /High latency/ }).first().click()
  await ana.locator('.edit-threshold > summary').click()
  const limit = ana.getByRole('textbox', { name: 'Limit' })
  await limit.fill(String(Number(await limit.inputValue()) - 50))
  await ana.locator('#edit-why').fill('Nobody waits that long')
  await saveHavingLooked(ana)
  const threshold = new URL(ana.url()).pathname
  await shoot(pages, 'restore', async (page) => {
    await page.goto(threshold)
    const earlier = page.locator('[id^="version-"]').nth(1)
    await earlier.locator('summary', { hasText: 'Restore' }).click()
    await earlier.getByRole('button', { name: /^Restore version/ }).click()
    await expect(page.getByText('Nothing is changed yet')).toBeVisible({ timeout: 15_000 })
  })

  let soak = 1
  await shoot(pages, 'plan-overtaken', async (page) => {
    await visit(page, path)
    await page.locator('summary', { hasText: 'Judged by' }).click()
    await page.locator('summary', { hasText: 'Change the plan' }).click()
    await page.locator('[name="percent-1"]').fill('20')
    soak += 1
    await page.route('**/events*', (route) => route.abort())
    await slowPlan(ana, path, { 'soak-1': `${soak} h` })
    await page.getByRole('button', { name: 'Save the plan' }).click()
    await expect(page.getByText('is not what it was when you opened it')).toBeVisible()
    await page.unroute('**/events*')
  })

  const incident = await openIncident(ana)
  await scenario({ cluster: { forbidden: [{ verb: 'patch', resource: 'secrets' }] } })
  await shoot(pages, 'denied', async (page) => {
    await visit(page, `${incident}/actions`)
    await page.getByRole('link', { name: 'Replace the key…' }).click()
    await expect(page.getByRole('button', { name: 'Ask an admin' })).toBeVisible()
  })
})
