import { expect, test, type Page } from '../support/test'
import { form, item, openSmall, visit } from '../support/go-live'
import { reset } from '../support/outside'
import { removeSwitches } from '../support/incident'
import { phone, tooWide } from '../support/looks'
import { incidentPages, mainPages } from '../support/pages'

/** What is smaller than a thumb, of what is pressed. */
const tooSmall = (page: Page, pressed: string) =>
  page.evaluate((pressed) => {
    const within = (one: Element, x: number, y: number) => {
      const hit = document.elementFromPoint(x, y)
      return !!hit && (one === hit || one.contains(hit) || hit.contains(one) === false && hit.closest('label') === one)
    }
    const wrong: string[] = []
    for (const one of document.querySelectorAll<HTMLElement>(pressed)) {
      if (!one.checkVisibility() || (one as HTMLButtonElement).disabled) continue
      one.scrollIntoView({ block: 'center' })
      const box = one.getBoundingClientRect()
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
      const half = 21
      const tall = within(one, x, y - half) && within(one, x, y + half)
      const wide = box.width >= 44 || (within(one, x - half, y) && within(one, x + half, y))
      if (!tall || !wide) {
        const at = (dx: number, dy: number) => document.elementFromPoint(x + dx, y + dy)?.className
        const hits = [at(0, -half), at(0, half), at(-half, 0), at(half, 0)].join(' | ')
        wrong.push(`${one.textContent?.trim() || one.getAttribute('aria-label')}: ${box.width}×${box.height} (${hits})`)
      }
    }
    return wrong
  }, pressed)

test('on a phone no page has to be moved sideways', async ({ as }) => {
  const pages = await mainPages(await as('ana'))
  const page = await as('ana', phone)
  for (const { name, path } of pages) {
    await page.goto(path)
    expect(await tooWide(page), name).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth), name).toBeLessThanOrEqual(390)
  }
})

test('on a phone the overview of one integration alone has to be moved sideways as little', async ({ as }) => {
  const page = await as('ana', phone)
  await openSmall(page)
  await page.goto('/')
  await expect(page.locator('.integration').first()).toBeVisible()
  // Others that are there make room of another kind; the next update brings them back.
  const [left, width] = await page.evaluate(() => {
    document.querySelectorAll('.integration ~ .integration').forEach((one) => one.remove())
    return [document.querySelectorAll('.integrations > *').length, document.documentElement.scrollWidth]
  })
  expect([left, width <= 390], `${width} pixels`).toEqual([1, true])
})

test.describe('the pages about incidents', () => {
  test.describe.configure({ timeout: 240_000 })
  test.beforeEach(reset)

  test('on a phone they need no moving sideways, and what one presses on them is as large as a thumb', async ({ as }) => {
    const ana = await as('ana', { viewport: { width: 1440, height: 1000 } })
    const pages = await incidentPages(ana)
    const page = await as('ana', phone)
    const found: string[] = []
    for (const { name, path } of pages) {
      await page.goto(path)
      found.push(...(await tooWide(page)).map((what) => `${name}: ${what}`))
      const small = await tooSmall(page, 'main .button, main summary, .ways a, .choices a, .rail a, .tick-choice, .radio, .choice')
      found.push(...small.map((what) => `${name}: ${what}`))
    }
    await removeSwitches(ana)
    expect(found).toEqual([])
  })
})

test('on a phone what one presses is at least as large as a thumb needs', async ({ as }) => {
  const ana = await as('ana', phone)
  await visit(ana, await openSmall(ana))
  await form(ana, 'keys-are-in-the-vault', 'sign')
  expect(await tooSmall(ana, '.box[data-tick], .button, .more > summary, .rail a, .choices a')).toEqual([])
})

test('on a phone an item is ticked and signed with a thumb', async ({ as }) => {
  const rui = await as('rui', phone)
  await visit(rui, await openSmall(rui))
  await item(rui, 'keys-are-in-the-vault').getByRole('checkbox').tap()
  await expect(item(rui, 'keys-are-in-the-vault').locator('.standing')).toContainText('Rui Matos')
  const sign = await form(rui, 'webhooks-use-https', 'sign')
  await sign.getByLabel('Note').fill('From the train')
  await sign.getByRole('button', { name: 'Sign' }).tap()
  await expect(item(rui, 'webhooks-use-https').locator('blockquote')).toContainText('From the train')
})
