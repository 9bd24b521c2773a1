// Pictures of every main page, wide and narrow, light and dark, in screenshots-out:
//   cargo xtask e2e --config screenshots.config.ts

import { test } from '../support/test'
import { mainPages } from '../support/pages'

const wide = { viewport: { width: 1440, height: 1000 } }
const narrow = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }

for (const [size, options] of Object.entries({ wide, narrow })) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`${size} ${colorScheme}`, async ({ as }) => {
      as.expectComplaints(/./)
      const ana = await as('ana', { ...options, colorScheme })
      const pages = await mainPages(ana)
      for (const { name, path } of pages) {
        await ana.goto(path)
        await ana.waitForTimeout(300)
        await ana.screenshot({ path: `screenshots-out/${name}-${size}-${colorScheme}.png`, fullPage: true })
      }
      const outside = await as.nobody({ ...options, colorScheme })
      await outside.goto('/sign-in')
      await outside.screenshot({ path: `screenshots-out/sign-in-${size}-${colorScheme}.png` })
    })
  }
}
