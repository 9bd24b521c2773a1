// Pictures of every main page, wide and narrow, light and dark, in screenshots-out:
//   cargo xtask e2e --config screenshots.config.ts

import { test } from '../support/test'
import { mainPages } from '../support/pages'
import { looks } from '../support/pictures'

for (const { name: look, options } of looks) {
  test(look, async ({ as }) => {
    as.expectComplaints(/./)
    const ana = await as('ana', options)
    const pages = await mainPages(ana)
    for (const { name, path } of pages) {
      await ana.goto(path)
      await ana.waitForTimeout(300)
      await ana.screenshot({ path: `screenshots-out/${name}-${look}.png`, fullPage: true })
    }
    const outside = await as.nobody(options)
    await outside.goto('/sign-in')
    await outside.screenshot({ path: `screenshots-out/sign-in-${look}.png` })
  })
}
