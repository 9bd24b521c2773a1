import { AxeBuilder } from '@axe-core/playwright'
import { expect, test } from '../support/test'
import { openSmall } from '../support/go-live'

test('the first page says what needs whom, leads there, and is found by keys and by name', async ({ as }) => {
  const rui = await as('rui', { reducedMotion: 'reduce' })
  const path = await openSmall(await as('ana'))
  await rui.goto('/')
  await expect(rui.getByRole('region', { name: 'In one look' })).toContainText(/needs? you/)
  const mine = rui.locator(`a[href="${path}?show=mine"]`).first()
  await expect(mine).toBeVisible()
  await mine.click()
  await expect(rui).toHaveURL(new RegExp(`${path}\\?show=mine$`))
  await rui.keyboard.press('g')
  await rui.keyboard.press('h')
  await expect(rui).toHaveURL(/\/$/)
  await rui.keyboard.press('Control+k')
  await rui.getByLabel('Command', { exact: true }).fill('thresh')
  await rui.keyboard.press('Enter')
  await expect(rui).toHaveURL(/\/thresholds$/)
})

test('what changes elsewhere changes on the first page by itself', async ({ as }) => {
  const rui = await as('rui')
  await rui.goto('/')
  await expect(rui.locator('.live-light')).toHaveAttribute('data-connection', 'live')
  const path = await openSmall(await as('ana'))
  await expect(rui.locator(`a[href="${path}"]`)).toBeVisible()
})

for (const [width, height] of [[390, 844], [1280, 800], [3840, 2160]] as const) {
  test(`nothing is cut off and nothing is serious on ${width} pixels`, async ({ as }) => {
    const ana = await as('ana', { viewport: { width, height }, reducedMotion: 'reduce' })
    await openSmall(ana)
    for (const path of ['/', '/health', '/admin', '/admin/people', '/admin/integrations', '/admin/channels', '/admin/audit']) {
      await ana.goto(path)
      expect(await ana.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(width)
      const { violations } = await new AxeBuilder({ page: ana }).analyze()
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
      expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`), path).toEqual([])
    }
  })
}

test('somebody is added with a link that works once', async ({ as }) => {
  const ana = await as('ana')
  const login = `eva-${Date.now()}`
  await ana.goto('/admin/people')
  await ana.getByLabel('Name', { exact: true }).fill('Eva Lind')
  await ana.getByLabel('Sign-in name').fill(login)
  await ana.getByRole('button', { name: 'Add and make a link' }).click()
  const address = (await ana.locator('.one-time code').textContent()) ?? ''
  const eva = await as.nobody()
  await eva.goto(new URL(address).pathname)
  await expect(eva.getByRole('heading', { name: 'Welcome, Eva Lind' })).toBeVisible()
  await eva.getByLabel('Password', { exact: true }).fill('three blind mice run')
  await eva.getByLabel('Password again').fill('three blind mice run')
  await eva.getByRole('button', { name: 'Choose this password' }).click()
  await eva.getByLabel('Name').fill(login)
  await eva.getByLabel('Password').fill('three blind mice run')
  await eva.getByRole('button', { name: 'Sign in' }).click()
  await expect(eva.getByRole('region', { name: 'In one look' })).toBeVisible()
})
