// Changing thresholds: what judges otherwise is shown beside the version in use before it is done.

import { expect, type Page } from '@playwright/test'

/** Presses a button of a threshold's page, looks at what is shown first, and presses it again. */
export async function doHavingLooked(page: Page, button: RegExp): Promise<void> {
  const act = page.getByRole('button', { name: button })
  await act.click()
  const nothingYet = page.getByText('Nothing is changed yet')
  await expect(nothingYet).toBeVisible({ timeout: 15_000 })
  await act.click()
  await expect(nothingYet).toHaveCount(0, { timeout: 15_000 })
}

/** Saves what stands in the form of a threshold. */
export function saveHavingLooked(page: Page): Promise<void> {
  return doHavingLooked(page, /Save as version/)
}
