// What an integration has otherwise than its preset, in the browser.

import { expect, test } from '../support/test'
import { openGoLive } from '../support/go-live'

test('an admin gives an integration a value of its own with a reason, and takes it back', async ({ as }) => {
  as.expectComplaints(/422/)
  const ana = await as('ana')
  await openGoLive(ana, { integration: 'posthog-integration' })
  await ana.goto('/admin/integrations')
  await ana.locator('main a[href^="/admin/integrations/"]', { hasText: 'PostHog' }).first().click()
  const line = (setting: string) => ana.locator(`[data-key="${setting}"]`)
  const typed = (setting: string) => line(setting).getByRole('textbox')
  const save = async (why: string) => {
    await ana.getByLabel('Why').fill(why)
    await ana.getByRole('button', { name: 'Save' }).click()
  }
  await expect(line('fallback')).toContainText('as the preset says')
  const usual = await typed('fallback').inputValue()
  await typed('fallback').fill('POSTHOG_FALLBACK=quiet')
  await save('Renamed in the next version')
  await expect(line('fallback')).toContainText(`the preset says ${usual}`)
  await expect(ana.locator('main')).toContainText('Renamed in the next version')

  // Keys would be sent there.
  await typed('vendor-capture').fill('https://collect.example')
  await save('A proxy of ours')
  await expect(line('vendor-capture')).toContainText('not one of PostHog')
  await expect(typed('vendor-capture')).toHaveValue('https://collect.example')

  await line('fallback').getByRole('button', { name: /Back to the preset/ }).click()
  await expect(line('fallback')).toContainText('as the preset says')
  await ana.reload()
  await expect(typed('fallback')).toHaveValue(usual)
  await expect(typed('vendor-capture')).not.toHaveValue('https://collect.example')
})

test('of two admins who change the same value the second is told, with what they typed still there', async ({ as }) => {
  const [first, second] = [await as('ana'), await as('ana')]
  await openGoLive(first, { integration: 'posthog-integration' })
  const open = async (page: typeof first) => {
    await page.goto('/admin/integrations')
    await page.locator('main a[href^="/admin/integrations/"]', { hasText: 'PostHog' }).first().click()
  }
  const line = (page: typeof first) => page.locator('[data-key="fallback"]')
  const save = (page: typeof first) => page.getByRole('button', { name: 'Save' }).click()
  await open(second)
  await line(second).getByRole('textbox').fill('POSTHOG_FALLBACK=second')
  await second.getByLabel('Why').fill('It was agreed on')
  await open(first)
  await line(first).getByRole('textbox').fill('POSTHOG_FALLBACK=first')
  await first.getByLabel('Why').fill('Renamed')
  await save(first)
  await expect(line(first)).toContainText('the preset says')
  await expect(line(second)).toContainText('the preset says')

  await save(second)
  await expect(second.locator('main').getByRole('alert').first()).toBeVisible()
  await expect(line(second).getByRole('textbox')).toHaveValue('POSTHOG_FALLBACK=second')
  await expect(line(first).getByRole('textbox')).toHaveValue('POSTHOG_FALLBACK=first')
  await line(first).getByRole('button', { name: /Back to the preset/ }).click()
  await expect(line(first)).toContainText('as the preset says')
})
