// Pictures of the second half: thresholds, a bad day, incidents from the first look to the postmortem, what everybody
// reads, and the sandbox' own pages; wide and narrow, light and dark, in screenshots-out.

import { expect, test, type Page } from '../support/test'
import { incidentPages, type Named } from '../support/pages'
import { reset, scenario } from '../support/outside'
import { openGoLive } from '../support/go-live'
import { inEach, shoot, wide } from '../support/pictures'
import { world } from '../support/world'

test.describe.configure({ timeout: 400_000 })
test.afterEach(reset)

/** The page of one threshold, as it stands, and with a change that was tried on the past. */
async function threshold(ana: Page): Promise<string> {
  await ana.goto('/thresholds')
  const link = ana.locator('.threshold-group', { hasText: 'production' }).getByRole('link', { name: /High latency/ }).first()
  await link.click()
  return new URL(ana.url()).pathname
}

async function replay(page: Page) {
  await page.locator('.edit-threshold > summary').click()
  await page.getByRole('textbox', { name: 'Limit' }).fill('200')
  await page.getByRole('button', { name: 'Replay 24 hours' }).click()
  await expect(page.getByRole('region', { name: 'Replay' })).toBeVisible()
}

test('the second half', async ({ as }) => {
  as.expectComplaints(/./)
  await reset()
  const ana = await as('ana', wide)
  await openGoLive(ana, { integration: 'posthog-integration' })
  const limit = await threshold(ana)
  const pages = await inEach((options) => as('ana', options))
  const take = async (named: Named[], act?: (page: Page) => Promise<void>) => {
    for (const { name, path } of named) {
      await shoot(pages, name, async (page) => {
        await page.goto(path)
        await act?.(page)
      })
    }
  }
  await take([
    { name: 'overview-calm', path: '/' },
    { name: 'status-calm', path: '/status' },
    { name: 'incidents-calm', path: '/incidents' },
    { name: 'thresholds-calm', path: '/thresholds' },
  ])
  await scenario({ key_revoked: true })
  const bad = await incidentPages(ana)
  await ana.goto('/')
  await expect(ana.locator('.integration.bad')).toContainText('fires', { timeout: 60_000 })
  await take([
    { name: 'overview-bad', path: '/' },
    { name: 'thresholds', path: '/thresholds' },
    { name: 'threshold', path: limit },
    { name: 'health', path: '/health' },
    ...bad,
  ])
  await take([{ name: 'threshold-replay', path: limit }], replay)
  const sandbox = world().sandbox
  await take([
    { name: 'sandbox', path: sandbox },
    { name: 'sandbox-slack', path: `${sandbox}/inbox/slack` },
    { name: 'sandbox-pagerduty', path: `${sandbox}/inbox/pagerduty` },
  ])
})
