import { expect, test, type Page } from '../support/test'
import { openGoLive } from '../support/go-live'
import { doHavingLooked, saveHavingLooked } from '../support/thresholds'

/** The page of one threshold of the integration that go-lives were opened for. */
async function open(page: Page, name: string): Promise<void> {
  await page.goto('/thresholds')
  await page.locator('.threshold-group', { hasText: 'production' }).getByRole('link', { name: new RegExp(name) }).first().click()
  await expect(page.getByRole('heading', { level: 1, name: new RegExp(name) })).toBeVisible()
}

async function edit(page: Page): Promise<void> {
  await page.locator('.edit-threshold > summary').click()
}

test('a change is tried on the past, saved as a version, and seen by others without a reload', async ({ as }) => {
  const [ana, sam] = [await as('ana'), await as('sam')]
  await openGoLive(ana)
  await sam.goto('/thresholds')
  await open(ana, 'High latency')
  await edit(ana)
  const limit = ana.getByRole('textbox', { name: 'Limit' })
  const wanted = String(Number(await limit.inputValue()) - 100)
  await limit.fill(wanted)
  await ana.getByRole('button', { name: 'Replay 24 hours' }).click()
  await expect(ana.getByRole('region', { name: 'Replay' })).toBeVisible()
  await expect(limit).toHaveValue(wanted)
  const save = ana.getByRole('button', { name: /Save as version/ })
  const version = (await save.textContent())!.match(/\d+/)![0]
  await save.click()
  await expect(ana.locator(`#version-${version}`)).toContainText('Ana Duarte')
  await expect(ana.locator(`#version-${version}`)).toContainText(wanted)
  await expect(sam.locator('.threshold', { hasText: 'High latency' }).filter({ hasText: `v${version}` })).toBeVisible()
  // Readers are offered nothing that would be refused.
  await open(sam, 'High latency')
  await expect(sam.getByRole('button', { name: /Save|Restore|Replay/ })).toHaveCount(0)
})

test('loosening a P1 asks for a reason and waits for another admin', async ({ as }) => {
  as.expectComplaints(/422/)
  const ana = await as('ana')
  await openGoLive(ana)
  await open(ana, 'API down')
  await edit(ana)
  await ana.getByRole('textbox', { name: 'Limit' }).fill('99')
  await ana.getByRole('button', { name: /Save as version/ }).click()
  await expect(ana.getByText('This loosens a P1: the limit moves away')).toBeVisible()
  await expect(ana.getByRole('textbox', { name: 'Limit' })).toHaveValue('99')
  await ana.locator('#edit-why').fill('A campaign doubles the traffic this week')
  await saveHavingLooked(ana)
  const waiting = ana.getByRole('region', { name: 'A change waits for a second admin' })
  await expect(waiting).toContainText('another admin has to approve it')
  await expect(waiting.getByRole('button', { name: 'Approve' })).toHaveCount(0)
  await waiting.getByRole('button', { name: 'Take it back' }).click()
  await expect(waiting).toHaveCount(0)
})

for (const javaScriptEnabled of [true, false]) {
  test(`old against new is looked at before a change is saved or an earlier version comes back, ${javaScriptEnabled ? 'with' : 'without'} scripts`, async ({ as }) => {
    const ana = await as('ana', { javaScriptEnabled })
    await openGoLive(ana)
    await open(ana, 'High latency')
    await edit(ana)
    const limit = ana.getByRole('textbox', { name: 'Limit' })
    const before = await limit.inputValue()
    const wanted = String(Number(before) - 50)
    await limit.fill(wanted)
    await ana.locator('#edit-why').fill('Nobody waits that long')
    const save = ana.getByRole('button', { name: /Save as version/ })
    const version = Number((await save.textContent())!.match(/\d+/)![0])
    await save.click()
    const replay = ana.getByRole('region', { name: 'Replay' })
    await expect(replay).toContainText(`Now (version ${version - 1})`)
    await expect(replay).toContainText('press Save again')
    await expect(ana.locator('#edit-why')).toHaveValue('Nobody waits that long')
    await expect(ana.locator(`#version-${version}`)).toHaveCount(0)
    await save.click()
    await expect(ana.locator(`#version-${version}`)).toContainText(`${before} → ${wanted}`)
    const earlier = ana.locator(`#version-${version - 1}`)
    await earlier.locator('summary', { hasText: 'Restore' }).click()
    await doHavingLooked(ana, new RegExp(`^Restore version ${version - 1}`))
    await expect(ana.locator(`#version-${version + 1}`)).toContainText(`${wanted} → ${before}`)
  })
}

test('on a phone the table needs no scrolling sideways', async ({ as }) => {
  const ana = await as('ana', { viewport: { width: 360, height: 740 } })
  await openGoLive(ana)
  for (const path of ['/thresholds', '/thresholds/import']) {
    await ana.goto(path)
    expect(await ana.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
  }
  await open(ana, 'API down')
  await edit(ana)
  expect(await ana.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
})
