// A release goes out step by step and comes back, in the browser, on the sandbox' cluster with a real Prometheus.

import { expect, test, type Page } from '../support/test'
import { IMAGE, item, openGoLive, post, signAll, startButton, visit } from '../support/go-live'
import { phone, rulesFor, serious, tooWide } from '../support/looks'
import { OLD, headline, newImage, rollBack, seenBy, slowPlan, standsAtTenPercent, takesBack } from '../support/rollout'
import { deployment, patch, scenario, settled } from '../support/outside'

test.describe.configure({ timeout: 150_000 })

const started = takesBack()

const flight = (page: Page) => page.locator('.flight')
const pods = (page: Page, kind: string) => page.locator(`.pods .pod.${kind}`)

/** Where the page has gone from now on: a page that is kept up to date goes nowhere. */
function moves(page: Page): string[] {
  const seen: string[] = []
  page.on('framenavigated', (frame) => seen.push(frame.url()))
  return seen
}

/** The soak's countdown, which goes on while the server sends nothing new: down to a smaller time, and again. */
async function counts(page: Page) {
  const here = page.url()
  const moved = moves(page)
  let answer = () => {}
  const held = new Promise<void>((resolve) => (answer = resolve))
  await page.route(here, async (route) => {
    await held
    // It goes on by itself once it is no longer held here.
    await route.continue().catch(() => {})
  })
  const left = async () => {
    const text = await page.locator('.soak-left').innerText()
    return text.split(':').reduce((seconds, part) => 60 * seconds + Number(part), 0)
  }
  // One answer may have been under way; only the page's own clock makes two of them.
  for (const _ of ['once', 'again']) {
    const before = await left()
    await expect.poll(left, { timeout: 5_000 }).toBeLessThan(before)
  }
  answer()
  await page.unroute(here)
  expect(moved).toEqual([])
}

/** The curve of a threshold. */
const curve = (page: Page, key: string) => page.locator(`.curve[data-key="${key}"]`)
/** The shape of its line. */
const shape = async (page: Page, key: string) => (await curve(page, key).locator('path.line').getAttribute('d')) ?? ''

/** A curve shows its line, its limit and where the first step began, and says so in words. */
async function isDrawn(page: Page, key: string, name: RegExp) {
  const one = curve(page, key)
  // Until there are two measurements, there is nothing to draw.
  await expect(one.locator('path.line')).toHaveAttribute('d', /^M.*L/, { timeout: 60_000 })
  await expect(one.getByRole('img', { name })).toBeVisible()
  await expect(one.locator('.limit-label')).toBeVisible()
  await expect(one.locator('.plot-labels text', { hasText: '10 %' })).toBeVisible()
  // A level line has no height and is seen all the same.
  for (const line of ['path.line', 'path.limit', 'path.step-mark']) {
    const strokes = await one.locator(line).evaluateAll((all) =>
      (all as SVGPathElement[]).map((path) => getComputedStyle(path).stroke !== 'none' && path.getTotalLength() > 0),
    )
    expect(strokes, `${key}: ${line}`).toEqual([true])
  }
}

/** Whether the curve goes above its limit anywhere; heights are counted from the top. */
async function isOverLimit(page: Page, key: string): Promise<boolean> {
  const limit = (await curve(page, key).locator('path.limit').getAttribute('d')) ?? ''
  const heights = [...(await shape(page, key)).matchAll(/[ML]-?\d+ (\d+)/g)].map(([, y]) => Number(y))
  expect(heights.length).toBeGreaterThan(0)
  return Math.min(...heights) < Number(limit.match(/^M0 (\d+)H/)?.[1])
}

/** Opens one of the disclosures with a form behind it. */
const act = (page: Page, name: string) => page.locator(`#${name}`)
async function openAct(page: Page, name: string) {
  if (!(await act(page, name).isVisible())) await page.locator(`details:has(> #${name}) > summary`).click()
  await expect(act(page, name)).toBeVisible()
  return act(page, name)
}

/** A signed go-live with a plan of long soaks, whose rollout stands at 10 %. */
async function atTenPercent(ana: Page, rui: Page, plan: Record<string, string> = {}): Promise<string> {
  return standsAtTenPercent(ana, rui, plan, (path) => started(ana, path))
}

test('the plan shows what its steps come to while it is typed, and refuses nonsense', async ({ as }) => {
  const ana = await as('ana')
  const path = await openGoLive(ana, { integration: 'posthog-integration', from: OLD })
  await visit(ana, path)
  const preview = ana.locator('.plan-preview')
  await expect(preview).toContainText('10 % → 1 of 10 pods')
  await expect(preview).toContainText('50 % → 5 of 10 pods')

  const form = await openAct(ana, 'plan')
  const percent = (step: number) => form.getByLabel(`Step ${step}: percent of the pods`)
  await percent(1).fill('25')
  await expect(preview).toContainText('25 % → 3 of 10 pods = 30 %')
  await percent(1).fill('60')
  await expect(preview.locator('.bad')).not.toHaveCount(0)
  await form.getByRole('button', { name: 'Save the plan' }).click()
  // The step that goes down is the one that is wrong.
  await expect(form.locator('[aria-invalid=true]')).toHaveCount(1)
  await expect(form.getByRole('alert')).toBeVisible()
  await expect(percent(1)).toHaveValue('60')

  await percent(1).fill('20')
  await form.getByRole('button', { name: 'Save the plan' }).click()
  await expect(ana.locator('#plan-title')).toContainText('20 % → 50 % → 100 %')
})

test('a start with open items is refused with their list, also by force', async ({ as }) => {
  const rui = await as('rui')
  const path = await openGoLive(rui, { integration: 'posthog-integration', from: OLD })
  await visit(rui, path)
  await expect(startButton(rui)).toBeDisabled()
  await expect(startButton(rui)).toHaveAccessibleDescription(/items are open/)
  const forged = await post(rui, `${path}/start`, { seen: await seenBy(rui, path, 'start') })
  expect(forged.status()).toBe(409)
  const text = await forged.text()
  expect(text).toContain('The rollout was not started')
  expect(text).toContain('All tests pass')
  await rui.reload()
  await expect(flight(rui)).toHaveCount(0)
  expect((await deployment()).spec.template.spec.containers[0].image).toBe(OLD)
})

test('a release goes out in steps that everybody sees, and one confirmation takes it back', async ({ as }) => {
  const [ana, rui, sam] = [await as('ana'), await as('rui'), await as('sam')]
  const path = await openGoLive(ana, { integration: 'posthog-integration', from: OLD, image: newImage() })
  await visit(ana, path)
  await visit(sam, path)
  await signAll([ana, rui], path)
  await slowPlan(ana, path)
  await ana.getByRole('button', { name: 'Check again' }).click()
  await expect(startButton(ana)).toBeEnabled({ timeout: 30_000 })
  await startButton(ana).click()
  started(ana, path)

  await expect(headline(sam)).toContainText('Soaking at step 1 of 3, 10\u00a0%', { timeout: 30_000 })
  await expect(pods(sam, 'new.ready')).toHaveCount(1)
  await expect(pods(sam, 'old.ready')).toHaveCount(9)
  await expect(sam.locator('.soak-left')).toHaveText(/^(59|60|1:00):\d\d/)
  await counts(sam)
  // Read-only, and the server means it.
  await expect(sam.locator('main form')).toHaveCount(0)
  expect((await post(sam, `${path}/rollout/roll-back`, { reason: '' })).status()).toBe(403)

  // Every action says how to do the same by hand, or that there is no such line.
  for (const name of ['pause', 'hold', 'continue', 'roll-back']) {
    const form = await openAct(ana, name)
    await form.getByText('Same with kubectl').click()
    const line = form.locator('.command code')
    if (name === 'continue' || name === 'roll-back') {
      await expect(line).toContainText(/^kubectl -n integrations patch .*posthog-integration/)
      // One click takes all of it, to copy.
      const whole = (await line.textContent())?.trim()
      await line.click({ position: { x: 8, y: 8 } })
      await expect.poll(() => ana.evaluate(() => getSelection()?.toString().trim())).toBe(whole)
    } else {
      await expect(form.locator('.command')).toContainText('Kubernetes stands still already during a soak')
      await expect(line).toHaveCount(0)
    }
  }
  const onwards = await openAct(ana, 'continue')
  await onwards.getByLabel('Reason').fill('Support has seen nothing for ten minutes')
  await onwards.getByRole('button', { name: 'Continue now' }).click()
  await expect(headline(sam)).toContainText('Soaking at step 2 of 3, 50\u00a0%', { timeout: 30_000 })
  await expect(pods(sam, 'new.ready')).toHaveCount(5)
  await expect(pods(sam, 'old.ready')).toHaveCount(5)
  await expect(sam.locator('.log')).toContainText('Support has seen nothing for ten minutes')

  await expect(act(ana, 'roll-back')).toContainText('10 pods to v2.4.1')
  await rollBack(ana, 'Carts are empty')
  for (const page of [ana, sam]) {
    await expect(headline(page)).toContainText('Rolled back to v2.4.1', { timeout: 30_000 })
    await expect(page.locator('.flight-head')).toContainText('Carts are empty')
  }
  await expect(pods(sam, 'old.ready')).toHaveCount(10)
  await settled(OLD)
  // The checklist is as it was.
  await expect(item(sam, 'tests-pass').locator('.standing')).toContainText('Ana Duarte')
})

test('what gets slow is held with its reason, what breaks goes back by itself', async ({ as }) => {
  test.setTimeout(300_000)
  const [ana, rui] = [await as('ana'), await as('rui')]
  await atTenPercent(ana, rui)
  const moved = moves(ana)
  await isDrawn(ana, 'api-down', /^API down: worst .* limit \d/)
  await isDrawn(ana, 'high-latency', /^High latency: worst .* limit 5000/)
  expect(await isOverLimit(ana, 'high-latency')).toBe(false)
  await scenario({ new_version: { p99_seconds: 7 } })
  await expect(headline(ana)).toContainText('Held at step 1 of 3', { timeout: 60_000 })
  await expect(ana.locator('.flight-head .reason')).toContainText(/latency/i)
  // Whoever only looks on sees the curve go over its limit.
  await expect.poll(() => isOverLimit(ana, 'high-latency')).toBe(true)
  expect(moved).toEqual([])
  await expect(pods(ana, 'new.ready')).toHaveCount(1)
  await scenario({ new_version: { errors_percent: 60 } })
  await expect(headline(ana)).toContainText('Rolled back to v2.4.1', { timeout: 60_000 })
  await expect(ana.locator('.flight-head .reason')).toContainText(/5xx|API down/)
  await settled(OLD)
})

test('without measurements it is held as unknown, and goes on when they are back', async ({ as }) => {
  const [ana, rui] = [await as('ana'), await as('rui')]
  await atTenPercent(ana, rui)
  await scenario({ prometheus: 'gone' })
  await expect(headline(ana)).toContainText('Held at step 1 of 3', { timeout: 60_000 })
  await expect(ana.locator('.flight-head .reason')).toContainText(/Prometheus|no data|answer/i)
  await expect(ana.locator('.reading.unknown').first()).toBeVisible()
  await scenario({ prometheus: 'up' })
  await expect(headline(ana)).toContainText('Soaking at step 1 of 3', { timeout: 60_000 })
})

test('at 10 % and while held the page has no serious fault and needs no moving sideways, wide and on a phone', async ({ as }) => {
  const [ana, rui] = [await as('ana'), await as('rui')]
  const path = await atTenPercent(ana, rui)
  const still = { reducedMotion: 'reduce' } as const
  const screens = [
    { size: 'wide', page: await as('ana', { ...still, viewport: { width: 1440, height: 1000 } }) },
    { size: 'phone', page: await as('ana', { ...still, ...phone }) },
  ]
  const found: string[] = []
  const look = async (state: string) => {
    for (const { size, page } of screens) {
      await visit(page, path)
      await expect(headline(page)).toContainText(state)
      found.push(...(await tooWide(page)).map((line) => `${state}, ${size}: ${line}`))
      await page.locator('details:has(> #roll-back)').evaluate((one) => one.setAttribute('open', ''))
      found.push(...(await tooWide(page)).map((line) => `${state}, ${size}, rolling back: ${line}`))
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ ...still, colorScheme })
        const faults = await serious(page, rulesFor(colorScheme))
        found.push(...faults.map((line) => `${state}, ${size}, ${colorScheme}: ${line}`))
      }
    }
  }
  await look('Soaking at step 1 of 3')
  await scenario({ prometheus: 'gone' })
  await expect(headline(ana)).toContainText('Held at step 1 of 3', { timeout: 60_000 })
  await look('Held at step 1 of 3')
  expect(found).toEqual([])
})

test('what somebody typed at one step does not cut the next one short, until they have seen it', async ({ as }) => {
  const [ana, rui] = [await as('ana'), await as('rui')]
  const path = await atTenPercent(ana, rui)
  await visit(rui, path)
  const late = (await openAct(rui, 'continue')).getByLabel('Reason')
  await late.fill('Nothing in the logs')
  const first = await openAct(ana, 'continue')
  await first.getByLabel('Reason').fill('Support has seen nothing')
  await first.getByRole('button', { name: 'Continue now' }).click()
  // Rui sees the next step come, and his words still stand in the form.
  await expect(headline(rui)).toContainText('Soaking at step 2 of 3', { timeout: 30_000 })
  await expect(late).toHaveValue('Nothing in the logs')

  const send = act(rui, 'continue').getByRole('button', { name: 'Continue now' })
  await send.click()
  await expect(act(rui, 'continue').getByRole('alert')).toContainText('Step 2 is what runs now; look and ask again.')
  await expect(late).toHaveValue('Nothing in the logs')
  await expect(headline(ana)).toContainText('Soaking at step 2 of 3')
  await expect(ana.locator('.log')).not.toContainText('Nothing in the logs')

  // Now he has looked.
  await send.click()
  await expect(ana.locator('.log')).toContainText('Nothing in the logs')
  await expect(headline(ana)).toContainText('is everywhere', { timeout: 60_000 })
  await expect(pods(rui, 'new.ready')).toHaveCount(10)
  await expect(pods(rui, 'old')).toHaveCount(0)
  const { image } = (await deployment()).spec.template.spec.containers[0]
  expect(image).not.toBe(OLD)
  await settled(image)
})

test('a pause and a change by somebody else hold the release, and a person lets it go on', async ({ as }) => {
  const [ana, rui] = [await as('ana'), await as('rui')]
  const path = await atTenPercent(ana, rui)
  await visit(rui, path)
  const pause = await openAct(ana, 'pause')
  await pause.getByRole('button', { name: 'Pause' }).click()
  await expect(headline(rui)).toContainText('Held at step 1 of 3', { timeout: 30_000 })
  await expect(rui.locator('.flight-head .reason')).toContainText('Ana Duarte paused it')
  const resume = await openAct(rui, 'resume')
  await resume.getByRole('button', { name: 'Resume' }).click()
  await expect(headline(ana)).toContainText('Soaking at step 1 of 3', { timeout: 30_000 })

  // What `kubectl scale` does.
  await patch({ spec: { replicas: 12 } })
  await expect(headline(ana)).toContainText('Held at step 1 of 3', { timeout: 30_000 })
  await expect(ana.locator('.flight-head .reason')).toContainText('omebody scaled from 10 to 12 replicas')
  await patch({ spec: { replicas: 10 } })
  await expect(ana.locator('.flight-head .reason')).toContainText('as the rollout left it again', { timeout: 30_000 })
  await (await openAct(ana, 'resume')).getByRole('button', { name: 'Resume' }).click()
  await expect(headline(rui)).toContainText('Soaking at step 1 of 3', { timeout: 30_000 })
})

test('a failed check stops the start until an admin answers for it with a reason', async ({ as }) => {
  const [ana, rui] = [await as('ana'), await as('rui')]
  const path = await openGoLive(ana, { integration: 'posthog-integration', from: OLD, image: newImage() })
  await signAll([ana, rui], path)
  await visit(ana, path)
  await slowPlan(ana, path)
  await scenario({ prometheus: 'gone' })
  await ana.getByRole('button', { name: 'Check again' }).click()
  await visit(rui, path)
  await expect(startButton(rui)).toBeDisabled()
  await expect(rui.locator('summary', { hasText: 'Start in spite of it' })).toHaveCount(0)
  const refused = await post(rui, `${path}/start`, { seen: await seenBy(rui, path, 'start') })
  expect(refused.status()).toBe(409)

  await ana.locator('summary', { hasText: 'Start in spite of it' }).click()
  const wave = act(ana, 'preflight-override')
  await wave.getByLabel('Why start in spite of it').fill('Support watches the carts by hand')
  await wave.getByRole('button', { name: 'Override the checks' }).click()
  await expect(rui.locator('main')).toContainText('Support watches the carts by hand')
  await expect(startButton(rui)).toBeEnabled({ timeout: 30_000 })
  await startButton(rui).click()
  started(ana, path)
  await expect(headline(rui)).toContainText('step 1 of 3', { timeout: 30_000 })
  await expect(rui.locator('main')).toContainText('Support watches the carts by hand')
})
