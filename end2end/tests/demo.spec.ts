// What `make run` gives once everything is built: a page, three people, state that stays, and nothing left behind.

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { Demo } from '../support/demo'
import { item, openSmall, visit } from '../support/go-live'
import { expect, test, type Page } from '../support/test'
import { world } from '../support/world'

const KEY = 'keys-are-in-the-vault'

async function signIn(page: Page, demo: Demo, role: string): Promise<void> {
  const person = demo.signIns().find((one) => one.role === role)
  if (!person) throw new Error(`No ${role} was printed`)
  await page.goto('/sign-in')
  await page.getByLabel('Name').fill(person.login)
  await page.getByLabel('Password').fill(person.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page).not.toHaveURL(/sign-in/)
}

test('the demo has its own database and outside world, keeps what was done, and Ctrl-C leaves no process', async ({ as }) => {
  // A page that is still open when its server goes says so in the console.
  as.expectComplaints(/Failed to load resource/, /ERR_(CONNECTION|INCOMPLETE|EMPTY|FAILED|NETWORK)/)
  const demo = await Demo.start()
  try {
    expect(demo.printed()).toContain(`Gantry is ready at ${demo.url} `)
    expect(demo.signIns().map((one) => one.role)).toEqual(['admin', 'release manager', 'stakeholder'])
    expect(demo.hasDatabase()).toBe(true)
    expect(demo.processes().length).toBeGreaterThanOrEqual(5)

    const rui = await as.nobody({ at: demo.url })
    await signIn(rui, demo, 'release manager')
    // Whoever comes for the first time is asked whether to be walked around: the demo says by itself where its world is.
    const tour = rui.getByRole('complementary', { name: 'Guided tour' })
    await expect(tour.getByRole('button', { name: 'Begin the tour' })).toBeVisible()
    const path = await openSmall(rui)
    await visit(rui, path)
    await item(rui, KEY).getByRole('checkbox').click()
    await expect(item(rui, KEY).locator('.standing')).toContainText('Rui')
    await rui.close()

    expect(await demo.interrupt()).toBe(0)
    expect(demo.processes()).toEqual([])

    // The second start finds its database made, and shows a page in some seconds; on a quiet machine it takes less than two.
    const again = await as.nobody({ at: demo.url })
    const begun = performance.now()
    await demo.start()
    await again.goto('/sign-in')
    await expect(again.getByLabel('Name')).toBeVisible()
    expect(performance.now() - begun).toBeLessThan(20_000)
    await signIn(again, demo, 'stakeholder')
    await visit(again, path)
    await expect(item(again, KEY).locator('.standing')).toContainText('Rui')
    await again.close()
    expect(await demo.interrupt()).toBe(0)
    expect(demo.processes()).toEqual([])
  } finally {
    await demo.remove()
  }
})

test('with DATABASE_URL the demo uses that database and starts none', async ({ as }) => {
  const name = `demo_${process.pid}`
  const there = new URLSearchParams(decodeURIComponent(world().database).split('?')[1])
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian) : []
  const psql = versions.map((one) => `${debian}/${one}/bin/psql`).find(existsSync) ?? 'psql'
  const ask = (database: string, statement: string) =>
    execFileSync(
      psql,
      ['-h', there.get('host') ?? '', '-p', there.get('port') ?? '5432', '-U', 'postgres', '-d', database, '-Atc', statement],
      { encoding: 'utf8' },
    ).trim()
  ask('postgres', `create database ${name}`)
  const demo = await Demo.start({ DATABASE_URL: world().database.replace('/gantry?', `/${name}?`) })
  try {
    expect(demo.hasDatabase()).toBe(false)
    const ana = await as.nobody({ at: demo.url })
    await signIn(ana, demo, 'admin')
    await ana.close()
    expect(ask(name, 'select count(*) from users')).toBe('3')
    expect(await demo.interrupt()).toBe(0)
    expect(demo.processes()).toEqual([])
  } finally {
    await demo.remove()
    ask('postgres', `drop database ${name} with (force)`)
  }
})
