// What every measuring script needs: Chromium, people who signed in, and the answer as JSON on standard output.

import { chromium } from '@playwright/test'

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export const told = JSON.parse(process.env.GANTRY_BENCH)

export async function withBrowser(work) {
  const executablePath = process.env.GANTRY_CHROMIUM ?? '/usr/bin/chromium'
  const browser = await chromium.launch({ executablePath, args: flags })
  // A page that hangs makes its figure fail, and does not hold the others up for ever.
  const bound = setTimeout(() => browser.close(), 300_000)
  try {
    process.stdout.write(JSON.stringify(await work(browser)))
  } finally {
    clearTimeout(bound)
    await browser.close()
  }
}

/** A context with a session of this person. */
export async function signedIn(browser, person) {
  const context = await browser.newContext({ baseURL: told.url })
  const answer = await context.request.post('/sign-in', {
    form: { ...person, next: '/livez' },
    headers: { origin: told.url },
  })
  if (!answer.ok()) throw new Error(`${person.name} could not sign in: ${answer.status()}`)
  return context
}
