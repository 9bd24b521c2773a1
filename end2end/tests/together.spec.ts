import { expect, test } from '../support/test'
import { form, item, open, openSmall, visit } from '../support/go-live'

const KEYS = 'keys-are-in-the-vault'
const WEBHOOKS = 'webhooks-use-https'

const tick = (page: import('@playwright/test').Page, key: string) =>
  item(page, key).getByRole('checkbox').click()

test('a tick shows in another browser without reloading, and who is there is shown', async ({ as }) => {
  const [ana, rui] = [await as('ana'), await as('rui')]
  const path = await openSmall(ana)
  await visit(rui, path)
  await visit(ana, path)
  await expect(rui.locator('.presence')).toContainText('Ana Duarte')
  await expect(ana.locator('.presence')).toContainText('Rui Matos')

  let reloaded = false
  rui.on('framenavigated', () => (reloaded = true))
  await tick(ana, KEYS)
  await expect(item(rui, KEYS).locator('.standing')).toContainText('Ana Duarte')
  await expect(rui.locator('.console-head .progress')).toContainText('1 of 3 signed')
  expect(reloaded).toBe(false)

  await ana.close()
  await expect(rui.locator('.presence')).toHaveCount(0)
})

test('a tick is shown under the finger before the server has answered', async ({ as }) => {
  const ana = await as('ana')
  await visit(ana, await openSmall(ana))
  let answer = () => {}
  const held = new Promise<void>((resolve) => (answer = resolve))
  await ana.route('**/tick', async (route) => {
    await held
    await route.continue()
  })
  const box = item(ana, KEYS).locator('.box')
  const colour = () => box.evaluate((one) => getComputedStyle(one).backgroundColor)
  const unticked = await colour()
  await tick(ana, KEYS)
  await ana.mouse.move(0, 0)
  await expect.poll(colour).not.toBe(unticked)
  await expect(item(ana, KEYS)).not.toContainText('Ana Duarte')
  answer()
  await expect(item(ana, KEYS).locator('.standing')).toContainText('Ana Duarte')
})

test("what one types, with focus and caret, and what one has opened outlive another's change", async ({ as }) => {
  const [ana, rui] = [await as('ana'), await as('rui')]
  const path = await openSmall(ana)
  await visit(ana, path)
  await visit(rui, path)
  await open(rui, WEBHOOKS)
  const note = (await form(rui, KEYS, 'sign')).getByLabel('Note')
  await note.fill('Seen with my own eyes')
  await note.evaluate((field: HTMLTextAreaElement) => field.setSelectionRange(5, 9))

  // About the very item that Rui writes about, and about another one.
  await tick(ana, KEYS)
  await expect(item(rui, KEYS).locator('.standing')).toContainText('Ana Duarte')
  await tick(ana, WEBHOOKS)
  await expect(item(rui, WEBHOOKS).locator('.standing')).toContainText('Ana Duarte')

  await expect(note).toBeVisible()
  await expect(note).toBeFocused()
  await expect(note).toHaveValue('Seen with my own eyes')
  const caret = await note.evaluate((field: HTMLTextAreaElement) => [field.selectionStart, field.selectionEnd])
  expect(caret).toEqual([5, 9])
  await expect(item(rui, WEBHOOKS).locator('.behind')).toBeVisible()
})

test('a field in which nothing was typed yet keeps its focus and its form over a change by another', async ({ as }) => {
  const [ana, rui] = [await as('ana'), await as('rui')]
  const path = await openSmall(ana)
  await visit(ana, path)
  await visit(rui, path)
  const note = (await form(rui, KEYS, 'sign')).getByLabel('Note')
  await note.focus()
  await tick(ana, WEBHOOKS)
  await expect(item(rui, WEBHOOKS).locator('.standing')).toContainText('Ana Duarte')
  await expect(note).toBeFocused()
  await rui.keyboard.type('on')
  await tick(ana, KEYS)
  await expect(item(rui, KEYS).locator('.standing')).toContainText('Ana Duarte')
  await rui.keyboard.type(' it goes')
  await expect(note).toHaveValue('on it goes')
})

test('of two who state the same, the first wins and the other is told who it was', async ({ as }) => {
  const [ana, rui] = [await as('ana'), await as('rui')]
  const path = await openSmall(ana)
  await visit(ana, path)
  await visit(rui, path)
  // Rui's browser hears of nothing until he has pressed: both have seen the item open.
  let release = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  await rui.route(`**${path}`, async (route) => {
    await held
    await route.continue().catch(() => {})
  })
  await tick(ana, KEYS)
  await expect(item(ana, KEYS).locator('.standing')).toContainText('Ana Duarte')
  await tick(rui, KEYS)
  await expect(item(rui, KEYS).getByRole('alert')).toContainText('Ana Duarte ticked this')
  await expect(item(rui, KEYS).locator('.standing')).toContainText('Ana Duarte')
  release()
})

test('who loses while signing is told who was first, and keeps what was typed', async ({ as }) => {
  const [ana, rui] = [await as('ana'), await as('rui')]
  const path = await openSmall(ana)
  await visit(ana, path)
  await visit(rui, path)
  const sign = await form(rui, KEYS, 'sign')
  await sign.getByLabel('Note').fill('My own words')
  let release = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  await rui.route(`**${path}`, async (route) => {
    await held
    await route.continue().catch(() => {})
  })
  await (await form(ana, KEYS, 'sign')).getByRole('button', { name: 'Sign' }).click()
  await expect(item(ana, KEYS).locator('.standing')).toContainText('done')
  await sign.getByRole('button', { name: 'Sign' }).click()
  await expect(item(rui, KEYS).getByRole('alert')).toContainText('Ana Duarte signed this')
  await expect(sign.getByLabel('Note')).toHaveValue('My own words')
  release()
})

test('of two who type into the plan the second is told, with their words kept, and may save again', async ({ as }) => {
  const [ana, rui] = [await as('ana'), await as('rui')]
  const path = await openSmall(ana)
  const open = async (page: typeof ana) => {
    await visit(page, path)
    await page.locator('details:has(> #plan) > summary').click()
    const plan = page.locator('#plan')
    const percent = (step: number) => plan.getByLabel(`Step ${step}: percent of the pods`)
    const save = () => plan.getByRole('button', { name: 'Save the plan' }).click()
    return { plan, percent, save, title: page.locator('#plan-title') }
  }
  const [hers, his] = [await open(ana), await open(rui)]
  await his.percent(1).fill('20')
  await hers.percent(2).fill('60')
  await hers.save()
  await expect(his.title).toContainText('10 % → 60 % → 100 %')

  await his.save()
  await expect(his.plan.getByRole('alert')).toContainText('Ana Duarte changed it at')
  await expect(his.percent(1)).toHaveValue('20')
  await expect(hers.title).toContainText('10 % → 60 % → 100 %')
  await his.save()
  await expect(hers.title).toContainText('20 % → 60 % → 100 %')
})

test('how long a tick takes to be seen in another browser', async ({ as }, info) => {
  const [ana, rui] = [await as('ana'), await as('rui')]
  const took: number[] = []
  for (let round = 0; round < 4; round += 1) {
    const path = await openSmall(ana)
    await visit(ana, path)
    await visit(rui, path)
    for (const key of [KEYS, WEBHOOKS, 'the-runbook-was-rehearsed']) {
      const seen = rui.evaluate(
        (id) =>
          new Promise<number>((resolve) => {
            const look = () => {
              if (document.querySelector(`#${id} .standing`)?.textContent?.includes('Ana')) resolve(Date.now())
              else requestAnimationFrame(look)
            }
            look()
          }),
        `item-${key}`,
      )
      const pressed = ana.evaluate((id) => {
        const at = Date.now()
        document.querySelector<HTMLElement>(`#${id} [data-tick]`)?.click()
        return at
      }, `item-${key}`)
      took.push((await seen) - (await pressed))
    }
  }
  took.sort((a, b) => a - b)
  const line = `a tick is seen in another browser after ${took[took.length >> 1]} ms (median of ${took.length}; ${took[0]} to ${took.at(-1)} ms)`
  info.annotations.push({ type: 'measured', description: line })
  console.log(`  ${line}`)
})
