// Ticks items in one page and notes when another person's page shows it. Both pages live in one browser process and
// read the same clock.

import { signedIn, told, withBrowser } from './browser.mjs'

const PATIENCE = 10_000

/** In the page: resolves when the item's looks change, with the times of the change and of the next frame. */
const watch = ([item, patience]) => {
  const find = () => document.getElementById(`item-${item}`)
  const before = find().className
  const now = () => performance.timeOrigin + performance.now()
  window.gantryChange = new Promise((resolve, reject) => {
    const observer = new MutationObserver(() => {
      if (find()?.className === before) return
      const changed = now()
      observer.disconnect()
      requestAnimationFrame(() => setTimeout(() => resolve({ changed, painted: now() })))
    })
    observer.observe(document.body, { subtree: true, childList: true, attributes: true })
    setTimeout(() => reject(new Error(`nothing changed at ${item}`)), patience)
  })
  window.gantryChange.catch(() => {})
}

/** In the page: notes when the next click happened, on the same clock, and when the item first looks different. */
const watchClick = (item) => {
  const now = () => performance.timeOrigin + performance.now()
  window.gantryClick = undefined
  window.gantryOwn = undefined
  const li = document.getElementById(`item-${item}`)
  addEventListener(
    'click',
    (event) => {
      window.gantryClick = performance.timeOrigin + event.timeStamp
      const observer = new MutationObserver(() => {
        window.gantryOwn ??= now()
        observer.disconnect()
      })
      observer.observe(li, { subtree: true, childList: true, attributes: true })
    },
    { capture: true, once: true },
  )
}

await withBrowser(async (browser) => {
  const actor = await (await signedIn(browser, told.actor)).newPage()
  const onlooker = await (await signedIn(browser, told.onlooker)).newPage()
  const samples = []
  let shown = ''
  for (const { path, item } of told.ticks) {
    if (shown !== path) {
      for (const page of [actor, onlooker]) {
        const listens = page.waitForRequest(/\/events/, { timeout: PATIENCE })
        await page.goto(path)
        await listens
      }
      shown = path
      await onlooker.waitForTimeout(1500)
    }
    await onlooker.evaluate(watch, [item, PATIENCE])
    await actor.evaluate(watchClick, item)
    await actor.locator(`#item-${item} form.tick button`).click()
    const { changed, painted } = await onlooker.evaluate(() => window.gantryChange)
    const { click, own } = await actor.evaluate(() => ({ click: window.gantryClick, own: window.gantryOwn }))
    samples.push({ seen: changed - click, painted: painted - click, own: (own ?? changed) - click })
    // Not in step with anything that the panel does in a rhythm.
    await onlooker.waitForTimeout(150 + Math.random() * 250)
  }
  // The first one warms up and does not count.
  return samples.slice(1)
})
