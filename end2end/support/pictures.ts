// The sizes and colours in which pictures are taken, and taking them.

import type { Page } from '@playwright/test'

export const wide = { viewport: { width: 1440, height: 1000 } }
const narrow = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }

export const looks = Object.entries({ wide, narrow }).flatMap(([size, options]) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ name: `${size}-${colorScheme}`, options: { ...options, colorScheme } })),
)

/** A page in each of them. */
export const inEach = (open: (options: (typeof looks)[number]['options']) => Promise<Page>) =>
  Promise.all(looks.map(async ({ name, options }) => ({ name, page: await open(options) })))

/** A picture of each page, once `act` has brought it to what is to be seen. */
export async function shoot(pages: { name: string; page: Page }[], what: string, act: (page: Page) => Promise<void>) {
  for (const { name, page } of pages) {
    await act(page)
    await page.waitForTimeout(250)
    await page.screenshot({ path: `screenshots-out/${what}-${name}.png`, fullPage: true })
  }
}
