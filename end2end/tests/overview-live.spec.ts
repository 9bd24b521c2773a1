// The first page stays open while a release goes out and comes back: its card follows, and nobody reloads it.

import { expect, test } from '../support/test'
import { openGoLive, visit } from '../support/go-live'
import { settled } from '../support/outside'
import { OLD, headline, rollBack, standsAtTenPercent, takesBack } from '../support/rollout'

test.describe.configure({ timeout: 120_000 })

const started = takesBack()

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

  await standsAtTenPercent(ana, rui, {}, (path) => started(ana, path))
  await expect(card).toContainText('Soaking at step 1 of 3, 10\u00a0%', { timeout: 30_000 })
  await expect(track.locator('li')).toHaveText(['10\u00a0%', '50\u00a0%', '100\u00a0%'])
  await expect(track.locator('.now')).toHaveText('10\u00a0%')
  await expect(track.locator('.done')).toHaveCount(0)
  await expect(runs.locator('.version')).toHaveText(/^v2\.5\./, { timeout: 30_000 })

  await rollBack(ana)
  await expect(headline(ana)).toContainText('Rolled back to v2.4.1', { timeout: 30_000 })
  await expect(track).toHaveCount(0, { timeout: 30_000 })
  await expect(runs.locator('.version')).toHaveText('v2.4.1', { timeout: 30_000 })
  await settled(OLD)
  expect(loaded, 'the page was never loaded again').toBe(0)
})
