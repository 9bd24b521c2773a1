// The first page stays open while a release goes out and comes back: its card follows, and nobody reloads it.

import { expect, test, type Page } from '../support/test'
import { openGoLive, post, visit } from '../support/go-live'
import { reset, settled } from '../support/outside'
import { OLD, headline, standsAtTenPercent } from '../support/rollout'

test.describe.configure({ timeout: 120_000 })

let started: { page: Page; path: string } | undefined

test.beforeEach(async () => {
  await reset()
  await settled(OLD)
})

test.afterEach(async () => {
  // Whatever happened, the next test finds the old version running.
  if (started) await post(started.page, `${started.path}/rollout/roll-back`, { reason: '' }).catch(() => {})
  started = undefined
  await reset()
})

test('the card of an integration says what runs, how it is and what goes out, as it happens', async ({ as }) => {
  const [ana, rui, sam] = [await as('ana'), await as('rui'), await as('sam')]
  await visit(sam, '/')
  let loaded = 0
  sam.on('domcontentloaded', () => (loaded += 1))

  // With its first go-live the integration is there.
  await openGoLive(ana, { integration: 'posthog-integration', from: OLD })
  const card = sam.locator('.integration[data-key="PostHog production"]')
  const track = card.locator('.mini-track')
  const runs = card.locator('.runs:not([data-stale])')
  await expect(runs.locator('.version')).toHaveText('v2.4.1', { timeout: 30_000 })
  await expect(runs).toContainText('in the cluster')
  const known = /^(healthy|degraded|down)$/
  await expect(card.locator('.light')).toHaveCount(3)
  await expect(card.locator('.light:not([data-stale]) .word')).toHaveText([known, known, known], { timeout: 45_000 })
  await expect(track).toHaveCount(0)

  await standsAtTenPercent(ana, rui, {}, (path) => (started = { page: ana, path }))
  await expect(card).toContainText('Soaking at step 1 of 3, 10\u00a0%', { timeout: 30_000 })
  await expect(track.locator('li')).toHaveText(['10\u00a0%', '50\u00a0%', '100\u00a0%'])
  await expect(track.locator('.now')).toHaveText('10\u00a0%')
  await expect(track.locator('.done')).toHaveCount(0)
  await expect(runs.locator('.version')).toHaveText(/^v2\.5\./, { timeout: 30_000 })

  await ana.locator('summary', { hasText: 'Roll back to v2.4.1…' }).click()
  await ana.locator('#roll-back').getByRole('button', { name: 'Roll back to v2.4.1 now' }).click()
  await expect(headline(ana)).toContainText('Rolled back to v2.4.1', { timeout: 30_000 })
  await expect(track).toHaveCount(0, { timeout: 30_000 })
  await expect(runs.locator('.version')).toHaveText('v2.4.1', { timeout: 30_000 })
  await settled(OLD)
  expect(loaded, 'the page was never loaded again').toBe(0)
})
