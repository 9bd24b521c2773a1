import { expect, test } from '../support/test'
import { item, openSmall, post, visit } from '../support/go-live'
import { Panel } from '../support/panel'
import { person } from '../support/world'

const field = { name: 'Name', password: 'Password' }

test('a wrong password says so, keeps the name and forgets the password', async ({ as }) => {
  const page = await as.nobody()
  await page.goto('/sign-in')
  await page.getByLabel(field.name).fill('ana')
  await page.getByLabel(field.password).fill('not this')
  await page.getByRole('button', { name: 'Sign in' }).click()

  await expect(page.getByRole('alert')).toContainText('do not belong together')
  await expect(page.getByLabel(field.name)).toHaveValue('ana')
  await expect(page.getByLabel(field.password)).toHaveValue('')
})

test('whoever is not signed in is asked to, and arrives where they wanted to go; signing out ends it', async ({ as }) => {
  const page = await as.nobody()
  await page.goto('/go-lives/import')
  await expect(page).toHaveURL(/\/sign-in\?next=/)
  const rui = person('rui')
  await page.getByLabel(field.name).fill(rui.login)
  await page.getByLabel(field.password).fill(rui.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page).toHaveURL(/\/go-lives\/import$/)

  await page.getByLabel(`Account of ${rui.name}`).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await expect(page).toHaveURL(/\/sign-in$/)
  await page.goto('/go-lives')
  await expect(page).toHaveURL(/\/sign-in/)
})

for (const elsewhere of ['//evil.example/', 'https://evil.example/', '/\\evil.example', 'javascript:alert(1)']) {
  test(`after signing in nobody is sent to ${elsewhere}`, async ({ as }) => {
    const page = await as.nobody()
    await page.goto(`/sign-in?next=${encodeURIComponent(elsewhere)}`)
    const rui = person('rui')
    await page.getByLabel(field.name).fill(rui.login)
    await page.getByLabel(field.password).fill(rui.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await expect(page).toHaveURL(/^http:\/\/127\.0\.0\.1:\d+\/$/)
  })
}

test('after many tries on one account the page says when to try again', async ({ as }) => {
  // From an address of its own and with a name that nobody has: everybody else is left alone.
  const panel = await Panel.start({ GANTRY_TRUSTED_PROXIES: '1' })
  const from = `198.51.100.${Math.floor(Math.random() * 250)}`
  const page = await as.nobody({ at: panel.url, extraHTTPHeaders: { 'x-forwarded-for': from } })
  await page.goto('/sign-in')
  const name = `guess-${Date.now()}`
  const attempt = () =>
    page.request.post('/sign-in', {
      form: { name, password: 'guess', next: '/', key: crypto.randomUUID() },
      headers: { origin: new URL(page.url()).origin },
    })
  for (let tries = 0; tries < 9; tries += 1) await attempt()
  await page.getByLabel(field.name).fill(name)
  await page.getByLabel(field.password).fill('guess')
  await page.getByRole('button', { name: 'Sign in' }).click()

  await expect(page.getByRole('alert')).toContainText(/Too many attempts\..*Wait \d+ .*try again/)
  await expect(page.getByLabel(field.name)).toHaveValue(name)
  await panel.kill()
})

test('a stakeholder reads everything and is offered no form', async ({ as }) => {
  const rui = await as('rui')
  const path = await openSmall(rui)
  const sam = await as('sam')
  await visit(sam, path)

  await expect(item(sam, 'keys-are-in-the-vault')).toBeVisible()
  await expect(sam.locator('main form')).toHaveCount(0)
  await expect(sam.getByRole('link', { name: 'New go-live' })).toHaveCount(0)
  // What the page does not offer, the server does not take either.
  const forged = await post(sam, `${path}/items/keys-are-in-the-vault/tick`, { seen: '0' })
  expect(forged.status()).toBe(403)
})
