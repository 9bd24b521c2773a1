// From a revoked key to a written postmortem, as a responder does it in the browser; the same pages on a phone.

import { expect, test, type Page } from '../support/test'
import { visit } from '../support/go-live'
import { openIncident } from '../support/incident'
import { reset, scenario } from '../support/outside'

test.describe.configure({ timeout: 120_000 })
test.beforeEach(reset)
test.afterEach(reset)

const NEW_KEY = 'phc_typed_once_and_never_shown'

test('a revoked key is found by the triage, replaced from the page, and written up', async ({ as }) => {
  const ana = await as('ana')
  const path = await openIncident(ana)
  await scenario({ key_revoked: true })
  await visit(ana, `${path}/triage`)
  await ana.getByRole('button', { name: 'Take the four looks' }).click()
  await expect(ana.locator('#verdict-title')).toContainText('Our integration', { timeout: 15_000 })
  await expect(ana.locator('.tree-branch.taken')).toHaveCount(2)
  await expect(ana.locator('.tree-word').filter({ hasText: 'taken' })).toHaveCount(2)

  await ana.getByRole('link', { name: 'All actions' }).click()
  // Each key has a way of its own; without a choice it is the one that the preset names first.
  await ana.getByRole('link', { name: 'Replace api-key of Secret posthog-credentials…' }).click()
  await expect(ana.locator('.confirm .facts')).toContainText('read as POSTHOG_API_KEY')
  await ana.getByRole('link', { name: 'Back to all actions' }).click()
  await ana.getByRole('link', { name: 'Replace the key…' }).click()
  await expect(ana.locator('.diff')).toContainText('spec.template')
  await ana.getByLabel('New key').fill(NEW_KEY)
  await ana.getByRole('button', { name: /Replace key api-key .* now/ }).click()
  await expect(ana.locator('.action-done').first()).toContainText('done', { timeout: 45_000 })
  expect(await ana.content()).not.toContain(NEW_KEY)

  await visit(ana, `${path}/evidence`)
  await ana.getByRole('button', { name: 'Collect evidence' }).click()
  await expect(ana.locator('.bundle')).toContainText('collected', { timeout: 45_000 })
})

test('two people write the postmortem, and each sees what the other saved', async ({ as }) => {
  const [ana, rui] = [await as('ana'), await as('rui')]
  const path = `${await openIncident(ana)}/postmortem`
  await visit(ana, path)
  await visit(rui, path)
  const summary = (page: Page) => page.locator('#section-summary textarea')
  await summary(rui).first().fill('What Rui is writing')
  await summary(ana).fill('What Ana saved')
  await ana.locator('#section-summary').getByRole('button', { name: 'Save' }).click()
  // What Ana saved arrives beside what Rui has under his hands, which stays.
  await expect(rui.locator('textarea').filter({ hasText: 'What Ana saved' })).toHaveCount(1)
  await expect(summary(rui).first()).toHaveValue('What Rui is writing')
})

test('on a phone the tree is an outline and no page has to be moved sideways', async ({ as }) => {
  const ana = await as('ana')
  const path = await openIncident(ana)
  await visit(ana, `${path}/triage`)
  await ana.getByRole('button', { name: 'Take the four looks' }).click()
  await expect(ana.locator('.tree')).toBeVisible({ timeout: 15_000 })
  const phone = await as('ana', { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })
  for (const page of ['triage', 'actions', 'evidence', 'postmortem']) {
    await phone.goto(`${path}/${page}`)
    expect(await phone.evaluate(() => document.documentElement.scrollWidth), page).toBeLessThanOrEqual(390)
  }
})
