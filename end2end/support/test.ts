// The test function of every flow: people with their own browsers, and a look at what those browsers complained about.

import {
  test as base,
  expect,
  type APIRequestContext,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from '@playwright/test'
import { Complaints } from './complaints'
import { person, world } from './world'

export type Login = 'ana' | 'rui' | 'sam'

type State = Awaited<ReturnType<BrowserContext['storageState']>>
const sessions = new Map<string, State>()

/** Signs in once per person and panel, and remembers the session. */
async function session(login: Login, url: string, request: APIRequestContext): Promise<State> {
  const name = `${login} at ${url}`
  const known = sessions.get(name)
  if (known) return known
  const answer = await request.post(`${url}/sign-in`, {
    form: { name: login, password: person(login).password, next: '/go-lives', key: crypto.randomUUID() },
    headers: { origin: url },
    maxRedirects: 0,
  })
  if (answer.status() !== 303) throw new Error(`${login} cannot sign in: ${answer.status()}`)
  const state = await request.storageState()
  sessions.set(name, state)
  return state
}

export interface Opening extends BrowserContextOptions {
  /** Another panel than the world's. */
  at?: string
}

export interface People {
  /** A page in a browser of that person's own, signed in. */
  (login: Login, options?: Opening): Promise<Page>
  /** A browser of somebody who is not signed in. */
  nobody(options?: Opening): Promise<Page>
  /** Complaints that this test brings about on purpose. */
  expectComplaints(...some: RegExp[]): void
}

async function enter(browser: Browser, login: Login, options: Opening): Promise<BrowserContext> {
  const { at = world().url, ...rest } = options
  const requests = await browser.newContext({ baseURL: at })
  const storageState = await session(login, at, requests.request)
  await requests.close()
  return browser.newContext({ baseURL: at, storageState, ...rest })
}

export const test = base.extend<{ as: People }>({
  as: async ({ browser }, use) => {
    const opened: { context: BrowserContext; complaints: Complaints }[] = []
    const expected: RegExp[] = []
    const take = async (context: BrowserContext, { at = world().url, javaScriptEnabled }: Opening) => {
      const complaints = new Complaints(context, () => new URL(at).origin)
      // Nothing that was fetched ahead for the scripts is used without them.
      if (javaScriptEnabled === false) complaints.expected.push(/was preloaded using link preload but not used/)
      opened.push({ context, complaints })
      return context.newPage()
    }
    const as = (async (login: Login, options: Opening = {}) =>
      take(await enter(browser, login, options), options)) as People
    as.nobody = async ({ at = world().url, ...options }: Opening = {}) =>
      take(await browser.newContext({ baseURL: at, ...options }), { at, ...options })
    as.expectComplaints = (...some) => expected.push(...some)
    await use(as)
    const complaints = opened.flatMap(({ complaints }) => {
      complaints.expected.push(...expected)
      return complaints.unexpected
    })
    for (const { context } of opened) await context.close()
    expect(complaints, 'what the browsers complained about').toEqual([])
  },
})

export { expect }
export type { Page }
