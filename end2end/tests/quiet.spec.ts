// Nothing complains, nobody else is asked for anything, and what others wrote does nothing. That browsers complained about
// nothing is looked at after every test of this suite.

import { expect, test } from '../support/test'
import { item, openSmall, post, visit } from '../support/go-live'
import { mainPages } from '../support/pages'

for (const login of ['ana', 'sam'] as const) {
  test(`no page breaks the security policy, complains, or asks a third party, as ${login} sees it`, async ({ as }) => {
    const pages = await mainPages(await as('ana'))
    const page = await as(login)
    for (const { name, path } of pages) {
      const answer = await page.goto(path, { waitUntil: 'load' })
      expect(answer?.headers()['content-security-policy'], name).toMatch(/script-src [^;]*'nonce-/)
      await expect(page.locator('h1').first()).toBeVisible()
      expect(await page.locator('[style], script:not([nonce])').count(), `inline style or script on ${name}`).toBe(0)
    }
    const outside = await as.nobody()
    await outside.goto('/sign-in')
    await expect(outside.getByLabel('Password')).toBeVisible()
  })
}

test('a script in a page would not run, whatever wrote it', async ({ as }) => {
  as.expectComplaints(/Content Security Policy/)
  const page = await as('ana')
  await visit(page, await openSmall(page))
  await page.evaluate(() => {
    const script = document.createElement('div')
    script.innerHTML = '<img src="data:," onerror="window.hacked = true">'
    document.body.append(script)
  })
  await expect.poll(() => page.evaluate(() => document.querySelector('img')?.complete)).toBe(true)
  expect(await page.evaluate(() => 'hacked' in window)).toBe(false)
})

test('HTML, terminal codes and turned text in a note are text that does nothing', async ({ as }) => {
  const hostile =
    '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 1"></textarea>\u001b[31mred\u001b[0m \u202Edesrever\u0007'
  const ana = await as('ana')
  const path = await openSmall(ana)
  const note = await post(ana, `${path}/items/keys-are-in-the-vault/sign`, { seen: '0', note: hostile, evidence: '' })
  expect(note.status()).toBe(303)
  for (const below of ['', '/items/keys-are-in-the-vault', '/print']) {
    await ana.goto(`${path}${below}`)
    const main = ana.locator('main')
    await expect(main).toContainText('<script>window.hacked = 1</script>')
    const text = (await main.textContent()) ?? ''
    expect(text).not.toMatch(/[\u001b\u0007\u202a-\u202e\u2066-\u2069]/)
    expect(await ana.evaluate(() => 'hacked' in window)).toBe(false)
    await expect(ana.locator('main img, main script')).toHaveCount(0)
  }
  for (const file of ['export.md', 'export.csv']) {
    expect(await (await ana.request.get(`${path}/${file}`)).text()).not.toMatch(/[\u001b\u0007\u202a-\u202e]/)
  }
  // Also when it comes back as typed text of a refused form.
  const refused = await post(ana, `${path}/items/webhooks-use-https/sign`, { seen: '0', note: hostile, evidence: 'x' })
  expect(refused.status()).toBe(422)
  const [note_again, images] = await ana.evaluate((html) => {
    const page = new DOMParser().parseFromString(html, 'text/html')
    return [page.querySelector('#sign-webhooks-use-https-note')?.textContent, page.querySelectorAll('main img').length]
  }, await refused.text())
  expect(note_again).toMatch(/^<script>.*<\/textarea>red +desrever/s)
  expect(images).toBe(0)
})

test('what another person wrote arrives live as text that does nothing', async ({ as }) => {
  const [ana, rui] = [await as('ana'), await as('rui')]
  const path = await openSmall(ana)
  await visit(rui, path)
  await post(ana, `${path}/items/keys-are-in-the-vault/sign`, {
    seen: '0',
    note: '<img src=x onerror="window.hacked = 1">',
    evidence: '',
  })
  await expect(item(rui, 'keys-are-in-the-vault').locator('blockquote')).toContainText('<img src=x')
  expect(await rui.evaluate(() => 'hacked' in window)).toBe(false)
})
