// Has seven days replayed in the page of a threshold, and notes when the reader sees the drawing and for how long the page
// was busy at a time meanwhile.

import { signedIn, told, withBrowser } from './browser.mjs'

const PATIENCE = 20_000

/**
 * In every document: keeps the long tasks and the click on the button. The answer is a document of its own, so that what the
 * one before it saw is left for it; both read the same clock.
 */
const watch = (patience) => {
  const KEPT = 'gantry-replay'
  const tasks = []
  const keep = (entries) => {
    for (const { startTime, duration } of entries) {
      tasks.push({ until: performance.timeOrigin + startTime + duration, took: duration })
    }
  }
  const observer = new PerformanceObserver((list) => keep(list.getEntries()))
  observer.observe({ type: 'longtask', buffered: true })
  let click
  const leave = () => {
    if (click === undefined) return
    keep(observer.takeRecords())
    sessionStorage.setItem(KEPT, JSON.stringify({ click, tasks }))
  }
  const clicked = (event) => {
    if (!event.target.closest('button[value="replay-7d"]')) return
    click = performance.timeOrigin + event.timeStamp
    leave()
  }
  addEventListener('click', clicked, { capture: true })
  addEventListener('pagehide', leave)
  // What stands below the curves: when it is there, the whole drawing is. After two frames the first has been painted.
  window.gantryDrawn = new Promise((resolve, reject) => {
    const look = new MutationObserver(() => {
      if (!document.querySelector('#trial .compared .legend')) return
      look.disconnect()
      const drawn = () => resolve(performance.timeOrigin + performance.now())
      requestAnimationFrame(() => requestAnimationFrame(drawn))
    })
    look.observe(document, { subtree: true, childList: true })
    setTimeout(() => reject(new Error('the answer has no drawing')), patience)
  })
  window.gantryDrawn.catch(() => {})
  window.gantrySeen = async () => {
    const drawn = await window.gantryDrawn
    // A task is told of a little after its end.
    await new Promise((resolve) => setTimeout(resolve, 200))
    keep(observer.takeRecords())
    const before = JSON.parse(sessionStorage.getItem(KEPT))
    const after = [...before.tasks, ...tasks].filter(({ until }) => until > before.click)
    return { drawn: drawn - before.click, longest: Math.max(0, ...after.map(({ took }) => took)) }
  }
}

/** One replay in a page of its own. */
async function replay(context) {
  const page = await context.newPage()
  const listens = () => page.waitForRequest(/\/events/, { timeout: PATIENCE })
  const first = listens()
  await page.goto(told.path)
  await first
  // Not in step with anything that the panel does in a rhythm.
  await page.waitForTimeout(700 + Math.random() * 300)
  await page.locator('.edit-threshold > summary').click()
  for (const [name, value] of Object.entries(told.typed)) await page.locator(`#edit-${name}`).fill(value)
  await Promise.all([
    page.waitForEvent('domcontentloaded', { timeout: PATIENCE }),
    listens(),
    page.locator('#edit button[value="replay-7d"]').click(),
  ])
  const seen = await page.evaluate(() => window.gantrySeen())
  await page.close()
  return seen
}

await withBrowser(async (browser) => {
  const context = await signedIn(browser, told.actor)
  await context.addInitScript(watch, PATIENCE)
  const samples = []
  for (let n = 0; n <= told.samples; n += 1) samples.push(await replay(context))
  // The first one warms up and does not count.
  return samples.slice(1)
})
