// Everything that Chromium transfers for the first visit to a page, by address.

import { signedIn, told, withBrowser } from './browser.mjs'

await withBrowser(async (browser) => {
  const context = await signedIn(browser, told.actor)
  const page = await context.newPage()
  const finished = []
  const asked = []
  page.on('request', (request) => asked.push(request.url()))
  page.on('requestfinished', (request) => finished.push(request))
  await page.goto(told.path, { waitUntil: 'load' })
  // The module begins to listen for changes when it is up; after that nothing more is loaded.
  await page.waitForRequest(/\/events/, { timeout: 15_000 }).catch(() => {})
  await page.waitForTimeout(1000)
  const sizes = await Promise.all(
    finished.map(async (request) => ({ url: request.url(), bytes: (await request.sizes()).responseBodySize })),
  )
  const open = asked.filter((url) => !sizes.some((one) => one.url === url)).map((url) => ({ url, bytes: 0 }))
  return [...sizes, ...open]
})
