// What a browser complains about while a page is used: errors on the console, broken rules of the content security
// policy, requests to anybody else.

import type { BrowserContext, Page } from '@playwright/test'

export class Complaints {
  readonly list: string[] = []
  /** Parts of complaints that a test brings about on purpose, such as a server that it stopped. */
  expected: RegExp[] = [
    // A refusal is an answer with a status; Chromium writes a line about each of them.
    /Failed to load resource: the server responded with a status of 4(01|03|04|09|13|22|29)/,
  ]

  constructor(
    context: BrowserContext,
    private readonly origin: () => string,
  ) {
    context.on('page', (page) => this.watch(page))
    for (const page of context.pages()) this.watch(page)
  }

  private watch(page: Page) {
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.say(`console: ${message.text()}`)
    })
    page.on('pageerror', (error) => this.say(`page: ${error.stack ?? error}`))
    page.on('request', (request) => {
      const url = new URL(request.url())
      if (url.protocol !== 'data:' && url.protocol !== 'blob:' && url.origin !== this.origin()) {
        this.say(`request to somebody else: ${request.url()}`)
      }
    })
    page.on('response', (response) => {
      if (response.url().includes('/assets/') && response.status() >= 400) {
        this.say(`${response.status()} for ${response.url()}`)
      }
    })
  }

  private say(text: string) {
    this.list.push(text)
  }

  /** The complaints that no test asked for. */
  get unexpected(): string[] {
    return this.list.filter((text) => !this.expected.some((expected) => expected.test(text)))
  }
}
