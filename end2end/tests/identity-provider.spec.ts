import { expect, test, type Page, type People } from '../support/test'
import { freePort, Panel } from '../support/panel'
import { CLIENT, startProvider, type Running } from '../support/provider'

let panel: Panel
let provider: Running
let port: number

test.beforeAll(async () => {
  port = await freePort()
  panel = await Panel.start({
    GANTRY_OIDC_ISSUER: `http://localhost:${port}`,
    GANTRY_OIDC_CLIENT_ID: CLIENT.id,
    GANTRY_OIDC_CLIENT_SECRET: '$PROVIDER_SECRET',
    PROVIDER_SECRET: CLIENT.secret,
    GANTRY_OIDC_NAME: 'Example Ltd',
    GANTRY_OIDC_STAKEHOLDER_GROUP: 'gantry-readers',
  })
  provider = await startProvider(port, panel.url)
})

test.afterAll(async () => {
  await provider?.stop()
  await panel?.kill()
})

/** A browser of somebody who may meet the provider: its pages are its own affair, but the network is left alone. */
async function stranger(as: People): Promise<Page> {
  as.expectComplaints(new RegExp(provider.issuer), /fonts\.googleapis/, /^console: /)
  const page = await as.nobody({ at: panel.url })
  await page.route(/fonts\./, (route) => route.abort())
  return page
}

/** What the provider's own pages ask. */
async function identify(page: Page, login: string) {
  await page.getByPlaceholder('Enter any login').fill(`${login}.${Date.now()}`)
  await page.getByPlaceholder('and password').fill('any')
  await page.getByRole('button', { name: 'Sign-in' }).click()
  await page.getByRole('button', { name: 'Continue' }).click()
}

test('whoever signs in through the identity provider arrives where they wanted to go, with the role of their group', async ({
  as,
}) => {
  const page = await stranger(as)
  await page.goto('/go-lives/import')
  await page.getByRole('link', { name: 'Sign in with Example Ltd' }).click()
  await identify(page, 'mia')
  await expect(page).toHaveURL(`${panel.url}/go-lives/import`)
  await expect(page.getByLabel('Account of Mia Keller')).toBeVisible()
  await page.getByLabel('Account of Mia Keller').click()
  await expect(page.locator('.account')).toContainText('release manager')
})

test('whoever is known there but in no group is told so, and is not let in', async ({ as }) => {
  const page = await stranger(as)
  await page.goto('/sign-in')
  await page.getByRole('link', { name: 'Sign in with Example Ltd' }).click()
  await identify(page, 'noa')
  await expect(page.getByRole('alert')).toContainText('may not use Gantry')
  await page.goto('/go-lives')
  await expect(page).toHaveURL(/\/sign-in/)
})

test('an answer of the provider that was not asked for in this browser lets nobody in', async ({ as }) => {
  as.expectComplaints(/status of 400/)
  const page = await as.nobody({ at: panel.url })
  const answer = await page.goto('/sign-in/oidc/back?code=stolen&state=guessed')
  expect(answer?.status()).toBe(400)
  await expect(page.getByRole('alert')).toContainText('not begun in this browser')
})

/** Signs in from the beginning, in a browser of their own. */
async function signIn(as: People, login: string): Promise<Page> {
  const page = await stranger(as)
  await page.goto('/sign-in')
  await page.getByRole('link', { name: 'Sign in with Example Ltd' }).click()
  await identify(page, login)
  return page
}

/** The provider comes back on the same address, with other keys. */
async function returns(options?: Parameters<typeof startProvider>[2]) {
  await provider.stop()
  provider = await startProvider(port, panel.url, options)
}

test('when the provider has changed its keys people are let in as before', async ({ as }) => {
  await expect((await signIn(as, 'mia')).getByLabel('Account of Mia Keller')).toBeVisible()
  await returns()
  await expect((await signIn(as, 'mia')).getByLabel('Account of Mia Keller')).toBeVisible()
})

test('a statement signed with a key that the provider does not show lets nobody in', async ({ as }) => {
  await returns({ showsOtherKeys: true })
  const page = await signIn(as, 'mia')
  await expect(page.getByRole('alert')).toContainText('cannot be believed')
  await page.goto('/go-lives')
  await expect(page).toHaveURL(/\/sign-in/)
})
