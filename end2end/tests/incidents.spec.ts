import { light, visit } from '../support/go-live'
import { expect, test, type Page } from '../support/test'

const plain = { javaScriptEnabled: false }

/** A moment as the field holds it on a clock so many minutes ahead of universal time. */
const local = (at: Date, minutes: number) => new Date(at.getTime() + minutes * 60_000).toISOString().slice(0, 16)

/** Opens an incident through its form. */
async function open(page: Page, title: string): Promise<string> {
  await page.goto('/incidents/new')
  await page.getByLabel('What it is about').selectOption({ index: 0 })
  await page.getByRole('radio', { name: /complete outage/ }).check()
  await page.getByLabel('What is wrong').fill(title)
  await page.getByRole('button', { name: 'Open the incident' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toContainText(title)
  return new URL(page.url()).pathname
}

test('what one person does stands before the other without a reload, and the status page tells everybody', async ({ as }) => {
  const rui = await as('rui')
  const path = await open(rui, `Events are lost ${Date.now()}`)
  const sam = await as('sam')
  await sam.goto(path)
  await expect(sam.getByText('Nobody yet')).toBeVisible()
  await expect(sam.locator('.tile', { hasText: 'First response' }).locator('time')).toHaveText(/^1[0-4]:\d\d$/)

  await rui.getByRole('button', { name: 'I look at it' }).click()
  await expect(sam.locator('.tile', { hasText: 'Commander' })).toContainText('Rui Matos')
  await expect(sam.locator('.incident-chips')).toContainText('investigating')

  await rui.getByLabel('What happened').first().fill('We look into lost events.')
  await rui.getByLabel('Everybody may read it on the status page').first().check()
  await rui.getByRole('button', { name: 'Add to the timeline' }).click()
  await expect(sam.locator('.timeline')).toContainText('We look into lost events.')

  const anybody = await as.nobody()
  await expect(async () => {
    await anybody.goto('/status')
    await expect(anybody.getByText('We look into lost events.').first()).toBeVisible({ timeout: 500 })
  }).toPass({ timeout: 10_000 })
})

test('an incident is led to its end without JavaScript, its update looked at before it is sent', async ({ as }) => {
  const page = await as('rui', plain)
  await open(page, `Webhooks are late ${Date.now()}`)
  await page.getByRole('button', { name: 'I look at it' }).click()
  await page.getByRole('link', { name: 'Write an update' }).click()
  await page.getByLabel('Impact').fill('Webhooks arrive ten minutes late')
  await page.getByRole('button', { name: 'Look at it first' }).click()
  await expect(page.getByRole('complementary', { name: 'Preview' })).toContainText('Webhooks arrive ten minutes late')
  await page.getByRole('button', { name: 'Send it' }).click()
  await expect(page.locator('.incident-facts')).toContainText('Webhooks arrive ten minutes late')
  await page.getByLabel('Note').fill('The queue is empty')
  await page.getByRole('button', { name: 'Resolve', exact: true }).click()
  await expect(page.locator('.incident-chips')).toContainText('resolved')
  await expect(page.locator('.timeline')).toContainText('Resolved. The queue is empty')
})

test('a moment is typed on the reader’s own clock, with its zone beside the field', async ({ as }) => {
  const rui = await as('rui', { timezoneId: 'Asia/Kathmandu' })
  const path = await open(rui, `Late entry ${Date.now()}`)
  await rui.goto(path)
  const happened = rui.locator('#note-happened')
  await expect(rui.locator('label[for=note-happened]')).toContainText('UTC+05:45')
  await expect(rui.locator('.day h3').first()).toContainText('UTC+05:45')
  const at = new Date(Date.now() - 20 * 60_000)
  await happened.fill(local(at, 345))
  await rui.locator('#note-text').fill('The proxy was restarted')
  await rui.getByRole('button', { name: 'Add to the timeline' }).click()
  const entry = (page: Page) => page.locator('.entry', { hasText: 'The proxy was restarted' })
  await expect(entry(rui)).toContainText(`${local(at, 345).slice(11)}:00`)
  await expect(entry(rui)).toContainText('late entry')
  // The same moment stands on everybody's own clock; without scripts that is universal time, and it says so.
  const sam = await as('sam', plain)
  await sam.goto(path)
  await expect(entry(sam)).toContainText(`${local(at, 0).slice(11)}:00`)
  await expect(sam.locator('.day h3').first()).toContainText('UTC')
})

test('a moment that stands in the form keeps its zone when the page is drawn for another clock', async ({ as }) => {
  const rui = await as('rui', { timezoneId: 'Asia/Kathmandu' })
  const path = await open(rui, `Another clock ${Date.now()}`)
  await rui.goto(path)
  const label = rui.locator('label[for=note-happened] .unit')
  const zone = rui.locator('#note input[name=zone]')
  await expect(label).toHaveText('UTC+05:45')
  const at = new Date(Date.now() - 20 * 60_000)
  await rui.locator('#note-happened').fill(local(at, 345))
  await rui.locator('#note-text').fill('The queue was emptied')

  // As another tab does that was opened after the clock was put to another zone.
  await rui.evaluate(() => (document.cookie = 'gantry-zone=0; Path=/; SameSite=Lax'))
  const ana = await as('ana')
  await ana.goto(path)
  await ana.locator('#note-text').fill('Somebody else wrote this')
  await ana.getByRole('button', { name: 'Add to the timeline' }).click()
  await expect(rui.locator('.timeline')).toContainText('Somebody else wrote this')
  await expect(rui.locator('.day h3 .unit').first()).toHaveText(/^\s*UTC$/)
  await expect(label).toHaveText('UTC+05:45')
  await expect(zone).toHaveValue('345')

  // Refused for something else, the words that stand in it are still somebody's.
  await rui.locator('#note-text').fill('')
  await rui.getByRole('button', { name: 'Add to the timeline' }).click()
  await expect(rui.locator('#note').getByRole('alert')).toBeVisible()
  await ana.locator('#note-text').fill('And something else')
  await ana.getByRole('button', { name: 'Add to the timeline' }).click()
  await expect(rui.locator('.timeline')).toContainText('And something else')
  await expect(label).toHaveText('UTC+05:45')
  await expect(zone).toHaveValue('345')
  await rui.locator('#note-text').fill('The queue was emptied')

  await rui.getByRole('button', { name: 'Add to the timeline' }).click()
  await expect(rui.locator('.entry', { hasText: 'The queue was emptied' })).toContainText(`${local(at, 0).slice(11)}:00`)
  // Nothing stands in it any more: the next one is typed on the clock that the page is drawn for.
  await expect(label).toHaveText('UTC')
  await expect(zone).toHaveValue('0')
})

test('who changes a note that another changed meanwhile is told, and loses nothing', async ({ as }) => {
  const rui = await as('rui')
  const path = await open(rui, `Two editors ${Date.now()}`)
  await rui.locator('#note-text').fill('The queue was emptied')
  await rui.getByRole('button', { name: 'Add to the timeline' }).click()
  const note = (page: Page) => page.locator('.entry', { hasText: 'The queue' })
  const write = async (page: Page, text: string) => {
    await note(page).locator('.edit > summary').click()
    await note(page).getByLabel('What happened').fill(text)
  }
  const save = (page: Page) => note(page).getByRole('button', { name: 'Save the change' }).click()
  await expect(note(rui)).toBeVisible()
  await write(rui, 'The queue was emptied by hand')

  const ana = await as('ana')
  await ana.goto(path)
  await write(ana, 'The queue was emptied at noon')
  await save(ana)
  await expect(note(rui)).toContainText('The queue was emptied at noon')

  await save(rui)
  await expect(note(rui).getByRole('alert')).toContainText('changed this entry')
  await expect(note(rui).getByLabel('What happened')).toHaveValue('The queue was emptied by hand')
  // Having seen the other's words, the same person says which are right.
  await save(rui)
  await expect(note(ana)).toContainText('The queue was emptied by hand')
})

test('the time for a first response runs out on a page that stays open, and it says so', async ({ as }) => {
  as.expectComplaints(/Failed to load resource: net::ERR_FAILED/)
  const path = await open(await as('rui'), `Nobody looks at it ${Date.now()}`)
  const sam = await as('sam')
  await sam.clock.install()
  // From here on the server knows how this browser's clock stands, and the page is not drawn again for it.
  await visit(sam, '/incidents')
  // The page comes once, and never again: a newer one would bring the server's time back.
  await sam.route(`**${path}`, (route) => (route.request().headers()['gantry-live'] ? route.abort() : route.continue()))
  await sam.goto(path)
  await expect(light(sam)).toHaveAttribute('data-connection', /^(live|lost)$/)
  let loaded = 0
  sam.on('domcontentloaded', () => (loaded += 1))

  const tile = sam.locator('.tile', { hasText: 'First response' })
  const countdown = tile.locator('time.countdown')
  await expect(countdown).toHaveText(/^1[0-4]:\d\d$/)
  await expect(tile).not.toHaveAttribute('data-over')
  const left = async () => {
    const [minutes, seconds] = ((await countdown.textContent()) ?? '').trim().split(':').map(Number)
    return minutes * 60 + seconds
  }
  const before = await left()
  await sam.clock.fastForward(60_000)
  await expect.poll(async () => Math.floor((before - (await left())) / 60), 'one minute less').toBe(1)
  await expect(tile).not.toHaveAttribute('data-over')

  await sam.clock.fastForward(20 * 60_000)
  await expect(countdown).toHaveText(/^overdue 0[5-9]:\d\d$/)
  await expect(tile).toHaveAttribute('data-over', '')
  expect(loaded, 'the page was never loaded again').toBe(0)
})
