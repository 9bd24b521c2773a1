// Pictures of a rollout under way, held, and taken back; wide and narrow, light and dark, in screenshots-out.

import { expect, test } from '../support/test'
import { post, visit } from '../support/go-live'
import { reset, scenario, settled } from '../support/outside'
import { inEach, shoot, wide } from '../support/pictures'
import { OLD, headline, standsAtTenPercent } from '../support/rollout'

test.describe.configure({ timeout: 300_000 })
test.afterEach(reset)

test('a rollout', async ({ as }) => {
  as.expectComplaints(/./)
  await reset()
  await settled(OLD)
  const [ana, rui, sam] = [await as('ana', wide), await as('rui', wide), await as('sam', wide)]
  const path = await standsAtTenPercent(ana, rui)
  const pages = await inEach((options) => as('rui', options))
  const take = (state: string) => shoot(pages, `rollout-${state}`, (page) => visit(page, path))
  await ana.waitForTimeout(45_000)
  await take('soaking')
  await visit(sam, path)
  await sam.screenshot({ path: 'screenshots-out/rollout-read-only.png', fullPage: true })
  const { page } = pages[0]!
  await page.locator('details:has(> #roll-back) > summary').click()
  await page.screenshot({ path: 'screenshots-out/rollout-confirming.png' })
  await scenario({ prometheus: 'gone' })
  await expect(headline(ana)).toContainText(/[Hh]eld/, { timeout: 60_000 })
  await take('held')
  await post(ana, `${path}/rollout/roll-back`, { reason: 'p99 doubled' })
  await expect(headline(ana)).toContainText(/[Rr]olled back/, { timeout: 60_000 })
  await take('back')
})
