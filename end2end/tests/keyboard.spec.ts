import { expect, test } from '../support/test'
import { item, openGoLive, openSmall, visit } from '../support/go-live'

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
