import { expect, test, type Page } from '@playwright/test'
import { signIn } from '../support/people'

/** Collects everything that the browser complains about. */
function complaints(page: Page): string[] {
  const found: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.text().includes('Content Security Policy')) found.push(message.text())
  })
  page.on('pageerror', (error) => found.push(String(error)))
  page.on('requestfailed', (request) => {
    // A page that is left ends its event stream.
    if (!request.url().includes('/events')) found.push(`${request.url()} ${request.failure()?.errorText}`)
  })
  return found
}

test('the first page asks to sign in, with its style and without a complaint of the browser', async ({ page }) => {
  const found = complaints(page)
  const answer = await page.goto('/')
  expect(answer?.status()).toBe(200)
  await expect(page).toHaveTitle(/Gantry/)
  await expect(page.getByLabel('Password')).toBeVisible()
  expect(found).toEqual([])
})

for (const role of ['admin', 'release', 'stakeholder'] as const) {
  test(`the demo's ${role} can sign in, and the page comes alive without a complaint`, async ({ page }) => {
    const found = complaints(page)
    const foreign: string[] = []
    const own = new URL(test.info().project.use.baseURL!).origin
    page.on('request', (request) => {
      if (!request.url().startsWith(own) && !request.url().startsWith('data:')) foreign.push(request.url())
    })
    await signIn(page, role)
    await expect(page).toHaveTitle(/Gantry/)
    await expect(page.locator('body')).toContainText(/posthog/i)
    expect(found).toEqual([])
    expect(foreign, 'no third party is asked for anything').toEqual([])
  })
}
