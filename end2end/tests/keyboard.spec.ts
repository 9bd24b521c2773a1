import { expect, test, type Page } from '../support/test'
import { item, openGoLive, openSmall, visit } from '../support/go-live'
import { openIncident } from '../support/incident'

test('a checklist is filtered, walked, opened and ticked with keys alone', async ({ as }) => {
  const ana = await as('ana')
  await visit(ana, await openSmall(ana))
  await ana.keyboard.press('/')
  await expect(ana.getByPlaceholder('Filter')).toBeFocused()
  await ana.keyboard.type('webhooks')
  await expect(item(ana, 'webhooks-use-https')).toBeVisible()
  await expect(item(ana, 'keys-are-in-the-vault')).toBeHidden()
  await ana.keyboard.press('Escape')
  await ana.keyboard.press('ArrowDown')
  await expect(item(ana, 'webhooks-use-https')).toBeFocused()
  await ana.keyboard.press(' ')
  await expect(item(ana, 'webhooks-use-https').locator('.standing')).toContainText('Ana Duarte')
  await expect(item(ana, 'webhooks-use-https')).toBeFocused()

  await ana.keyboard.press('/')
  await ana.keyboard.press('Control+A')
  await ana.keyboard.press('Delete')
  await ana.keyboard.press('Escape')
  await expect(item(ana, 'keys-are-in-the-vault')).toBeVisible()
  for (const key of ['keys-are-in-the-vault', 'webhooks-use-https', 'the-runbook-was-rehearsed']) {
    await ana.keyboard.press('ArrowDown')
    await expect(item(ana, key)).toBeFocused()
  }
  await ana.keyboard.press('ArrowUp')
  await expect(item(ana, 'webhooks-use-https')).toBeFocused()
  await ana.keyboard.press('Enter')
  await expect(item(ana, 'webhooks-use-https').locator('.behind')).toBeVisible()
})

test('a filter goes on filtering after a change by another', async ({ as }) => {
  const [ana, rui] = [await as('ana'), await as('rui')]
  const path = await openSmall(ana)
  await visit(ana, path)
  await visit(rui, path)
  await rui.getByPlaceholder('Filter').fill('webhooks')
  await item(ana, 'webhooks-use-https').getByRole('checkbox').click()
  await expect(item(rui, 'webhooks-use-https').locator('.standing')).toContainText('Ana Duarte')
  await expect(item(rui, 'keys-are-in-the-vault')).toBeHidden()
  await expect(rui.getByPlaceholder('Filter')).toHaveValue('webhooks')
})

test('g and a letter jump, and ? shows the keys', async ({ as }) => {
  const ana = await as('ana')
  await visit(ana, await openSmall(ana))
  await ana.keyboard.press('?')
  await expect(ana.getByRole('heading', { name: 'Keys' })).toBeVisible()
  await ana.keyboard.press('?')
  await expect(ana.getByRole('heading', { name: 'Keys' })).toBeHidden()
  await ana.keyboard.press('g')
  await ana.keyboard.press('o')
  await expect(ana).toHaveURL(/\/go-lives$/)
})

test('keys typed into a field are text', async ({ as }) => {
  const ana = await as('ana')
  await visit(ana, await openSmall(ana))
  await ana.keyboard.press('/')
  await ana.keyboard.type('g? x/')
  await expect(ana.getByPlaceholder('Filter')).toHaveValue('g? x/')
  await expect(ana.getByRole('heading', { name: 'Keys' })).toBeHidden()
})

test('what is open and mine is one choice away', async ({ as }) => {
  const [ana, rui] = [await as('ana'), await as('rui')]
  const path = await openGoLive(ana)
  await visit(rui, path)
  await item(rui, 'pipeline').getByRole('checkbox').click()
  await expect(item(rui, 'pipeline').locator('.standing')).toContainText('Rui Matos')
  await rui.getByRole('link', { name: /Open and mine/ }).click()
  await expect(item(rui, 'pipeline')).toHaveCount(0)
  await expect(item(rui, 'tests-pass')).toBeVisible()
  // A stakeholder has nothing of their own to sign.
  const sam = await as('sam')
  await visit(sam, `${path}?show=mine`)
  await expect(sam.locator('.item')).toHaveCount(0)
  await expect(sam.getByText('Nothing waits for you')).toBeVisible()
})

interface Stop {
  name: string
  /** Whether one sees where one is. */
  seen: boolean
}

/** What the keys reach from here on, one after the other, until they leave the page's content. */
async function stops(page: Page): Promise<Stop[]> {
  const found: Stop[] = []
  for (let pressed = 0; pressed < 80; pressed += 1) {
    await page.keyboard.press('Tab')
    const stop = await page.evaluate(() => {
      const one = document.activeElement as HTMLInputElement | null
      if (!one?.closest('main')) return null
      const box = one.getBoundingClientRect()
      const { outlineStyle, outlineWidth } = getComputedStyle(one)
      const outlined = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2
      const within = box.bottom > 0 && box.top < innerHeight && box.width > 0
      const name = one.getAttribute('aria-label') ?? one.labels?.[0]?.textContent ?? one.textContent ?? ''
      return { name: name.trim(), seen: outlined && within }
    })
    if (!stop) break
    found.push(stop)
  }
  return found
}

test.describe.configure({ timeout: 120_000 })

test('everything that can be done about an incident is reached by keys, in the order in which it is needed', async ({ as }) => {
  const rui = await as('rui', { viewport: { width: 1440, height: 900 } })
  await visit(rui, await openIncident(await as('ana')))
  await rui.locator('.skip').press('Enter')
  const found = await stops(rui)
  // A field of dates is several stops, and the browser marks its little button itself.
  const shown = ({ name }: Stop) => found.some((one) => one.name === name && one.seen)
  expect(found.filter((one) => !shown(one))).toEqual([])
  const names = found.map(({ name }) => name)
  const wanted = [
    'I look at it',
    'Triage',
    'Postmortem',
    'Note',
    'Investigate',
    'Resolve',
    'Take command',
    'Hand over…',
    'Change severity…',
    'Write an update…',
    'What happened',
    'Happened at',
    'Everybody may read it on the status page',
    'Add to the timeline',
  ]
  let at = -1
  for (const name of wanted) {
    const next = names.findIndex((one, place) => place > at && one.startsWith(name))
    expect(next, `${name} after ${names[at]} in ${names.join(' · ')}`).toBeGreaterThan(at)
    at = next
  }
})

test('what others do to an incident takes nobody their place on the page', async ({ as }) => {
  const [ana, rui] = [await as('ana'), await as('rui')]
  const path = await openIncident(ana)
  await visit(ana, path)
  await visit(rui, path)
  const chips = rui.locator('.incident-chips')
  const here = () => rui.evaluate(() => document.activeElement?.closest('[data-live]')?.getAttribute('data-live'))

  // What one pressed is gone; the keys go on from where it stood.
  await rui.getByRole('button', { name: 'I look at it' }).focus()
  await rui.keyboard.press('Enter')
  await expect(chips).toContainText('investigating')
  expect(await here()).toBe('incident-head')

  // Somebody writes while others act: the text and the place in it stay.
  const note = rui.getByLabel(/^Note/)
  await note.focus()
  await rui.keyboard.type('Half a ')
  await ana.getByLabel('What happened').first().fill('Seen by Ana')
  await ana.getByRole('button', { name: 'Add to the timeline' }).click()
  await expect(rui.locator('.timeline')).toContainText('Seen by Ana')
  await rui.keyboard.type('sentence')
  await expect(note).toHaveValue('Half a sentence')
  await expect(note).toBeFocused()
  await note.fill('')

  // A form that closes behind what it did leaves the keys at what opens it again.
  const severity = rui.locator('summary', { hasText: 'Change severity…' })
  await severity.press('Enter')
  await rui.getByLabel('Reason').fill('Only the reports are late')
  await rui.getByRole('radio', { name: /P3/ }).check()
  await rui.getByRole('button', { name: 'Change the severity' }).press('Enter')
  await expect(chips).toContainText('P3')
  await expect(severity).toBeFocused()

  // The button one is at goes because somebody was quicker, and becomes no other one.
  await rui.getByRole('button', { name: 'Cause identified' }).focus()
  await ana.getByRole('button', { name: 'Resolve', exact: true }).click()
  await expect(chips).toContainText('resolved')
  expect(await here()).toBe('respond')
  await expect(rui.getByRole('button', { name: 'Mark as reviewed' })).not.toBeFocused()
})
