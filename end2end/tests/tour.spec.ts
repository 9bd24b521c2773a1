// The guided tour as a newcomer walks it: from the spike to the resolved incident. Nobody ticks a step off; what really
// happens does.

import { openGoLive, post, visit } from '../support/go-live'
import { reset } from '../support/outside'
import { Panel } from '../support/panel'
import { expect, test, type Page } from '../support/test'
import { world } from '../support/world'

test.describe.configure({ timeout: 300_000 })

let panel: Panel
test.beforeAll(async () => {
  panel = await Panel.start({ GANTRY_TOUR: world().sandbox })
})
test.afterAll(async () => panel.kill())
test.beforeEach(reset)
test.afterEach(reset)

const tour = (page: Page) => page.getByRole('complementary', { name: 'Guided tour' })

/** The step that the tour is at. */
async function at(page: Page, step: string, timeout = 10_000) {
  await expect(tour(page).locator('[aria-current="step"] .tour-name')).toHaveText(step, { timeout })
}

/** Presses a button of the outside world's own page, in a window of its own, as the tour says. */
async function switchOn(page: Page, button: string) {
  const window = page.context().waitForEvent('page')
  await tour(page).getByRole('link', { name: /world/ }).click()
  const outside = await window
  await outside.getByRole('button', { name: button, exact: true }).first().click()
  await expect(outside.getByRole('button', { name: button, exact: true }).first()).toHaveAttribute('aria-pressed', 'true')
  await outside.close()
}

/** Nothing is left of what other flows have opened. */
async function tidy(ana: Page) {
  await openGoLive(ana, { integration: 'posthog-integration' })
  const list = await (await ana.request.get(new URL('/incidents', ana.url()).href)).text()
  for (const path of new Set(list.match(/\/incidents\/[0-9a-f-]{36}(?=")/g))) {
    for (const to of ['resolved', 'reviewed']) {
      const page = await (await ana.request.get(new URL(path, ana.url()).href)).text()
      const seen = page.match(/<form id="state"[\s\S]*?name="seen" value="(\d+)"/)?.[1]
      if (seen && page.includes(`value="${to}"`)) await post(ana, `${path}/state`, { seen, to, note: '' })
    }
  }
}

test('a newcomer is walked from a spike to a resolved incident while a stakeholder follows', async ({ as }) => {
  // The outside world's page is another site's, and is opened on purpose.
  as.expectComplaints(new RegExp(`^request to somebody else: ${world().sandbox}/(scenario/incident-key-revoked)?$`))
  const [ana, rui, sam] = [await as('ana', { at: panel.url }), await as('rui', { at: panel.url }), await as('sam', { at: panel.url })]
  await tidy(ana)
  for (const page of [rui, sam]) {
    await visit(page, '/')
    await tour(page).getByRole('button', { name: /Begin/ }).first().click()
    // What other flows did wrong is over first.
    await at(page, 'Spike', 120_000)
  }
  await switchOn(rui, 'the key was revoked')
  // An incident opens by itself, and the strip on the page follows by itself.
  await at(rui, 'Command', 90_000)
  await at(sam, 'Command')
  await expect(tour(sam)).toContainText('See who takes command')

  await tour(rui).getByRole('link', { name: 'Open the incident' }).click()
  await rui.getByRole('button', { name: 'I look at it' }).click()
  await at(rui, 'Triage')

  await tour(rui).getByRole('link', { name: 'Go to the triage' }).click()
  await rui.getByRole('button', { name: /^(Take the four looks|Look again)$/ }).click()
  await expect(rui.locator('#verdict-title')).toContainText('Our integration', { timeout: 15_000 })
  await at(rui, 'Action')

  await tour(rui).getByRole('link', { name: 'Go to the actions' }).click()
  await rui.getByRole('link', { name: 'Replace the key…' }).click()
  await rui.getByLabel('New key').fill('phc_a_key_of_the_tour')
  await rui.getByRole('button', { name: /Replace key api-key .* now/ }).click()
  await at(rui, 'Calm', 60_000)

  await tour(rui).getByRole('link', { name: 'Watch the timeline' }).click()
  await at(rui, 'Resolved', 150_000)
  await expect(rui.locator('.timeline')).toContainText('Back to normal')
  await at(sam, 'Resolved')

  await rui.getByLabel('Note').fill('A new key is in place')
  await rui.getByRole('button', { name: 'Resolve', exact: true }).click()
  for (const page of [rui, sam]) {
    await expect(tour(page)).toContainText('7 of 7 done')
    await expect(tour(page)).toContainText(/From the spike to the resolved incident in \d+ (min|s)/)
  }
  await tour(rui).getByRole('link', { name: 'Read its postmortem' }).click()
  await expect(rui).toHaveURL(/\/postmortem$/)
  await tour(rui).getByRole('button', { name: 'End the tour' }).click()
  await expect(tour(rui)).toHaveCount(0)
})

test('without JavaScript the tour is begun, goes along, is put away and taken up again', async ({ as }) => {
  const page = await as('rui', { at: panel.url, javaScriptEnabled: false })
  await page.goto('/')
  await tour(page).getByRole('button', { name: /^Begin/ }).first().click()
  await expect(tour(page)).toContainText('of 7 done')
  await page.goto('/go-lives')
  await expect(tour(page)).toContainText('of 7 done')
  await tour(page).getByRole('button', { name: 'Put away' }).click()
  await expect(page).toHaveURL(/\/go-lives$/)
  await expect(tour(page)).toHaveCount(0)
  await page.goto('/')
  await tour(page).getByRole('button', { name: 'Take it up again' }).click()
  await expect(tour(page)).toContainText('of 7 done')
})

test('the strip fits a phone, beside whatever page it is on', async ({ as }) => {
  const page = await as('sam', { at: panel.url, viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })
  await page.goto('/')
  await tour(page).getByRole('button', { name: /Begin|Walk/ }).first().click()
  for (const path of ['/', '/go-lives', '/incidents', '/thresholds']) {
    await page.goto(path)
    await expect(tour(page)).toBeVisible()
    expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(390)
  }
})
