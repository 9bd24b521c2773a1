import { expect, test } from '../support/test'
import { form, item, openSmall, startButton } from '../support/go-live'
import { person } from '../support/world'

const plain = { javaScriptEnabled: false }
const KEY = 'keys-are-in-the-vault'

test('signing in and out works without JavaScript', async ({ as }) => {
  const page = await as.nobody(plain)
  await page.goto('/go-lives')
  await page.getByLabel('Name').fill('rui')
  await page.getByLabel('Password').fill(person('rui').password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page).toHaveURL(/\/go-lives$/)
  await page.getByLabel('Account of Rui Matos').click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await expect(page).toHaveURL(/\/sign-in$/)
})

test('ticking works without JavaScript', async ({ as }) => {
  const page = await as('rui', plain)
  await page.goto(await openSmall(page))
  await item(page, KEY).getByRole('checkbox').click()
  await expect(page).toHaveURL(new RegExp(`#item-${KEY}$`))
  await expect(item(page, KEY).locator('.standing')).toContainText('Rui Matos')
})

test('signing works without JavaScript, and a refused form keeps what was typed', async ({ as }) => {
  const page = await as('rui', plain)
  await page.goto(await openSmall(page))
  const sign = await form(page, KEY, 'sign')
  await sign.getByLabel('Note').fill('Kept without a script')
  await sign.getByLabel('Link to the evidence').fill('javascript:alert(1)')
  await sign.getByRole('button', { name: 'Sign' }).click()

  await expect(sign).toBeVisible()
  await expect(sign.getByLabel('Note')).toHaveValue('Kept without a script')
  await expect(sign.getByLabel('Link to the evidence')).toHaveAccessibleDescription(/not a link/)
  await sign.getByLabel('Link to the evidence').fill('https://ci.example/runs/3')
  await sign.getByRole('button', { name: 'Sign' }).click()
  await expect(item(page, KEY).locator('.standing')).toContainText('Rui Matos')
})

test('the start button is there without JavaScript, disabled, with the reason in words', async ({ as }) => {
  const page = await as('rui', plain)
  await page.goto(await openSmall(page))
  await expect(startButton(page)).toBeDisabled()
  await expect(startButton(page)).toHaveAccessibleDescription(/the gate is closed: 3 items are open/)
})
