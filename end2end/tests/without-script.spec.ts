import { expect, test } from '../support/test'
import { form, item, openGoLive, openSmall, post, signAll, startButton } from '../support/go-live'
import { reset, settled } from '../support/outside'
import { OLD, headline, newImage, rollBack } from '../support/rollout'
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

test('a filter that would do nothing is not there without JavaScript', async ({ as }) => {
  const [page, scripted] = [await as('rui', plain), await as('rui')]
  const path = await openSmall(page)
  for (const address of [path, '/go-lives', '/incidents']) {
    await page.goto(address)
    await expect(page.getByRole('searchbox')).toHaveCount(0)
    await scripted.goto(address)
    await expect(scripted.getByRole('searchbox')).toBeVisible()
  }
})

test('a plan, a rollout and the way back need no JavaScript', async ({ as }) => {
  test.setTimeout(150_000)
  await reset()
  await settled(OLD)
  const [ana, rui] = [await as('ana', plain), await as('rui', plain)]
  const path = await openGoLive(ana, { integration: 'posthog-integration', from: OLD, image: newImage() })
  await signAll([ana, rui], path)
  try {
    await ana.goto(path)
    const plan = ana.locator('#plan')
    if (!(await plan.isVisible())) await ana.locator('details:has(> #plan) > summary').click()
    await plan.getByLabel('Step 1: percent of the pods').fill('20')
    await plan.getByLabel(/^Step 1: soak/).fill('1 h')
    await plan.getByRole('button', { name: 'Save the plan' }).click()
    await expect(ana.locator('#plan-title')).toContainText('20 % → 50 % → 100 %')
    await ana.getByRole('button', { name: 'Check again' }).click()
    await startButton(ana).click()
    const shows = async (text: string) => {
      await expect
        .poll(async () => {
          await ana.goto(path)
          return headline(ana).textContent()
        }, { timeout: 45_000 })
        .toContain(text)
    }
    await shows('Soaking at step 1 of 3, 20\u00a0%')
    await rollBack(ana, 'Carts are empty')
    await shows('Rolled back to v2.4.1')
    await expect(ana.locator('.flight-head')).toContainText('Carts are empty')
    await settled(OLD)
  } finally {
    await post(ana, `${path}/rollout/roll-back`, { reason: '' }).catch(() => {})
  }
})
