import { expect, test } from '../support/test'
import { form, openSmall, post, visit } from '../support/go-live'
import { reset, scenario } from '../support/outside'
import { removeSwitches } from '../support/incident'
import { rulesFor, serious } from '../support/looks'
import { incidentPages, mainPages } from '../support/pages'

for (const colorScheme of ['light', 'dark'] as const) {
  test(`no main page has a serious fault of accessibility in ${colorScheme}`, async ({ as }) => {
    const rules = rulesFor(colorScheme)
    const ana = await as('ana', { colorScheme, reducedMotion: 'reduce' })
    const found: string[] = []
    for (const { name, path } of await mainPages(ana)) {
      if (name === 'console-mine') continue
      await ana.goto(path)
      found.push(...(await serious(ana, rules)).map((line) => `${name}: ${line}`))
    }
    const outside = await as.nobody({ colorScheme })
    await outside.goto('/sign-in')
    found.push(...(await serious(outside, rules)).map((line) => `sign-in: ${line}`))
    expect(found).toEqual([])
  })
}

test.describe('the pages about incidents', () => {
  test.describe.configure({ timeout: 150_000 })
  test.beforeEach(reset)
  test.afterEach(reset)

  test('no page about an incident or a threshold has a serious fault, in the light and in the dark', async ({ as }) => {
    await scenario({ key_revoked: true })
    const ana = await as('ana', { reducedMotion: 'reduce' })
    const pages = await incidentPages(ana)
    await ana.goto('/thresholds')
    await ana.locator('.threshold-group', { hasText: 'production' }).getByRole('link').first().click()
    pages.push({ name: 'threshold', path: new URL(ana.url()).pathname }, { name: 'overview', path: '/' })
    const found: string[] = []
    for (const colorScheme of ['light', 'dark'] as const) {
      const rules = rulesFor(colorScheme)
      await ana.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      for (const { name, path } of pages) {
        await ana.goto(path)
        // What is behind a disclosure is looked at too.
        await ana.evaluate(() => document.querySelectorAll('main details').forEach((one) => one.setAttribute('open', '')))
        found.push(...(await serious(ana, rules)).map((line) => `${name}, ${colorScheme}: ${line}`))
      }
    }
    await removeSwitches(ana)
    expect(found).toEqual([])
  })
})

for (const colorScheme of ['light', 'dark'] as const) {
  for (const viewport of [{ width: 1280, height: 800 }, { width: 360, height: 740 }]) {
    test(`the status page has no serious fault in ${colorScheme} at ${viewport.width}, and needs no scrolling sideways`, async ({ as }) => {
      const rui = await as('rui')
      await rui.goto('/incidents/new')
      const integration = await rui.getByLabel('What it is about').locator('option').first().getAttribute('value')
      const title = `Events are late ${Date.now()}`
      const opened = await post(rui, '/incidents', { integration: integration!, severity: 'p2', title })
      const words = `We look into late events ${Date.now()}`
      await post(rui, `${opened.headers().location}/notes`, { text: words, public: 'on' })
      const anybody = await as.nobody({ colorScheme, viewport, reducedMotion: 'reduce' })
      await expect(async () => {
        await anybody.goto('/status')
        await expect(anybody.getByText(words)).toBeVisible({ timeout: 500 })
      }).toPass({ timeout: 10_000 })
      expect(await serious(anybody)).toEqual([])
      expect(await anybody.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(viewport.width)
      await post(rui, `${opened.headers().location}/state`, { seen: '1', to: 'resolved', note: '' })
    })
  }
}

test('opened items, open menus and refused forms have no serious fault either', async ({ as }) => {
  const ana = await as('ana', { reducedMotion: 'reduce' })
  await visit(ana, await openSmall(ana))
  const sign = await form(ana, 'keys-are-in-the-vault', 'sign')
  await sign.getByLabel('Link to the evidence').fill('javascript:alert(1)')
  await sign.getByRole('button', { name: 'Sign' }).click()
  await expect(sign.getByRole('alert')).toBeVisible()
  await ana.evaluate(() => document.querySelectorAll('details').forEach((one) => one.setAttribute('open', '')))
  expect(await serious(ana)).toEqual([])
})
