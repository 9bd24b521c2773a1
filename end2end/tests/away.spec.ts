// The server, its database or the session are away: nothing typed is lost, nothing is done twice, nothing is claimed.

import type { Route } from '@playwright/test'

import { expect, test } from '../support/test'
import { form, item, light, openGoLive, openSmall, post, visit } from '../support/go-live'
import { openIncident } from '../support/incident'
import { Panel, Way } from '../support/panel'
import { person } from '../support/world'

const KEY = 'keys-are-in-the-vault'
const gone = [/Failed to load resource/, /ERR_(CONNECTION|INCOMPLETE|EMPTY|FAILED|NETWORK)/]

test('while the server is away the page says so and keeps what is typed, and comes back by itself', async ({ as }) => {
  as.expectComplaints(...gone)
  const panel = await Panel.start()
  try {
    const ana = await as('ana', { at: panel.url })
    await visit(ana, await openSmall(ana))
    const sign = await form(ana, KEY, 'sign')
    await sign.getByLabel('Note').fill('Typed while all was well')
    await panel.kill()
    await expect(light(ana)).toContainText('Connection lost')

    await sign.getByRole('button', { name: 'Sign' }).click()
    await expect(sign.getByRole('alert')).toContainText('Not saved')
    await expect(light(ana)).toContainText('Not saved')
    await expect(sign.getByLabel('Note')).toHaveValue('Typed while all was well')

    await panel.start()
    await expect(light(ana)).toHaveAttribute('data-connection', 'live')
    await expect(sign.getByLabel('Note')).toHaveValue('Typed while all was well')
    // It was not saved, and still says so where it was typed.
    await expect(sign.getByRole('alert')).toContainText('Not saved')
    await sign.getByRole('button', { name: 'Sign' }).click()
    await expect(item(ana, KEY).locator('.standing')).toContainText('Ana Duarte')
    await expect(item(ana, KEY).getByRole('alert')).toHaveCount(0)
    await expect(item(ana, KEY).getByRole('link', { name: 'Whole history (1)' })).toBeAttached()
  } finally {
    await panel.kill()
  }
})

test('an answer that was lost and the same form sent again have one effect', async ({ as }) => {
  as.expectComplaints(...gone)
  const ana = await as('ana')
  const path = await openSmall(ana)
  await visit(ana, path)
  const sign = await form(ana, KEY, 'sign')
  await sign.getByLabel('Note').fill('Once and not twice')
  // The server does it, and its answer never arrives.
  const bodies: string[] = []
  await ana.route('**/sign', async (route) => {
    bodies.push(route.request().postData() ?? '')
    if (bodies.length === 1) {
      await route.fetch({ maxRedirects: 0 })
      await route.abort('connectionreset')
    } else await route.continue()
  })
  await sign.getByRole('button', { name: 'Sign' }).click()
  await expect(sign.getByRole('alert')).toContainText('Not saved')
  await sign.getByRole('button', { name: 'Sign' }).click()
  await expect(sign).toHaveCount(0)
  expect(bodies).toHaveLength(2)
  expect(bodies[1], 'the same request, key and all').toBe(bodies[0])
  await expect(item(ana, KEY).getByRole('alert')).toHaveCount(0)
  await ana.goto(`${path}/items/${KEY}`)
  await expect(ana.locator('.entries > li')).toHaveCount(1)
})

test('a double click has one effect', async ({ as }) => {
  const ana = await as('ana')
  const path = await openSmall(ana)
  await visit(ana, path)
  let sent = 0
  ana.on('request', (request) => {
    if (request.method() === 'POST') sent += 1
  })
  const sign = await form(ana, KEY, 'sign')
  await sign.getByRole('button', { name: 'Sign' }).dblclick()
  await expect(item(ana, KEY).locator('.standing')).toContainText('Ana Duarte')
  await item(ana, 'webhooks-use-https').getByRole('checkbox').dblclick()
  await expect(item(ana, 'webhooks-use-https').locator('.standing')).toContainText('Ana Duarte')
  expect(sent).toBe(2)
  // And without the browser's help: the very same request twice.
  const twice = { key: crypto.randomUUID(), seen: '0' }
  for (const _ of [1, 2]) {
    expect((await post(ana, `${path}/items/the-runbook-was-rehearsed/tick`, twice)).status()).toBe(303)
  }
  await ana.goto(`${path}/items/the-runbook-was-rehearsed`)
  await expect(ana.locator('.entries > li')).toHaveCount(1)
})

test('while the database is away nothing is claimed to be saved, and all comes back by itself', async ({ as }) => {
  as.expectComplaints(...gone)
  const way = new Way()
  await way.allow()
  const panel = await Panel.start({ DATABASE_URL: way.address })
  try {
    const ana = await as('ana', { at: panel.url })
    const path = await openSmall(ana)
    await visit(ana, path)
    await way.close()
    await item(ana, KEY).getByRole('checkbox').click()
    await expect(light(ana)).toContainText('Not saved')
    await expect(item(ana, KEY).locator('.standing')).not.toContainText('Ana Duarte')
    const answer = await ana.request.get(path, { headers: { accept: 'text/html' } })
    expect(answer.status()).toBe(503)
    expect(await answer.text()).toContain('<h1')

    await way.allow()
    await expect(light(ana)).toHaveAttribute('data-connection', 'live')
    await item(ana, KEY).getByRole('checkbox').click()
    await expect(item(ana, KEY).locator('.standing')).toContainText('Ana Duarte')
  } finally {
    await panel.kill()
    await way.remove()
  }
})

test('a line that died without a word is noticed, and made again', async ({ as }) => {
  const ana = await as('ana')
  const path = await openSmall(ana)
  await ana.clock.install()
  await visit(ana, path)
  const again = ana.waitForRequest('**/events?*')
  // The server speaks every fifteen seconds; here it is silent, because only this clock goes on.
  await ana.clock.fastForward(50_000)
  await again
  await expect(light(ana)).toHaveAttribute('data-connection', 'live')
})

test('a stream that is refused is asked for at an even pace, for however long', async ({ as }) => {
  as.expectComplaints(...gone)
  const ana = await as('ana')
  const path = await openSmall(ana)
  await ana.clock.install()
  let asked = 0
  let answered = 0
  await ana.route('**/events?*', async (route) => {
    asked += 1
    await route.fulfill({ status: 503 })
    answered += 1
  })
  await ana.goto(path)
  await expect(light(ana)).toContainText('Connection lost')
  const seconds = 180
  for (let second = 0; second < seconds; second += 1) {
    await ana.clock.runFor(1_000)
    await expect.poll(() => answered, { intervals: [5] }).toBe(asked)
  }
  expect(asked, 'once in two seconds').toBeLessThanOrEqual(seconds / 2 + 2)
  expect(asked, 'and not given up').toBeGreaterThan(seconds / 10)
})

test('a page that is not there any more says so and is not asked for again and again', async ({ as }) => {
  as.expectComplaints(...gone)
  const ana = await as('ana')
  const path = await openSmall(ana)
  await ana.clock.install()
  await visit(ana, path)
  const sign = await form(ana, KEY, 'sign')
  await sign.getByLabel('Note').fill('Typed while it was there')
  let asked = 0
  await ana.route(`**${path}`, (route) => {
    asked += 1
    const body = '<!doctype html><title>Gone</title><main><h1>There is no such page</h1></main>'
    return route.fulfill({ status: 404, contentType: 'text/html', body })
  })
  await post(ana, `${path}/items/webhooks-use-https/tick`, { seen: '0' })
  await expect(light(ana)).toContainText('no longer shows this page')
  await expect(sign.getByLabel('Note')).toHaveValue('Typed while it was there')
  const before = asked
  await ana.clock.runFor(20_000)
  await ana.evaluate(() => fetch('/livez').then((answer) => answer.text()))
  expect(asked).toBe(before)
})

test('when the session has ended elsewhere the page says so, keeps what is typed, and goes on after signing in', async ({
  as,
}) => {
  as.expectComplaints(...gone)
  const rui = await as.nobody()
  const signIn = async (page: typeof rui) => {
    await page.goto('/sign-in')
    await page.getByLabel('Name').fill('rui')
    await page.getByLabel('Password').fill(person('rui').password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await expect(page).toHaveURL(/\/$/)
  }
  await signIn(rui)
  await visit(rui, await openSmall(rui))
  const sign = await form(rui, KEY, 'sign')
  await sign.getByLabel('Note').fill('Typed before the session ended')

  const other = await rui.context().newPage()
  await other.goto('/go-lives')
  await other.getByLabel('Account of Rui Matos').click()
  await other.getByRole('button', { name: 'Sign out' }).click()
  await expect(other).toHaveURL(/\/sign-in$/)

  await expect(light(rui)).toContainText('Your session has ended')
  await sign.getByRole('button', { name: 'Sign' }).click()
  await expect(sign.getByRole('alert')).toContainText('Your session has ended')
  await expect(sign.getByLabel('Note')).toHaveValue('Typed before the session ended')

  await signIn(other)
  await expect(light(rui)).toHaveAttribute('data-connection', 'live')
  await sign.getByRole('button', { name: 'Sign' }).click()
  await expect(item(rui, KEY).locator('.standing')).toContainText('Rui Matos')
})

test('an answer that was not waited for is not said to be unsaved, and what was typed stays', async ({ as }) => {
  as.expectComplaints(...gone)
  const ana = await as('ana')
  await visit(ana, await openSmall(ana))
  const sign = await form(ana, KEY, 'sign')
  await sign.getByLabel('Note').fill('Typed before it took too long')
  const body =
    '<!doctype html><main><h1>Not finished in time</h1><p>It is not known whether it took effect.</p>' +
    '<p>Look at the page before you do it again.</p><p>x</p></main>'
  await ana.route('**/sign', (route) => route.fulfill({ status: 504, contentType: 'text/html', body }), { times: 1 })
  await sign.getByRole('button', { name: 'Sign' }).click()
  await expect(sign.getByRole('alert')).toContainText('It is not known whether it took effect.')
  await expect(sign.getByRole('alert')).not.toContainText('Not saved')
  await expect(sign.getByLabel('Note')).toHaveValue('Typed before it took too long')
  await sign.getByRole('button', { name: 'Sign' }).click()
  await expect(item(ana, KEY).locator('.standing')).toContainText('Ana Duarte')
})

test('what was sent and not waited for has one effect, whatever else is sent before it is sent again', async ({ as }) => {
  as.expectComplaints(...gone)
  const rui = await as('rui')
  await visit(rui, await openIncident(rui))
  const text = rui.locator('#note-text')
  await text.fill('The proxy was restarted')
  // It takes effect, and the answer does not come in time.
  const late = async (route: Route) => {
    await route.fetch({ maxRedirects: 0 })
    await route.fulfill({ status: 504, contentType: 'text/html', body: '<main><h1>Not finished in time</h1></main>' })
  }
  await rui.route('**/notes', late, { times: 1 })
  const add = rui.getByRole('button', { name: 'Add to the timeline' })
  await add.click()
  await expect(rui.locator('form:has(#note-text)').getByRole('alert')).toContainText('Not finished in time')
  // Another form brings a new page with new keys.
  await rui.getByRole('button', { name: 'I look at it' }).click()
  await expect(rui.locator('.incident-chips')).toContainText('investigating')
  await expect(text).toHaveValue('The proxy was restarted')
  await add.click()
  await expect(text).toHaveValue('')
  await rui.reload()
  await expect(rui.locator('li[id^="entry-"]', { hasText: 'The proxy was restarted' })).toHaveCount(1)
})

test('a threshold that nobody evaluates any more turns to unknown on a page that stays open', async ({ as }) => {
  test.setTimeout(90_000)
  as.expectComplaints(...gone)
  const panel = await Panel.start()
  try {
    const ana = await as('ana', { at: panel.url })
    await openGoLive(ana, { integration: 'posthog-integration' })
    await ana.clock.install()
    await visit(ana, '/thresholds')
    const state = ana.locator('.threshold .row-state.good').first()
    await expect(state).toBeVisible({ timeout: 45_000 })
    const counts = ana.getByRole('navigation', { name: 'By state' })
    await expect(state).not.toHaveAttribute('data-stale')
    await expect(counts).not.toHaveAttribute('data-stale')
    // Nothing new arrives from here on: only time goes on.
    await panel.kill()
    await ana.clock.fastForward(60_000)
    await expect(state).toHaveAttribute('data-stale', '')
    await expect(counts).toHaveAttribute('data-stale', '')
    const said = (selector: string) =>
      ana.locator(selector).first().evaluate((one) => getComputedStyle(one, '::after').content)
    expect(await said('.threshold .row-state.good > .word')).toBe('"unknown"')
    expect(await said('.choice-link.good > .counted')).toBe('"–"')
  } finally {
    await panel.kill()
  }
})
