// Lets one metric after the other breach and notes when a page that shows the list of incidents has a line about it.

import { signedIn, told, withBrowser } from './browser.mjs'

const PATIENCE = 20_000

/** In the page: resolves with the time at which the text first stands in it. */
const watch = ([pattern, patience]) => {
  const text = new RegExp(pattern)
  window.gantryShown = new Promise((resolve, reject) => {
    const observer = new MutationObserver(() => {
      if (!text.test(document.querySelector('main').textContent)) return
      observer.disconnect()
      resolve(performance.timeOrigin + performance.now())
    })
    observer.observe(document.body, { subtree: true, childList: true, characterData: true })
    setTimeout(() => reject(new Error(`nothing was shown of ${text}`)), patience)
  })
  window.gantryShown.catch(() => {})
}

/** In the page: how long fetching it again takes, in milliseconds. */
const fetchAgain = async () => {
  const before = performance.now()
  await (await fetch(location.href)).text()
  return performance.now() - before
}

await withBrowser(async (browser) => {
  const page = await (await signedIn(browser, told.onlooker)).newPage()
  const listens = page.waitForRequest(/\/events/, { timeout: PATIENCE })
  await page.goto('/incidents')
  await listens
  const shown = {}
  const fetched = []
  for (let n = 1; n <= told.samples; n += 1) {
    await page.evaluate(watch, [`Measured breach-${n}(?!\\d)`, PATIENCE])
    const answer = await fetch(`${told.breach}/breach_${n}_x`, { method: 'POST' })
    if (!answer.ok) throw new Error(`the switch answers ${answer.status}`)
    shown[`breach_${n}_x`] = await page.evaluate(() => window.gantryShown)
    fetched.push(await page.evaluate(fetchAgain))
    // Not in step with anything that the panel does in a rhythm.
    await page.waitForTimeout(700 + Math.random() * 300)
  }
  return { shown, fetched }
})
