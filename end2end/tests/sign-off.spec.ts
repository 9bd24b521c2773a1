import { expect, test } from '../support/test'
import { form, gate, IMAGE, item, open, openGoLive, openSmall, post, startButton, visit } from '../support/go-live'

const SMALL_KEYS = ['keys-are-in-the-vault', 'webhooks-use-https', 'the-runbook-was-rehearsed']

test('a signature carries its note and a link to the evidence', async ({ as }) => {
  const ana = await as('ana')
  await visit(ana, await openGoLive(ana))
  const sign = await form(ana, 'tests-pass', 'sign')
  await sign.getByLabel('Note').fill('Green three times in a row')
  await sign.getByLabel('Link to the evidence').fill('https://ci.example/runs/1')
  await sign.getByRole('button', { name: 'Sign' }).click()

  const line = item(ana, 'tests-pass')
  await expect(line.locator('.standing')).toContainText('Ana Duarte')
  await expect(line.locator('blockquote')).toContainText('Green three times in a row')
  const link = line.getByRole('link', { name: 'https://ci.example/runs/1' })
  await expect(link).toHaveAttribute('href', 'https://ci.example/runs/1')
  await expect(link).toHaveAttribute('rel', /noopener/)
  await expect(sign).toHaveCount(0)
})

test('two people are needed where two are asked for, and they are two', async ({ as }) => {
  const [ana, rui] = [await as('ana'), await as('rui')]
  const path = await openGoLive(ana)
  await visit(ana, path)
  await visit(rui, path)
  await (await form(ana, 'production-keys', 'sign')).getByRole('button', { name: /Sign and ask/ }).click()
  await expect(item(ana, 'production-keys').locator('.standing')).toContainText('Ana Duarte')

  // Not on the page, and not by force.
  await expect(ana.locator('#counter-sign-production-keys')).toHaveCount(0)
  const forged = await post(ana, `${path}/items/production-keys/counter-sign`, { seen: '1', note: '' })
  expect(forged.status()).toBe(409)
  expect(await forged.text()).toContain('two different people')

  const second = await form(rui, 'production-keys', 'counter-sign')
  await second.getByRole('button', { name: 'Counter-sign' }).click()
  await expect(item(rui, 'production-keys').locator('.standing')).toContainText('Ana Duarte, Rui Matos')
  await expect(item(ana, 'production-keys').locator('.standing')).toContainText('Ana Duarte, Rui Matos')
})

test('not applicable and withdrawn need a reason, and the history keeps everything', async ({ as }) => {
  const ana = await as('ana')
  const path = await openSmall(ana)
  await visit(ana, path)
  const key = 'webhooks-use-https'
  const away = await form(ana, key, 'not-applicable')
  await away.getByRole('button').click()
  // The browser asks for the reason; nothing was sent.
  await expect(away.getByLabel('Reason')).toBeFocused()
  await away.getByLabel('Reason').fill('This integration has no webhooks')
  await away.getByRole('button').click()
  await expect(item(ana, key).locator('.standing')).toContainText('not applicable')

  const back = await form(ana, key, 'withdraw')
  await back.getByLabel('Reason').fill('It has one since yesterday')
  await back.getByRole('button').click()
  await expect(item(ana, key).locator('.standing')).toContainText('open')
  await item(ana, key).getByRole('checkbox').click()
  await expect(item(ana, key).locator('.standing')).toContainText('done')

  await item(ana, key).getByRole('link', { name: 'Whole history (3)' }).click()
  const entries = ana.locator('.entries > li')
  await expect(entries).toHaveCount(3)
  await expect(entries.nth(0)).toContainText('This integration has no webhooks')
  await expect(entries.nth(1)).toContainText('It has one since yesterday')
  await expect(entries.nth(2)).toContainText('Ana Duarte')
  await expect(entries.nth(2)).toContainText('UTC')
})

test('a reason of nothing but spaces is refused beside the field', async ({ as }) => {
  const ana = await as('ana')
  await visit(ana, await openSmall(ana))
  const away = await form(ana, 'webhooks-use-https', 'not-applicable')
  await away.getByLabel('Reason').fill('   ')
  await away.getByRole('button').click()
  const reason = away.getByLabel('Reason')
  await expect(reason).toHaveAttribute('aria-invalid', 'true')
  await expect(reason).toHaveAccessibleDescription(/A reason is needed/)
  await expect(reason).toBeFocused()
})

test('a link that is none is refused beside its field, and everything typed is kept', async ({ as }) => {
  const ana = await as('ana')
  await visit(ana, await openSmall(ana))
  const sign = await form(ana, 'keys-are-in-the-vault', 'sign')
  const evidence = sign.getByLabel('Link to the evidence')
  await sign.getByLabel('Note').fill('Words I would not like to type again')
  await evidence.fill('javascript:alert(1)')
  await sign.getByRole('button', { name: 'Sign' }).click()

  await expect(evidence).toHaveAttribute('aria-invalid', 'true')
  await expect(evidence).toHaveAccessibleDescription(/not a link.*https:\/\//)
  await expect(evidence).toHaveValue('javascript:alert(1)')
  await expect(evidence).toBeFocused()
  await expect(sign.getByLabel('Note')).toHaveValue('Words I would not like to type again')

  await evidence.fill('https://ci.example/runs/2')
  await sign.getByRole('button', { name: 'Sign' }).click()
  await expect(item(ana, 'keys-are-in-the-vault').locator('.standing')).toContainText('Ana Duarte')
  await expect(item(ana, 'keys-are-in-the-vault').getByRole('alert')).toHaveCount(0)
})

test('signatures go stale when the image changes, and the gate closes before everybody', async ({ as }) => {
  const [ana, rui] = [await as('ana'), await as('rui')]
  const path = await openSmall(ana)
  await visit(ana, path)
  await visit(rui, path)
  await expect(gate(rui)).toContainText('3 items are open')
  for (const key of SMALL_KEYS) {
    await item(ana, key).getByRole('checkbox').click()
    await expect(item(ana, key).locator('.standing')).toContainText('Ana Duarte')
  }
  await expect(gate(rui)).toContainText('Every required item is signed')
  await expect(rui.locator('.console-state')).toContainText('gate open')

  await ana.getByText('Record and release').click()
  await ana.getByLabel('Image', { exact: true }).fill(`${IMAGE}:v2.5.1`)
  await ana.getByRole('button', { name: 'Change the release' }).click()
  await expect(ana.locator('.console-title')).toContainText('v2.5.1')

  await expect(gate(rui)).toContainText('3 items are open')
  await expect(rui.locator('.console-state')).toContainText('gate closed')
  await expect(item(rui, SMALL_KEYS[0]).locator('.standing')).toContainText('stale')
  await open(rui, SMALL_KEYS[0])
  await expect(item(rui, SMALL_KEYS[0])).toContainText(/image.*changed|another image|Stale: /)
  await expect(startButton(rui)).toBeDisabled()
})

test('a closed gate names what is open, and each name leads to its item', async ({ as }) => {
  const ana = await as('ana')
  const path = await openGoLive(ana)
  await visit(ana, path)
  const links = gate(ana).locator('.waiting a')
  expect(await links.count()).toBeGreaterThan(15)
  await gate(ana).getByText(/^and \d+ more$/).click()
  const last = links.last()
  const title = await last.innerText()
  await last.click()
  const target = ana.locator('.item:target')
  await expect(target.locator('.title')).toContainText(title)
  await expect(target).toBeInViewport()

  // Also from a list that is filtered and does not hold the item.
  await item(ana, 'pipeline').getByRole('checkbox').click()
  await expect(item(ana, 'pipeline').locator('.standing')).toContainText('Ana Duarte')
  await ana.goto(`${path}?show=mine`)
  await gate(ana).locator('.waiting a').first().click()
  await expect(ana.locator('.item:target')).toBeInViewport()
})

test("an admin's override of the gate has a reason and is shown for ever", async ({ as }) => {
  const [ana, rui] = [await as('ana'), await as('rui')]
  const path = await openSmall(ana)
  await visit(ana, path)
  await visit(rui, path)
  await expect(rui.getByText('Override the gate…')).toHaveCount(0)
  const forged = await post(rui, `${path}/override`, { reason: 'Because I can', seen: '0' })
  expect(forged.status()).toBe(403)

  await ana.getByText('Override the gate…').click()
  await ana.getByLabel('Why this cannot wait').fill('The vendor retires the old API tonight')
  await ana.getByRole('button', { name: 'Override the gate' }).click()
  for (const page of [ana, rui]) {
    await expect(gate(page)).toContainText('overridden')
    await expect(gate(page)).toContainText('Ana Duarte overrode the gate')
    await expect(gate(page)).toContainText('The vendor retires the old API tonight')
    await expect(gate(page)).toContainText('Keys are in the vault')
  }
  await rui.reload()
  await expect(gate(rui)).toContainText('The vendor retires the old API tonight')
})
