// Signing in, as people do it.

import { expect, type Browser, type Page } from '@playwright/test'
import { person } from './world'

/** Signs in on this page as the demo's admin, release manager or stakeholder, and ends where `next` says. */
export async function signIn(page: Page, role: 'admin' | 'release' | 'stakeholder', next = '/'): Promise<void> {
  const who = person(role)
  await page.goto(`/sign-in?next=${encodeURIComponent(next)}`)
  await page.getByLabel('Name').fill(who.login)
  await page.getByLabel('Password').fill(who.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page).not.toHaveURL(/sign-in/)
}

/** A page of a browser of their own, signed in. */
export async function newPerson(browser: Browser, role: 'admin' | 'release' | 'stakeholder', next = '/'): Promise<Page> {
  const context = await browser.newContext()
  const page = await context.newPage()
  await signIn(page, role, next)
  return page
}
