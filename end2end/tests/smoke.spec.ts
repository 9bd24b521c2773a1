import { expect, test } from '@playwright/test'

test('the first page is served with its style and without a complaint of the browser', async ({ page }) => {
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('requestfailed', (request) => complaints.push(`${request.url()} ${request.failure()?.errorText}`))

  const answer = await page.goto('/')
  expect(answer?.status()).toBe(200)
  await expect(page).toHaveTitle(/Gantry/)
  await page.waitForLoadState('networkidle')
  expect(complaints).toEqual([])
})
