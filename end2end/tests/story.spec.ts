// The whole story of one incident, from the spike to the reviewed postmortem, by the pages alone: on a wide screen, and
// on a phone. Everything is done in the pages; only what goes wrong in the outside world is switched at its controls.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test, type Page } from '../support/test'
import { openGoLive, visit } from '../support/go-live'
import { closeEarlier, removeSwitches } from '../support/incident'
import { reset, scenario, settled } from '../support/outside'
import { saveHavingLooked } from '../support/thresholds'
import { unzip } from '../support/zip'

test.describe.configure({ timeout: 240_000 })
test.beforeEach(reset)
test.afterEach(reset)

const LIMITED = { posthog: { rate_limited: true }, all_versions: { rate_limited_percent: 20 } }
const wide = { viewport: { width: 1440, height: 1000 } }
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }

/** An admin has the threshold look at the last 15 seconds, so that a spike is over soon after it is over. */
async function quickThreshold(ana: Page) {
  await openGoLive(ana, { integration: 'posthog-integration' })
  await ana.goto('/thresholds')
  await ana.locator('.threshold-group', { hasText: 'production' }).getByRole('link', { name: /Rate limited/ }).first().click()
  await ana.locator('.edit-threshold > summary').click()
  const window = ana.getByRole('textbox', { name: 'Window' })
  if (/^15 s$/.test(await window.inputValue())) return
  await window.fill('15 s')
  await saveHavingLooked(ana)
  await expect(ana.locator('.versions-list > ol > li').first().filter({ hasText: '15 s' })).toBeVisible()
}

const state = (page: Page) => page.locator('.incident-chips')

for (const [size, options] of Object.entries({ wide, phone })) {
  test(`from a spike to a reviewed postmortem, ${size}`, async ({ as }, about) => {
    await settled('registry.example/posthog-integration:v2.4.1')
    const ana = await as('ana')
    await quickThreshold(ana)
    await removeSwitches(ana)
    await closeEarlier(ana, 'Rate limited')
    const overview = await as('rui', options)
    const list = await overview.context().newPage()
    await visit(overview, '/')
    await visit(list, '/incidents')

    // The spike: what nobody loads again shows it all the same.
    await scenario(LIMITED)
    const row = list.locator('.incident-row.is-open', { hasText: 'Rate limited' })
    await expect(row).toBeVisible({ timeout: 40_000 })
    await expect(row).toContainText('nobody leads')
    const card = overview.locator('.integration', { hasText: 'Incidents' }).filter({ hasText: 'production' })
    await expect(card).toContainText('nobody leads')
    await expect(card).toContainText('P2 fires')
    await overview.close()

    // Somebody looks at it, and leads from then on.
    const page = list
    await row.getByRole('link').click()
    await expect(state(page)).toContainText('still firing')
    await page.getByRole('button', { name: 'I look at it' }).click()
    await expect(state(page)).toContainText('investigating')
    await expect(page.locator('.tile', { hasText: 'Commander' })).toContainText('Rui Matos')
    const incident = new URL(page.url()).pathname
    const ways = page.getByRole('navigation', { name: 'About this incident' })

    // The four looks, the tree, and what a person knows better than the findings.
    await ways.getByRole('link', { name: 'Triage' }).click()
    await page.getByRole('button', { name: /^(Take the four looks|Look again)$/ }).click()
    // The first look was taken by itself; what is overruled is Rui's.
    await expect(page.locator('.verdict')).toContainText('by Rui Matos', { timeout: 15_000 })
    await expect(page.locator('#verdict-title')).toContainText('Our integration')
    await expect(page.locator('.tree-branch.taken')).toHaveCount(2)
    const asked = page.locator('.tree-node.met', { hasText: 'Does its status page show an incident?' })
    await asked.getByText('Overrule…').click()
    await asked.getByLabel('What you know').fill('Their support says so on the phone')
    await asked.getByRole('button', { name: 'Answer yes' }).click()
    await expect(page.locator('#verdict-title')).toContainText("The vendor's incident")
    await expect(asked).toContainText('Rui Matos: Their support says so on the phone (the findings say no)')

    // The action that helps against 429s: rehearsed by the cluster, confirmed, watched until the pods are ready.
    await page.getByRole('link', { name: 'Queue what is sent…' }).click()
    await expect(page.locator('.diff')).toContainText('RATE_LIMIT_MODE')
    await page.getByRole('button', { name: 'Set RATE_LIMIT_MODE=queue now' }).click()
    const done = page.locator('.action-done').filter({ has: page.getByText('Set RATE_LIMIT_MODE=queue', { exact: true }) })
    await expect(done).toContainText(/10 of 10 pods ready/, { timeout: 45_000 })
    await expect(done.locator('.state')).toHaveText(/done/)
    await expect(page.getByRole('region', { name: 'In force until somebody removes it' })).toContainText('RATE_LIMIT_MODE')

    // What is for ourselves, and what is for everybody.
    await ways.getByRole('link', { name: 'Timeline' }).click()
    await page.getByLabel('What happened').first().fill('The account manager raises our limit at noon')
    await page.getByRole('button', { name: 'Add to the timeline' }).click()
    await expect(page.locator('.timeline')).toContainText('The account manager raises our limit at noon')
    const published = `Events arrive late; we queue them and nothing is lost (${size} ${Date.now()})`
    await page.getByRole('link', { name: 'Write an update' }).click()
    await page.getByLabel('Impact').fill('Events arrive late')
    await page.getByLabel('Current action').fill('Queueing what the vendor does not take')
    await page.getByLabel('For everybody, on the status page').fill(published)
    await page.getByRole('button', { name: 'Look at it first' }).click()
    const preview = page.getByRole('complementary', { name: 'Preview' })
    await expect(preview).toContainText('Commander: Rui Matos')
    await expect(preview).toContainText(published)
    await page.getByRole('button', { name: 'Send it' }).click()
    const update = page.locator('.delivery', { hasText: 'Slack' }).filter({ hasText: 'Rui Matos' }).first()
    await expect(update).toContainText('Update')
    await expect(update.locator('.state')).toHaveText(/sent/)

    // Whoever only reads: everything, and nothing to press. Whoever is not signed in: what is public.
    const sam = await as('sam', options)
    await sam.goto(incident)
    await expect(sam.locator('.timeline')).toContainText('The account manager raises our limit at noon')
    await expect(sam.locator('main form, main button')).toHaveCount(0)
    const anybody = await as.nobody(options)
    await expect(async () => {
      await anybody.goto('/status')
      await expect(anybody.locator('.public-incident', { hasText: published })).toBeVisible({ timeout: 500 })
    }).toPass({ timeout: 10_000 })
    await expect(anybody.locator('body')).not.toContainText('account manager')
    await expect(anybody.locator('body')).not.toContainText('Their support says so')

    // The vendor lets us again, and the threshold sees it by itself; then the switch goes before the incident does.
    await scenario({ posthog: null, all_versions: null })
    await expect(state(page)).toContainText('not firing now', { timeout: 45_000 })
    await expect(page.locator('.response-parts')).toContainText('Set and not removed yet; resolving does not remove it')
    await page.getByRole('link', { name: 'remove it' }).click()
    await expect(page.locator('.diff')).toContainText('RATE_LIMIT_MODE')
    await page.getByRole('button', { name: 'Return RATE_LIMIT_MODE to “reject” now' }).click()
    const removed = page.locator('.action-done').filter({ has: page.getByText(/^Return RATE_LIMIT_MODE/) })
    await expect(removed.locator('.state')).toHaveText(/done/, { timeout: 45_000 })
    await ways.getByRole('link', { name: 'Timeline' }).click()
    await expect(page.locator('.response-parts')).not.toContainText('Set and not removed yet')
    await page.getByLabel(/^Note/).fill('The limit was raised')
    await page.getByRole('button', { name: 'Resolve', exact: true }).click()
    await expect(state(page)).toContainText('resolved')
    await expect(sam.locator('.incident-chips')).toContainText('resolved')

    // The evidence, before logs rotate: whole, and as the manifest says.
    await ways.getByRole('link', { name: 'Evidence' }).click()
    await page.getByRole('button', { name: 'Collect evidence' }).click()
    await expect(page.locator('.bundle h3 .state')).toHaveText('complete', { timeout: 45_000 })
    const downloading = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Download the zip file' }).click()
    const files = unzip(readFileSync(await (await downloading).path()))
    const manifest = files.get('MANIFEST')?.toString() ?? ''
    const named = [...manifest.matchAll(/^([0-9a-f]{64}) {2}(.+)$/gm)]
    expect(named.map(([, , path]) => path).sort()).toEqual([...files.keys()].filter((path) => path !== 'MANIFEST').sort())
    for (const [, sum, path] of named) {
      expect(createHash('sha256').update(files.get(path)!).digest('hex'), path).toBe(sum)
    }
    expect(named.length).toBeGreaterThan(5)

    // What was learned, and what is done about it.
    await ways.getByRole('link', { name: 'Postmortem' }).click()
    await expect(page.locator('.postmortem')).toContainText('Set RATE_LIMIT_MODE=queue')
    const summary = page.locator('#section-summary')
    await summary.getByLabel('Summary').fill('The vendor limited us; events were queued and none was lost.')
    await summary.getByRole('button', { name: 'Save' }).click()
    await expect(page.locator('.written', { hasText: 'Rui Matos' })).toHaveCount(1)
    await page.getByLabel('What is to be done').fill('Alert at 80 % of the limit')
    await page.getByLabel('Who does it').fill('Rui Matos')
    await page.getByLabel('By when').fill('2031-05-01')
    await page.getByRole('button', { name: 'Add the action item' }).click()
    const item = page.locator('.action-item', { hasText: 'Alert at 80 % of the limit' })
    await expect(item).toContainText('Rui Matos · due 2031-05-01')
    await item.getByRole('button', { name: 'Mark as done' }).click()
    await expect(item.locator('.state')).toHaveText(/done/)
    await page.getByRole('button', { name: 'Mark as reviewed' }).click()
    await expect(page).toHaveURL(new RegExp(`${incident}$`))
    await expect(state(page)).toContainText('reviewed')
    await page.goto('/incidents')
    await expect(page.locator('.incident-row', { hasText: 'reviewed' }).first()).toContainText('Rate limited')
    about.annotations.push({ type: 'incident', description: incident })
  })
}
